"""The reports of the commands, asked for an agent: each imports what it needs when it is called first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from foundry_telemetry.mcp import texts
from foundry_telemetry.mcp.answers import Answer
from foundry_telemetry.mcp.arguments import ArgumentError
from foundry_telemetry.mcp.command_line import command
from foundry_telemetry.mcp.context import Context, against, span
from foundry_telemetry.mcp.records import harmless, records

Given = Mapping[str, Any]

_INCIDENT: Final = "30m"
_LONGEST: Final = timedelta(days=31)
_EXPLAIN: Final = "90d"
_COST: Final = "this-month"
_WHY: Final = "yesterday"


def _no_progress(_: str) -> None:
    """In place of the progress that a command shows."""


def incident(context: Context, given: Given) -> Answer:
    """What is wrong, as ``incident --json`` has it."""
    from foundry_telemetry.investigate.incident import rendering  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.incident.report import investigate  # noqa: PLC0415 - as above
    from foundry_telemetry.kql.parameters import TimeRange  # noqa: PLC0415 - as above

    window = TimeRange(*span(given, _INCIDENT, _LONGEST), timedelta(minutes=1))
    source = context.source
    report = investigate(source, window, _no_progress, filters=_filters(given))
    found = records("incident", harmless(rendering.as_object(report, source)))
    return Answer(tuple(found), command("incident", given, source.options))


def _filters(given: Given) -> Any:
    from foundry_telemetry.investigate.filters import Filters  # noqa: PLC0415 - takes a while

    return Filters(
        services=given.get("service", ()),
        deployments=given.get("deployment", ()),
        models=given.get("model", ()),
        tags=tuple(_pairs(given.get("tag", ()))),
    )


def _pairs(tags: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in tags:
        key, equals, value = text.partition("=")
        if not equals:
            raise ArgumentError(f"tag {text!r}: expected KEY=VALUE; example: 'tenant=acme'")
        yield key, value


def explain(context: Context, given: Given) -> Answer:
    """A call, or the failure that a text shows, as ``explain --json`` has it."""
    from foundry_telemetry.investigate.ticket import lookup, markdown, read_rendering  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.ticket.ids import IdError  # noqa: PLC0415 - as above

    searched, source = span(given, _EXPLAIN), context.source
    try:
        explanation = lookup.explain(source, given["text"], searched, _no_progress)
    except IdError as error:
        raise ArgumentError(texts.NO_IDS.format(error=error)) from error
    missing = bool(explanation.identities) and explanation.found is None
    notes = (lookup.not_found(source, explanation.identities, searched),) if missing else ()
    if explanation.found is not None:
        facts = markdown.as_object(explanation.found)
    elif explanation.read is not None:
        facts = read_rendering.as_object(explanation)
    else:
        raise ArgumentError(*notes)
    typed = {name: value for name, value in given.items() if name != "text"}
    shown = command("explain", typed, source.options, argument=given["text"])
    return Answer(tuple(records("call", harmless(facts))), shown, tuple(harmless(notes)))


def cost(context: Context, given: Given) -> Answer:
    """The bill of a time, as ``cost --json`` has it."""
    from foundry_telemetry.config import load_environment  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.cost import dimensions, rendering  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.cost.report import read_report  # noqa: PLC0415 - as above
    from foundry_telemetry.limits import budgets  # noqa: PLC0415 - as above

    begin, until = span(given, _COST)
    ways = given.get("by", ("deployment",))
    try:
        dimensions.read_all(ways)
    except ValueError as error:
        raise ArgumentError(f"by {error}") from error
    load_environment()
    source, only = context.source, _filters(given)
    report = read_report(source.answer, begin, until, ways, filters=only, budgets=budgets.declared())
    found = records("cost", harmless(msgspec.json.decode(rendering.as_json(report))))
    return Answer(tuple(found), command("cost", given, source.options))


def cost_why(context: Context, given: Given) -> Answer:
    """Why a period cost more or less than another, as ``cost --why --json`` has it, and in words."""
    from foundry_telemetry.config import load_environment  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.cost import why_rendering  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.cost.periods import compared  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.cost.why import read_why  # noqa: PLC0415 - as above

    is_given = not {"since", "to", "during"}.isdisjoint(given)
    now = span(given if is_given else {"during": _WHY}, _COST)
    try:
        before = compared(now, against(given))
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    load_environment()
    source = context.source
    why = read_why(source.answer, now, before, _filters(given))
    facts = {"words": list(why_rendering.lines(why)), **msgspec.json.decode(why_rendering.as_json(why))}
    shown = command("cost --why", given, source.options)
    return Answer(tuple(records("cost_why", harmless(facts))), shown)


def query(context: Context, given: Given) -> Answer:
    """The rows of a query."""
    from foundry_telemetry.mcp.query.run import MOST_ROWS, run  # noqa: PLC0415 - takes a while

    source = context.source
    found = run(source, given["kql"], given.get("rows", MOST_ROWS))
    typed = {"rows": given["rows"]} if "rows" in given else {}
    shown = command("query", typed, source.options, argument=given["kql"])
    return Answer(found.rows, shown, (found.cut,) if found.cut else ())
