"""Where the dashboards' files are: inside an installed wheel, beside the package in a checkout.

Only what `SHIPPED` names gets into a wheel: neither what builds the files nor their pictures.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from foundry_telemetry.kql import typed_view

WORKBOOK: Final = "foundry.workbook.json"
"""The workbook's file name in the folder."""

GRAFANA: Final = "foundry.grafana.json"
"""The Grafana dashboard's."""

TEMPLATE: Final = "azuredeploy.json"
PARAMETERS: Final = "azuredeploy.parameters.json"
WRAPPER: Final = "main.bicep"
"""The files that deploy it all: the template, a parameters file, and a wrapper in Bicep."""

MODULE: Final = "terraform"
"""The folder of the Terraform module, which reads the template."""

SHIPPED: Final = (
    *("queries", "alerts", "investigate", MODULE),
    *(WORKBOOK, GRAFANA, TEMPLATE, PARAMETERS, WRAPPER),
    "README.md",
)
"""Folders of queries, and files; `pyproject.toml` puts the same ones into the wheel."""

VIEW: Final = typed_view.NAME
WORDS: Final = "words"
"""The part with the texts of tiles; built, as the view is."""

_SUFFIXES: Final = (".bicep", ".json", ".kql", ".md", ".tf")
"""Of files that are shipped; what Terraform leaves in a folder has others."""

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


def shipped() -> tuple[Path, ...]:
    """Every file that `SHIPPED` means, sorted."""
    paths = [folder() / name for name in SHIPPED]
    found = (inside for path in paths for inside in (path.iterdir() if path.is_dir() else (path,)))
    return tuple(sorted(path for path in found if path.suffix in _SUFFIXES))


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
    return _names("queries")


def alerts() -> tuple[str, ...]:
    """The names of the alerts' queries, sorted."""
    return _names("alerts")


def alert(name: str) -> str:
    """The text of `alerts/{name}.kql`, comments included; only its own part, without the typed view."""
    return (folder() / "alerts" / f"{name}.kql").read_text(encoding="utf-8")


def investigations() -> tuple[str, ...]:
    """The names of the command line's own queries, sorted."""
    return _names("investigate")


def investigation(name: str) -> str:
    """The text of `investigate/{name}.kql`, comments included; only its own part, without the typed view."""
    return (folder() / "investigate" / f"{name}.kql").read_text(encoding="utf-8")


def _names(kind: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (folder() / kind).glob("*.kql")))


def workbook() -> str:
    """The text of the shipped workbook (`Notebook/1.0`, JSON)."""
    return (folder() / WORKBOOK).read_text(encoding="utf-8")
