"""The npm package with the parser: fetched once, kept in the user's cache, used offline afterwards.

*Lock*: `package-lock.json`, which says by hash what may be fetched; from where is npm's own configuration.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

_FILES: Final = tuple(Path(__file__).with_name(name) for name in ("package.json", "package-lock.json"))
_COMPLAINT: Final = re.compile(r"^npm (?:error|ERR!) (?!A complete log|syscall |errno )(\S.*)$", re.MULTILINE)


class FetchError(KustoError):
    """npm did not get the package."""


def parser() -> Path:
    """The folder in which Node finds the package; it is fetched if it is not there.

    Raises:
        KustoError: There is no npm, it cannot reach its registry, or the cache cannot be written to.
    """
    home = _home()
    if not _has_it(home):
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            with _alone(home.parent):
                if not _has_it(home):
                    _fetch(home)
        except OSError as error:
            raise KustoError(f"{error}: set XDG_CACHE_HOME to a folder that can be written to") from error
    return home


def _cache() -> Path:
    return platformdirs.user_cache_path("foundry-telemetry", appauthor=False) / "kusto"


def _home() -> Path:
    """Another lock has another folder, so that versions do not disturb each other."""
    return _cache() / hashlib.sha256(_FILES[1].read_bytes()).hexdigest()[:16]


def _has_it(home: Path) -> bool:
    return (home / "node_modules" / NAME / "package.json").is_file()


def _fetch(home: Path) -> None:
    """Fetch into a folder beside `home`, then give it that name: it is there whole or not at all."""
    if sys.stderr.isatty():
        sys.stderr.write(f"Fetching Microsoft's KQL parser, npm {NAME}, to {home}: only this time.\n")
    with TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        for file in _FILES:
            shutil.copy(file, made)
        done = run(
            "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", time_limit_s=TIME_LIMIT_S, folder=made
        )
        if done.returncode or not _has_it(made):
            raise FetchError(_explained(done))
        if not _has_it(home):
            shutil.rmtree(home, ignore_errors=True)  # what a cleaner of caches has left of it
        try:
            made.rename(home)
        except OSError:  # another process was faster, where there is no lock
            if not _has_it(home):
                raise


def _explained(done: Done) -> str:
    why = "; ".join(_COMPLAINT.findall(done.complaint)[:2]) or done.reason
    return f"npm cannot fetch {NAME} ({why}): try `npm ping`; `npm config set registry URL` names a mirror"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time in, so that the others wait for what it fetches; not on Windows."""
    with (folder / "lock").open("wb") as file:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 - not on Windows

            with suppress(OSError):  # a file system without locks: then several fetch, and the first one wins
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
