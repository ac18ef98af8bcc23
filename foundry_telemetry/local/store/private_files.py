"""The files of a database, which are for their owner alone: itself, its log, what does not fit in memory.

The database makes its files with the mode that the process gives to all. Its write-ahead log comes and goes
with every checkpoint, so an empty one is made before each transaction: the database takes it as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from foundry_telemetry.ingestion.access_token import PRIVATE_FILE, PRIVATE_FOLDER

_MASK: Final = 0o077


def make_folder(path: str) -> None:
    """Make the folder of a database, its owner's alone; one that is there stays as it is.

    Raises:
        OSError: It cannot be made.
    """
    Path(path).resolve().parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def protect(path: str) -> None:
    """Close the log of a database to others, and make the folder of what does not fit in memory.

    The database itself is made so, and keeps what its owner chose since.

    Raises:
        OSError: One of them is somebody else's.
    """
    if _log(path).exists():
        _log(path).chmod(PRIVATE_FILE)
    Path(temporary(path)).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def temporary(path: str) -> str:
    """The folder of what does not fit in memory."""
    return f"{path}.tmp"


@contextmanager
def made() -> Iterator[None]:
    """What the process makes meanwhile is its owner's alone."""
    before = os.umask(_MASK)
    try:
        yield
    finally:
        os.umask(before)


def ensure_log(path: str) -> None:
    """Make the write-ahead log unless it is there."""
    with suppress(OSError):
        os.close(os.open(_log(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))


def clear(path: str) -> None:
    """Remove what a closed database leaves: the folder, and a log without a word."""
    with suppress(OSError):
        Path(temporary(path)).rmdir()
    with suppress(OSError):
        if not _log(path).stat().st_size:
            _log(path).unlink()


def _log(path: str) -> Path:
    return Path(f"{path}.wal")
