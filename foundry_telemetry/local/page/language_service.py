"""Microsoft's language service for KQL: completion and errors in the console, where it has been fetched.

It is 5 MB of JavaScript that most never need, so it is in no wheel; and an extra can name no Python package
that is not on the index. So one command fetches it from npm, by a hash that stands here, into the user's data
folder. From then on it works offline; without it the console has an editor alone.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

import platformdirs

NAME: Final = "@kusto/language-service-next"
"""Microsoft's, MIT licence."""
VERSION: Final = "12.4.1"
INTEGRITY: Final = (
    "sha512-8Ybwi1DVxnFZ8+mnw38ruXjSGIxA2jwx1HeqjStvMa5kSHzHPtEYm5n7et1fwgn5KDUZJzsSNjuRroiI+j8brA=="
)
"""As npm writes it; `dashboards/builder/kusto/package-lock.json` has the same."""

FILES: Final = ("bridge.min.js", "Kusto.Language.Bridge.min.js")
"""In the order in which a worker loads them."""
_COPIED: Final = (*FILES, "package.json")
"""The last one names its author and licence."""

VARIABLES: Final = ("NPM_CONFIG_REGISTRY", "npm_config_registry")
"""Name the registry, as for npm itself, whose configuration is asked where they do not."""
COMMAND: Final = "foundry-telemetry local --get-language-service"

_MOST_BYTES: Final = 16 * 2**20
"""Of the archive, which has a quarter of that."""
_TIME_LIMIT_S: Final = 120.0


class FetchError(RuntimeError):
    """It could not be fetched; the message has the reason and the repair."""


def folder() -> Path:
    """Where its files are, or would be."""
    data = platformdirs.user_data_path("foundry-telemetry", appauthor=False)
    return data / "language-service" / VERSION


def is_installed() -> bool:
    """Whether all of its files are there."""
    return all((folder() / name).is_file() for name in FILES)


def fetch(environ: Mapping[str, str] = MappingProxyType(os.environ), *, integrity: str = INTEGRITY) -> Path:
    """Fetch it into `folder`.

    Args:
        environ: May name another registry; see `VARIABLES`.
        integrity: What the archive's hash must be.

    Raises:
        FetchError: The registry cannot be reached, sends something else, or the folder cannot be written to.
    """
    registry = (next(filter(None, map(environ.get, VARIABLES)), None) or _configured()).rstrip("/")
    archive = _downloaded(f"{registry}/{NAME}/-/{NAME.partition('/')[2]}-{VERSION}.tgz")
    kind, _, expected = integrity.partition("-")
    if hashlib.new(kind, archive).digest() != b64decode(expected):
        raise FetchError(f"{registry} sent another {NAME} {VERSION} than is expected: nothing was installed")
    try:
        _unpack(archive, folder())
    except OSError as error:
        raise FetchError(f"{error}: set XDG_DATA_HOME to a folder that can be written to") from error
    return folder()


def _configured() -> str:
    """The registry that npm would ask."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(f"no npm on PATH: install Node.js, or set {VARIABLES[0]} to the registry's address")
    asked = [npm, "config", "get", "registry"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_S)  # noqa: S603
    found = done.stdout.strip()
    if done.returncode or not found.startswith("http"):
        raise FetchError(f"npm names no registry: set {VARIABLES[0]} to its address")
    return found


def _downloaded(url: str) -> bytes:
    import httpx  # noqa: PLC0415 - for this command alone

    pieces = bytearray()
    try:
        with httpx.stream("GET", url, timeout=_TIME_LIMIT_S, follow_redirects=True) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                pieces += piece
                if len(pieces) > _MOST_BYTES:
                    raise FetchError(f"{url} is larger than {_MOST_BYTES:,} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(
            f"{url} cannot be fetched ({error}): {VARIABLES[0]} names another registry, or copy the folder "
            f"{folder()} from a machine that has it"
        ) from error
    return bytes(pieces)


def _unpack(archive: bytes, home: Path) -> None:
    """Put the files in place at once, so that they are there whole or not at all."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.parent) as scratch, tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        made = Path(scratch, "made")
        made.mkdir()
        for name in _COPIED:
            file = tar.extractfile(f"package/{name}")
            if file is not None:
                (made / name).write_bytes(file.read())
        if not is_installed():
            made.rename(home)
