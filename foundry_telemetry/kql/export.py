"""Copies of the dashboards' files, for who deploys them from a repository of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from foundry_telemetry.advice import as_markdown
from foundry_telemetry.kql import files, roads

_PICTURE: Final = re.compile(rb"^!\[[^\]]*\]\([^)]*\.png\)\n\n?", re.MULTILINE)
"""Pictures stand in the repository alone: in a wheel they would be most of it."""


class ExportError(Exception):
    """Nothing was copied; the message says why and what to do."""


def export(target: Path, *, force: bool = False, without: Iterable[str] = ()) -> list[Path]:
    """Copy what can be deployed, its queries and its documentation into a folder, which is made.

    Args:
        target: The folder.
        force: Overwrite files that are there and differ.
        without: Tables of `roads.OTHERS` that no query is to read.

    Returns:
        The files that were written; those that are there already are not.

    Raises:
        ExportError: A file is there and differs, or cannot be written.
    """
    try:
        texts = {target / name: _narrowed(text, frozenset(without)) for name, text in _texts()}
        wanted = {path: text for path, text in texts.items() if not _is_there(path, text)}
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


def _narrowed(text: bytes, without: frozenset[str]) -> bytes:
    return roads.without(text.decode(), without).encode() if without else text


def _is_there(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text
