"""What `content erase` writes: what would go, what became of each request, and what remains."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from foundry_telemetry.investigate.erasure import texts
from foundry_telemetry.investigate.erasure.management import Outcome
from foundry_telemetry.investigate.erasure.plan import EVENTS, Api, Plan, Request, Rows
from foundry_telemetry.investigate.formatting import many, span
from foundry_telemetry.schema.content_table import CONTENT_TABLE

PLACEHOLDER: Final = (
    "/subscriptions/<subscription-id>/resourceGroups/<resource-group>"
    "/providers/Microsoft.OperationalInsights/workspaces/<workspace>"
)
_LIMITS: Final[dict[Api, int]] = {"delete": 10, "purge": 50}
_RIGHTS: Final[dict[Api, tuple[str, str]]] = {
    "delete": (
        "Microsoft.OperationalInsights/workspaces/tables/deleteData/action",
        "Log Analytics Contributor",
    ),
    "purge": ("Microsoft.OperationalInsights/workspaces/purge/action", "Data Purger"),
}


def head(plan: Plan, source: str, api: Api) -> Iterator[str]:
    """What would be deleted, by table and range."""
    named = {"subject": plan.subject.name, "before": _moment(plan.before), "source": source}
    if not plan.found:
        yield texts.NOTHING_FOUND.format(**named)
        return
    yield texts.WOULD_DELETE.format(**named)
    yield _table(CONTENT_TABLE, plan.content, plan.why)
    yield _table(EVENTS, plan.events, None)
    if plan.has_more:
        yield texts.AT_MOST.format(count=len(plan.found))
    if plan.without_span and api == "delete":
        yield texts.NO_SPAN.format(count=plan.without_span)


def commands(requests: Iterable[Request], url: str, workspace: str) -> Iterator[str]:
    """Each request as a command to copy."""
    for request in requests:
        address = shlex.quote(f"{url.rstrip('/')}{workspace}{request.path}")
        yield f"az rest --method post --url {address} --body {shlex.quote(json.dumps(request.body))}"


def line(outcome: Outcome, api: Api) -> str:
    """What became of a request."""
    return _LINES[outcome.state](outcome, api)


def remains(*, is_local: bool) -> Iterator[str]:
    """Where content can be that this did not reach."""
    yield f"{texts.REMAINS}:"
    yield from (f"- {text}" for text in (texts.REMAINS_LOCAL if is_local else texts.REMAINS_AZURE))


def as_object(plan: Plan, outcomes: list[Outcome], *, is_local: bool) -> dict[str, Any]:
    """What JSON can hold."""
    return {
        "subject": plan.subject.name,
        "before": plan.before.isoformat(),
        "calls": len(plan.found),
        "has_more": plan.has_more,
        "tables": {CONTENT_TABLE: _rows(plan.content), EVENTS: _rows(plan.events)},
        "requests": [
            {
                name: value
                for name in outcome.__struct_fields__
                if (value := getattr(outcome, name)) is not None
            }
            for outcome in outcomes
        ],
        "remains": list(texts.REMAINS_LOCAL if is_local else texts.REMAINS_AZURE),
    }


def _deleted(outcome: Outcome, _: Api) -> str:
    if outcome.rows is None:
        return texts.DELETED_UNCOUNTED.format(table=outcome.table)
    return texts.DELETED.format(table=outcome.table, rows=many(outcome.rows, texts.EVENT_ROW))


def _accepted(outcome: Outcome, _: Api) -> str:
    text = texts.ACCEPTED if outcome.url else texts.ACCEPTED_UNKNOWN
    return text.format(table=outcome.table, url=outcome.url)


def _forbidden(outcome: Outcome, api: Api) -> str:
    permission, role = _RIGHTS[api]
    return texts.FORBIDDEN.format(table=outcome.table, permission=permission, role=role)


def _limited(outcome: Outcome, api: Api) -> str:
    after = outcome.retry_after_s
    when = texts.IN_AN_HOUR if after is None else texts.LATER.format(seconds=after)
    return texts.LIMITED.format(table=outcome.table, limit=_LIMITS[api], when=when)


def _refused(outcome: Outcome, api: Api) -> str:
    code = f", {outcome.code}" if outcome.code else ""
    check = texts.CHECK_PLAN if api == "delete" else texts.CHECK_REQUEST
    return texts.REFUSED.format(table=outcome.table, status=outcome.status, code=code, check=check)


_LINES: Final[dict[str, Callable[[Outcome, Api], str]]] = {
    "deleted": _deleted,
    "accepted": _accepted,
    "failed": lambda one, _: texts.FAILED.format(table=one.table, code=one.code or "no code"),
    "absent": lambda one, _: texts.NO_TABLE.format(table=one.table),
    "forbidden": _forbidden,
    "limited": _limited,
    "refused": _refused,
    "no_token": lambda one, _: texts.SIGN_IN.format(table=one.table),
    "unreachable": lambda one, _: texts.UNREACHABLE.format(table=one.table, error=one.code),
}


def _table(name: str, found: Rows | None, why: str | None) -> str:
    if found is None:
        return f"  {texts.TABLE_UNREADABLE.format(table=name, why=why)}"
    if not found.rows or found.oldest is None or found.newest is None:
        return f"  {texts.NO_ROWS.format(table=name)}"
    rows = many(found.rows, texts.EVENT_ROW)
    return f"  {texts.TABLE_ROWS.format(table=name, rows=rows, range=span(found.oldest, found.newest))}"


def _rows(found: Rows | None) -> dict[str, Any] | None:
    if found is None:
        return None
    times = {"oldest": found.oldest, "newest": found.newest}
    return {"rows": found.rows, **{name: at.isoformat() for name, at in times.items() if at is not None}}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
