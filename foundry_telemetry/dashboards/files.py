"""Where the dashboards' files are: inside an installed wheel, beside the package in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

WORKBOOK: Final = "foundry.workbook.json"
"""The workbook's file name in the folder."""

VIEW: Final = "foundry_attempts"
"""The name of the query that all others begin with."""

_PACKAGE: Final = Path(__file__).parent
_FOLDERS: Final = (_PACKAGE / "data", _PACKAGE.parents[1] / "dashboards")
"""A wheel brings the files as `data`; in a checkout they stand at its top."""


@cache
def folder() -> Path:
    """The folder with `queries/` and the workbook.

    Raises:
        FileNotFoundError: The package was copied without its data.
    """
    for path in _FOLDERS:
        if (path / "queries" / f"{VIEW}.kql").is_file():
            return path
    raise FileNotFoundError(
        f"no dashboards in {' or '.join(map(str, _FOLDERS))}: pip install --force-reinstall foundry-telemetry"
    )


def query(name: str) -> str:
    """The text of `queries/{name}.kql`, comments included; only its own part, without the typed view.

    Raises:
        FileNotFoundError: There is no such query.
    """
    path = folder() / "queries" / f"{name}.kql"
    if not path.is_file():
        raise FileNotFoundError(f"no query {name!r}; there are {', '.join(queries())}")
    return path.read_text(encoding="utf-8")


def queries() -> tuple[str, ...]:
    """The names of all queries, sorted; the typed view is one of them."""
    return tuple(sorted(path.stem for path in (folder() / "queries").glob("*.kql")))


def workbook() -> str:
    """The text of the shipped workbook (`Notebook/1.0`, JSON)."""
    return (folder() / WORKBOOK).read_text(encoding="utf-8")
