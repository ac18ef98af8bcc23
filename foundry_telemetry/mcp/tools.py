"""The table of tools: what each is for, what it takes, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from foundry_telemetry.mcp import catalog, reports, texts
from foundry_telemetry.mcp.answers import Answer
from foundry_telemetry.mcp.arguments import Argument
from foundry_telemetry.mcp.command_line import command
from foundry_telemetry.mcp.context import Context

_MOST_PAGES: Final = 10_000
_TIMES: Final = "a duration (30m, 2h, 7d), a date (2026-11-01) or a time (2026-11-22T03:00, UTC)"

PAGE: Final = Argument(
    "page", "which page of the answer, from 1; the same arguments otherwise", 2, "integer", most=_MOST_PAGES
)
_SINCE: Final = Argument("since", f"start of the range: {_TIMES}", "2h")
_TO: Final = Argument("to", "end of the range, as since; now without it", "2026-11-22T04:00")
_DURING: Final = Argument(
    "during", "the whole range as one period, instead of since and to: a day or a month", "last-month"
)
_RANGE: Final = (_SINCE, _TO, _DURING)
_FILTERS: Final = (
    Argument("service", "only calls of these services", ["checkout"], "strings"),
    Argument("deployment", "only calls to these deployments", ["chat"], "strings"),
    Argument("model", "only attempts that these models answered", ["claude-sonnet-5-5"], "strings"),
    Argument("tag", "only calls with these tags, each KEY=VALUE", ["tenant=acme"], "strings", most=330),
)


@dataclass(frozen=True)
class Tool:
    """One tool."""

    name: str
    title: str
    about: str
    arguments: tuple[Argument, ...]
    answer: Callable[[Context, Mapping[str, Any]], Answer]

    @property
    def description(self) -> str:
        """What an agent reads of it."""
        return f"{self.about} {texts.NEVER}"


def _causes(_: Context, given: Mapping[str, Any]) -> Answer:
    cause = given.get("cause")
    shown = command("explain", {}, argument=cause or "rate_limited")
    return Answer(tuple(catalog.causes(cause)), shown, notice=texts.OWN_NOTICE)


def _schema(_: Context, given: Mapping[str, Any]) -> Answer:
    records = tuple(catalog.schema(given.get("table")))
    return Answer(records, command("audit", {}), notice=texts.OWN_NOTICE)


TOOLS: Final[Mapping[str, Tool]] = {
    tool.name: tool
    for tool in (
        Tool(
            "incident",
            "What is wrong now",
            "Compares failures, latency, tokens, cost and volume of a time with the day and the week before. "
            "Answers verdict, and of each finding cause, owner (who has to act), since when, who is affected "
            "and who not, the next step, evidence and examples with IDs. Default: the last 30 minutes.",
            (*_RANGE, *_FILTERS, PAGE),
            reports.incident,
        ),
        Tool(
            "explain",
            "Explain one call or exception",
            "Finds a call by any ID (request-id, apim-request-id, x-request-id, response ID, trace ID, "
            "call ID, support code) or by a text that holds one, such as an exception or a log line. Answers "
            "its attempts, cause, owner, next steps, trace and the text for a support ticket. Without an ID "
            "reads the cause from status, error body, Entra code or exception class. "
            "Default: the last 90 days.",
            (
                Argument(
                    "text",
                    "an ID, an exception, a log line or a cause",
                    "req_011CSHoEeqs5C35K2UUqR7Fy",
                    required=True,
                    most=20_000,
                ),
                *_RANGE,
                PAGE,
            ),
            reports.explain,
        ),
        Tool(
            "cost",
            "Who spent what",
            "The bill of a time in US dollars, split by one or two dimensions and compared with the previous "
            "period, with tokens, wasted spend, forecast and budgets. Unpriced attempts and incomplete usage "
            "are counted apart. Default: this month.",
            (
                Argument(
                    "by",
                    "one or two of deployment, model, service, version, operation, hour, day, month, "
                    "tag (every tag) and tag.<key>",
                    ["tag.tenant"],
                    "strings",
                ),
                *_RANGE,
                *_FILTERS,
                PAGE,
            ),
            reports.cost,
        ),
        Tool(
            "cost_why",
            "Why the bill changed",
            "The change of spend between two periods, split into volume, tokens of a call, cache, models, "
            "prices and waste, with the services, deployments, tenants and versions that made it; the parts "
            "add up. Default: yesterday, compared with the same day of the week before.",
            (
                *_RANGE,
                Argument("against", "the day or month to compare with", "2026-11-17"),
                *_FILTERS,
                PAGE,
            ),
            reports.cost_why,
        ),
        Tool(
            "query",
            "Ask in KQL",
            "Rows of one KQL query over foundry_attempts (the ledger, one row for each attempt), AppEvents, "
            "AppMetrics, AppRequests, AppDependencies and AppExceptions; call schema for columns. At most "
            "1,000 rows, 256 kB and 30 seconds. What reads elsewhere (workspace(), externaldata, union *, "
            "search, plugins, set, control commands) is refused after parsing.",
            (
                Argument(
                    "kql",
                    "one query",
                    "foundry_attempts | where TimeGenerated > ago(1h) | summarize "
                    "count() by deployment, error_type",
                    required=True,
                    most=50_000,
                ),
                Argument("rows", "how many rows at most", 100, "integer", most=1_000),
                PAGE,
            ),
            reports.query,
        ),
        Tool(
            "causes",
            "What causes mean",
            "All causes of failures with owner and next step; with cause all that is known of it: meaning, "
            "steps with commands, whether a retry helps, when to open a ticket.",
            (Argument("cause", "a cause, as error_type has it", "rate_limited"), PAGE),
            _causes,
        ),
        Tool(
            "schema",
            "Tables and columns",
            "The tables that query can read, with an example; with table its columns, their types, units and "
            "meaning.",
            (Argument("table", "a table", "foundry_attempts"), PAGE),
            _schema,
        ),
    )
}
"""By name, in the order in which an agent sees them."""
