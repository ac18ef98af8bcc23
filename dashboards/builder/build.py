"""Makes the dashboards' files from the queries and the layout, and the lists of fields from their table.

The same input gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from dashboards.builder import (
    advice_query,
    arm,
    cut_query,
    factors_query,
    grafana,
    rates_query,
    schema_files,
    terraform,
    texts,
)
from dashboards.builder.arm import bicep
from dashboards.builder.layout import WORKBOOK
from dashboards.builder.workbook import notebook
from foundry_telemetry.kql import files, typed_view

Json = dict[str, object]


def template() -> Json:
    """The template of Azure Resource Manager, made from all other parts."""
    return arm.template(_compact(notebook(WORKBOOK)), _compact(grafana.dashboard(WORKBOOK)))


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _text(value: Json) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _lines(value: Json) -> str:
    """A line for each value, so that a change is a short diff; no indentation, which is in every wheel."""
    return json.dumps(value, indent=0, ensure_ascii=False) + "\n"


def _terraform(name: str) -> str:
    return terraform.file(name, template(), f"../{files.TEMPLATE}")


ARTEFACTS: Final[Mapping[str, Callable[[], str]]] = {
    f"queries/{files.VIEW}.kql": typed_view.text,
    f"queries/{files.WORDS}.kql": texts.words_query,
    f"queries/{advice_query.NAME}.kql": advice_query.advice_query,
    f"queries/{rates_query.NAME}.kql": rates_query.rates_query,
    f"queries/{factors_query.NAME}.kql": factors_query.factors_query,
    f"queries/{cut_query.NAME}.kql": cut_query.cut_query,
    files.WORKBOOK: lambda: _lines(notebook(WORKBOOK)),
    files.GRAFANA: lambda: _lines(grafana.dashboard(WORKBOOK)),
    files.TEMPLATE: lambda: _text(template()),
    files.PARAMETERS: lambda: _text(arm.parameters_file()),
    files.WRAPPER: lambda: bicep.wrapper(template(), files.TEMPLATE),
    **{f"{files.MODULE}/{name}": partial(_terraform, name) for name in terraform.FILES},
}
"""File name in the dashboards' folder, and what makes its text; parts come before what has queries."""


def build() -> list[str]:
    """Write every file that is not as it should be.

    Returns:
        The names of those that were written.
    """
    written = [name for name, make in ARTEFACTS.items() if _write(name, make())]
    of_schema = schema_files.outdated()
    for name in of_schema:
        schema_files.write(name)
    return written + of_schema


def _write(name: str, text: str) -> bool:
    """Write a file that is not as it should be; whether it was written."""
    if _read(name) == text:
        return False
    (files.folder() / name).parent.mkdir(exist_ok=True)
    (files.folder() / name).write_text(text, encoding="utf-8", newline="\n")
    return True


def outdated() -> list[str]:
    """The names of files that differ from a fresh build, or are not there."""
    return _outdated() + schema_files.outdated()


def _outdated() -> list[str]:
    return [name for name, make in ARTEFACTS.items() if _read(name) != make()]


def _read(name: str) -> str | None:
    path = files.folder() / name
    return path.read_bytes().decode() if path.is_file() else None
