"""Copies of the dashboards' files, for who deploys them from a repository of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from foundry_telemetry.advice import as_markdown
from foundry_telemetry.kql import files

_PICTURE: Final = re.compile(rb"^!\[[^\]]*\]\([^)]*\.png\)\n\n?", re.MULTILINE)
"""Pictures stand in the repository alone: in a wheel they would be most of it."""


class ExportError(Exception):
    """Nothing was copied; the message says why and what to do."""


def export(target: Path, *, force: bool = False) -> list[Path]:
    """Copy what can be deployed, its queries and its documentation into a folder, which is made.

    Args:
        target: The folder.
        force: Overwrite files that are there and differ.

    Returns:
        The files that were written; those that are there already are not.

    Raises:
        ExportError: A file is there and differs, or cannot be written.
    """
    try:
        wanted = {target / name: text for name, text in _texts() if not _is_there(target / name, text)}
        different = [path for path in wanted if path.exists()]
        if different and not force:
            names = ", ".join(str(path.relative_to(target)) for path in different)
            raise ExportError(f"{target} has different versions of {names}; use --force to overwrite them")
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    except OSError as error:
        raise ExportError(f"{error}: choose a writable folder") from error
    return [*wanted]


def _texts() -> Iterator[tuple[str, bytes]]:
    yield "causes.md", as_markdown().encode()  # made anew: a wheel has its table, and not the page as well
    home = files.folder()
    for path in files.shipped():
        text = path.read_bytes()
        yield path.relative_to(home).as_posix(), _PICTURE.sub(b"", text) if path.suffix == ".md" else text


def _is_there(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text
