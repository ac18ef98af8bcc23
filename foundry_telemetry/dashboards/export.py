"""Copies of the dashboards' files, for who deploys them from a repository of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foundry_telemetry.dashboards import files


class ExportError(Exception):
    """Nothing was copied; the message says why and what to do."""


def export(target: Path, *, force: bool = False) -> list[Path]:
    """Copy what can be deployed, its queries and its illustrated documentation into a folder, which is made.

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
            raise ExportError(f"{target} has other versions of {names}; overwrite them with --force")
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    except OSError as error:
        raise ExportError(f"{error}: choose a folder that can be written to") from error
    return [*wanted]


def _texts() -> Iterator[tuple[str, bytes]]:
    home = files.folder()
    for path in sorted(home.rglob("*")):
        if path.is_file():
            yield path.relative_to(home).as_posix(), path.read_bytes()


def _is_there(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text
