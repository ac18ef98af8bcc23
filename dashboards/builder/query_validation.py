"""Every query of every artefact as it would be asked, and whether Microsoft's parser takes it.

*Criterion*: what an alert rule of the template asks and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from dashboards.builder import cost_questions
from dashboards.builder.arm.deployment import deploy
from dashboards.builder.arm.lint import everything
from dashboards.builder.columns import engine, sample_values
from dashboards.builder.grafana import lint, sample
from foundry_telemetry.investigate import filters, queries
from foundry_telemetry.investigate.filters import Filters
from foundry_telemetry.investigate.incident import period, slice_query
from foundry_telemetry.investigate.incident.dimensions import DIMENSIONS, tag
from foundry_telemetry.investigate.incident.findings import HITS
from foundry_telemetry.kql import compose, files, problems
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, UnknownReferenceError, Value, substitute
from foundry_telemetry.kql.problems import Item, LeftOutError, Problem

if TYPE_CHECKING:
    from dashboards.builder.kusto import Verdict
    from foundry_telemetry.investigate.sources import Row, Source

_RULE: Final = "Microsoft.Insights/scheduledQueryRules"
_SAVED: Final = "Microsoft.OperationalInsights/queryPacks/queries"
_NUMBERS: Final = ("int", "long", "real", "decimal")
_KQL_TYPES: Final = {
    "BIGINT": "long",
    "DECIMAL": "decimal",
    "DOUBLE": "real",
    "HUGEINT": "long",
    "INTEGER": "int",
    "VARCHAR": "string",
}
"""Type of the local engine: that of KQL, as far as rules can use it."""
_VERDICTS: Final[dict[str, Verdict]] = {}
"""What the parser made of each text so far: artefacts ask much the same, and tables do not change."""


_DAY: Final = TimeRange(
    datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC), timedelta(minutes=3)
)
_INVESTIGATED: Final[Mapping[str, Value]] = {
    **dict.fromkeys(("Id", "Trace"), "x"),
    **dict.fromkeys(("Window", "TimeRange"), _DAY),
    **UNFILTERED,
    **dict.fromkeys(("UsdPerUnit", "Discount", "Fixed", "PerToken", "Budget", "Most"), "1"),
    **dict.fromkeys(("Event", "Call"), "'x'"),
    **dict.fromkeys(("Spans", "Traces"), ("x", "y")),
    "Scope": "tostring(Properties['foundry.tag.tenant']) in ('x')",
}
"""A value for each parameter of the command line's queries, but of those that `_incident` asks."""


def template() -> Item:
    """The committed template."""
    reported: Item = json.loads((files.folder() / files.TEMPLATE).read_bytes())
    return reported


def grafana() -> Item:
    """The committed Grafana dashboard."""
    reported: Item = json.loads((files.folder() / files.GRAFANA).read_bytes())
    return reported


def of_workbook(workbook: Item) -> dict[str, str]:
    """The queries of a workbook by where they stand, with a value for each parameter.

    Raises:
        UnknownReferenceError: One has a parameter that has no value.
    """
    values = sample_values(workbook)
    return {
        f"{place} ({number})": substitute(text, values)
        for number, (place, text) in enumerate(problems.queries(workbook), 1)
    }


def criteria(template: Item) -> dict[str, Item]:
    """What each alert rule of a template asks, by its name."""
    return {
        resource["name"]: criterion
        for resource in _deployed(template, _RULE)
        for criterion in resource["properties"]["criteria"]["allOf"]
    }


def of_template(template: Item) -> dict[str, str]:
    """The queries of a template's alert rules and query pack."""
    alerts = {name: criterion["query"] for name, criterion in criteria(template).items()}
    saved = [resource["properties"] for resource in _deployed(template, _SAVED)]
    return alerts | {one["displayName"]: one["body"] for one in saved}


def of_investigations() -> dict[str, str]:
    """The command line's own queries, with a value for each parameter."""
    cost = {_place(name, about): text for name, about, text in cost_questions.asked(_DAY.start, _DAY.end)}
    asked = _incident() | cost
    return asked | {
        place: substitute(compose.composed(files.investigation(name)), _INVESTIGATED)
        for name in files.investigations()
        if (place := _place(name)) not in asked
    }


def _place(name: str, about: str = "") -> str:
    return f"investigate/{name}.kql{about}"


class _Listening:
    """A source that notes what it is asked; there is no answer."""

    name = "nobody"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, text: str, _: frozenset[str] = frozenset()) -> list[Row]:
        """Note it."""
        self.asked.append(text)
        return []


def _incident() -> dict[str, str]:
    """The questions of ``incident``, which has predicates and columns put into them, as it asks them."""
    listening = _Listening()
    source = cast("Source", listening)
    scope = filters.kql(
        Filters(services=("it's",), deployments=("a", "b"), models=("x",), tags=(("tenant", "acme"),)), _DAY
    )
    for units in (slice_query.TOGETHER, slice_query.BY_UNIT):
        period.binned(source, scope, _DAY.start, _DAY.end, units=units)
    of = slice_query.window(_DAY.start, _DAY.end)
    slice_query.ask(source, of, "true")
    slice_query.ask(source, of, scope, (*DIMENSIONS, tag("tenant")))
    queries.size(source, scope, of.times)
    queries.properties(source, scope, of.now)
    queries.calls(source, scope, of.now, "call_id startswith '0'")
    places = [
        _place("slices", " (time)"),
        _place("slices", " (time of units)"),
        _place("slices", " (units)"),
        *map(_place, ("slices", "size", "tagged", "calls")),
    ]
    for number, hit in enumerate(("error_type == 'timeout'", *HITS.values()), 1):
        queries.examples(source, scope, hit, "timeout", _DAY)
        places.append(_place("examples", f" ({number})" if number > 1 else ""))
    return dict(zip(places, listening.asked, strict=True))


def refused(workbook: Item) -> Iterator[Problem]:
    """What Microsoft's parser says against the queries of a workbook.

    Raises:
        LeftOutError: It cannot be had.
    """
    yield from _judged(workbook, {}, {})


def refused_anywhere(workbook: Item) -> Iterator[Problem]:
    """The same for all artefacts, and the columns that alert rules and Grafana's panels name."""
    yield from _judged(workbook, template(), grafana())


def unanswered(_: Item) -> Iterator[Problem]:
    """Queries of the template that the local engine does not run, and columns that they do not give.

    Raises:
        ImportError: The extra `local` is not installed.
    """
    ask = engine()
    asked = criteria(template())
    for name, text in of_template(template()).items():
        try:
            columns = ask(text)
        except Exception as error:  # of the engine, which has many kinds
            yield Problem(name, f"the query does not run: {error}")
            continue
        if name in asked:
            types = {column: _kql_type(kind) for column, kind in columns.items()}
            yield from unmeasurable(name, asked[name], types)


def unmeasurable(name: str, criterion: Item, columns: Mapping[str, str]) -> Iterator[Problem]:
    """Columns that an alert rule names and its query does not give, or gives with another type.

    Args:
        name: The rule's.
        criterion: What it asks and compares.
        columns: KQL type by name, of its query's answer.
    """
    measure = criterion.get("metricMeasureColumn")
    if measure is not None and columns.get(measure) not in _NUMBERS:
        yield Problem(name, f"measures {measure}, which is {columns.get(measure, 'not there')} and no number")
    for dimension in criterion.get("dimensions", ()):
        kind = columns.get(dimension["name"])
        if kind != "string":
            yield Problem(
                name, f"has the dimension {dimension['name']}, which is {kind or 'not there'} and no text"
            )


def _judged(workbook: Item, template: Item, grafana: Item) -> Iterator[Problem]:
    try:
        queries = of_workbook(workbook)
    except UnknownReferenceError as error:
        yield Problem("workbook", str(error))
        return
    asked = criteria(template) if template else {}
    queries |= of_template(template) | of_investigations() if template else {}
    shown = {place: (text, item) for place, text, item in sample.queries(grafana)} if grafana else {}
    queries |= {place: text for place, (text, _) in shown.items()}
    for place, verdict in _verdicts(queries).items():
        for reported in verdict.problems:
            yield Problem(
                place,
                f"{reported.code} on line {reported.line}, column {reported.column}: {reported.message}",
            )
        if place in asked:
            yield from unmeasurable(place, asked[place], dict(verdict.columns))
        if place in shown:
            yield from lint.wrong_columns(shown[place][1], dict(verdict.columns))


def _verdicts(queries: Mapping[str, str]) -> Mapping[str, Verdict]:
    try:
        from dashboards.builder import kusto  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise LeftOutError("it needs: pip install 'foundry-telemetry[local]'") from error
    unknown = {text: text for text in queries.values() if text not in _VERDICTS}
    try:
        _VERDICTS.update(kusto.check(unknown))
    except kusto.KustoError as error:
        raise LeftOutError(str(error)) from error
    return {place: _VERDICTS[text] for place, text in queries.items()}


def _deployed(template: Item, kind: str) -> list[Mapping[str, Any]]:
    made = deploy(template, everything(template)).resources
    return [resource for resource in made if resource["type"] == kind]


def _kql_type(kind: str) -> str:
    return _KQL_TYPES.get(kind.partition("(")[0], kind.lower())
