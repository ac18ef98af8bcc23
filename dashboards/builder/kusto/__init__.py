"""Do the names in a query exist, do the types fit, which columns come out? Asked of Microsoft's own parser.

*Bind*: find the table, column or function that each name in a query means, and the type of each expression;
what Azure does before it runs a query, and what the npm package ``@kusto/language-service-next`` does here.
Node runs it, one process for all queries. It knows that names and types fit, not that an answer is right.

A newer version of the package: change it in `package.json`, then in this folder
``npm install --package-lock-only --omit-lockfile-registry-resolved``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from dashboards.builder.kusto.errors import KustoError
from dashboards.builder.kusto.node import run
from dashboards.builder.kusto.package import parser
from dashboards.builder.kusto.remembered import Remembered
from dashboards.builder.kusto.schema import Tables, azure_tables

__all__ = ["KustoError", "Problem", "Tables", "Verdict", "azure_tables", "check"]

TIME_LIMIT_S: Final = 900.0
"""For all queries of one check, on the slowest machine. Seen: a second to begin with, then 0.02 s a query."""

_SCRIPT: Final = Path(__file__).with_name("check.mjs")


class Problem(Struct, frozen=True):
    """What the parser finds wrong."""

    severity: Literal["Error", "Warning", "Suggestion", "Information", "Hidden"]
    code: str
    """Microsoft's, such as ``KS142``, an unknown name; ours are in words: ``NOT_IN_AZURE_MONITOR``,
    ``NOT_A_QUERY`` and ``NO_TABLE``."""
    message: str
    line: int
    """From 1."""
    column: int
    """In characters, from 1."""


class Verdict(Struct, frozen=True):
    """What the parser makes of one query."""

    problems: tuple[Problem, ...]
    columns: tuple[tuple[str, str], ...]
    """Name and KQL type of the result's columns, in order; where there are problems, those it knows."""


def check(
    queries: Mapping[str, str], tables: Tables | None = None, *, time_limit_s: float = TIME_LIMIT_S
) -> dict[str, Verdict]:
    """The verdict on each query, by its name.

    Args:
        queries: KQL by name, its parameters filled in.
        tables: The tables there are; those of Application Insights by default.
        time_limit_s: For all of them, in seconds; without the download at the first use.

    Raises:
        KustoError: There is no verdict, because Node or the parser is missing or fails.
    """
    if not queries:
        return {}
    known = azure_tables() if tables is None else tables
    about = {name: dict(columns) for name, columns in known.items()}
    home = parser()
    remembered = Remembered(home, _SCRIPT.read_bytes(), msgspec.json.encode(about))
    given = remembered.given(queries.values())
    if unknown := [text for text in dict.fromkeys(queries.values()) if text not in given]:
        new = _asked({"tables": about, "queries": unknown}, home, time_limit_s)
        found = dict(zip(unknown, map(bytes, new), strict=True))
        remembered.keep(found)
        given |= found
    return {name: msgspec.json.decode(given[text], type=Verdict) for name, text in queries.items()}


def _asked(question: object, home: Path, time_limit_s: float) -> list[msgspec.Raw]:
    reported = msgspec.json.encode(question)
    done = run("node", str(_SCRIPT), str(home), reported=reported, time_limit_s=time_limit_s)
    if done.returncode:
        raise KustoError(f"the check failed in Node, which must be 18 or newer: {done.reason}")
    return msgspec.json.decode(done.answer, type=list[msgspec.Raw])
