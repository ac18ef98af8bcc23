"""Packages of npm, such as the parser: fetched once, kept in the user's cache, used offline afterwards.

*Lock*: `package-lock.json`, which says by hash what may be fetched; from where is npm's own configuration.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import platformdirs

from dashboards.builder.kusto.errors import KustoError
from dashboards.builder.kusto.node import Done, run

NAME: Final = "@kusto/language-service-next"
"""Microsoft's, MIT licence."""

TIME_LIMIT_S: Final = 300.0
"""For the download; 30 MB unpacked."""

_FILES: Final = ("package.json", "package-lock.json")
_COMPLAINT: Final = re.compile(r"^npm (?:error|ERR!) (?!A complete log|syscall |errno )(\S.*)$", re.MULTILINE)


class FetchError(KustoError):
    """npm did not get a package."""


@dataclass(frozen=True, slots=True)
class NpmProject:
    """A folder with `package.json` and its lock, and what npm makes of them."""

    folder: Path

    @property
    def names(self) -> tuple[str, ...]:
        """Of the packages that it wants."""
        return tuple(json.loads((self.folder / _FILES[0]).read_bytes())["dependencies"])

    @property
    def home(self) -> Path:
        """Where its packages are: another lock has another folder, so that versions do not meet."""
        return _cache() / hashlib.sha256((self.folder / _FILES[1]).read_bytes()).hexdigest()[:16]

    def is_in(self, home: Path) -> bool:
        """Whether its packages are in a folder."""
        return all((home / "node_modules" / name / "package.json").is_file() for name in self.names)


PARSER: Final = NpmProject(Path(__file__).parent)


def parser() -> Path:
    """The folder in which Node finds the parser; see `installed`."""
    return installed(PARSER)


def installed(project: NpmProject) -> Path:
    """The folder in which Node finds the packages of a project; they are fetched if they are not there.

    Raises:
        KustoError: There is no npm, it cannot reach its registry, or the cache cannot be written to.
    """
    home = project.home
    if not project.is_in(home):
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            with _alone(home.parent):
                if not project.is_in(home):
                    _fetch(project, home)
        except OSError as error:
            raise KustoError(f"{error}: set XDG_CACHE_HOME to a folder that can be written to") from error
    return home


def _cache() -> Path:
    return platformdirs.user_cache_path("foundry-telemetry", appauthor=False) / "npm"


def _fetch(project: NpmProject, home: Path) -> None:
    """Fetch into a folder beside `home`, then give it that name: it is there whole or not at all."""
    if sys.stderr.isatty():
        sys.stderr.write(f"Fetching npm {', '.join(project.names)} to {home}: only this time.\n")
    with TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        for name in _FILES:
            shutil.copy(project.folder / name, made)
        done = run(
            "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", time_limit_s=TIME_LIMIT_S, folder=made
        )
        if done.returncode or not project.is_in(made):
            raise FetchError(_explained(project, done))
        if not project.is_in(home):
            shutil.rmtree(home, ignore_errors=True)  # what a cleaner of caches has left of it
        try:
            made.rename(home)
        except OSError:  # another process was faster, where there is no lock
            if not project.is_in(home):
                raise


def _explained(project: NpmProject, done: Done) -> str:
    why = "; ".join(_COMPLAINT.findall(done.complaint)[:2]) or done.reason
    names = ", ".join(project.names)
    return f"npm cannot fetch {names} ({why}): try `npm ping`; `npm config set registry URL` names a mirror"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time in, so that the others wait for what it fetches; not on Windows."""
    with (folder / "lock").open("wb") as file:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 - not on Windows

            with suppress(OSError):  # a file system without locks: then several fetch, and the first one wins
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
