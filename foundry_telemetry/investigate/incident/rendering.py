"""An incident on one screen: cause and owner first, the next step before the details."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.text import Text

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.formatting import (
    Line,
    command,
    day_and_time,
    lasted,
    many,
    moment,
    percent,
)
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.causes import Cause
from foundry_telemetry.investigate.incident.details import checked, examples, others
from foundry_telemetry.investigate.incident.impact import SHORTLY, Affected, Share
from foundry_telemetry.investigate.incident.report import NO_DATA, Incident, Main
from foundry_telemetry.investigate.next_steps import steps_for
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.investigate.texts import (
    ATTEMPT,
    CALL,
    FAILURE,
    UNKNOWN,
)
from foundry_telemetry.investigate.ticket.ids import support_code

_SHOWN: Final = 3
"""Values of one kind that are named."""
_MOST_TAGS: Final = 2
_TELLING: Final = 0.2
"""Share of the failures from which a value of a tag is named."""
_TENANTS: Final = ("auth_tenant_mismatch", "auth_token_rejected")
"""Causes that another tenant may be behind."""
_RECENT: Final = timedelta(minutes=1)
_WEEK: Final = timedelta(days=7)
_YEAR_S: Final = 31_536_000.0


def show(found: Incident, console: Console, source: Source | None = None) -> None:
    """All of it; commands to copy ask the same source."""
    formatting.show(_lines(found, source), console)


def as_object(found: Incident) -> dict[str, Any]:
    """The same as what JSON can hold; absent is what was not reported."""
    reported: dict[str, Any] = msgspec.to_builtins(found)
    main = found.main
    if main is None:
        del reported["main"]
        return reported
    for example, failure in zip(reported["main"]["examples"], main.examples, strict=True):
        example.pop("properties", None)  # only its tags are for others
        example["support_code"] = support_code(failure.call_id)
    steps = steps_for(main.advice, main.examples[0] if main.examples else None)
    reported["main"]["change"] = main.change._asdict() | {
        name: value.isoformat()
        for name, value in main.change._asdict().items()
        if isinstance(value, datetime)
    }
    reported["main"]["advice"] = {
        "about": main.advice.about,
        "meaning": main.advice.meaning,
        "next_step": main.advice.next_step,
        "steps": [{"text": text, "command": shell} for text, shell in steps],
        "support_channels": main.advice.support_channels,
    }
    return reported


def _lines(found: Incident, source: Source | None) -> Iterator[Line]:
    if found.main is not None:
        yield from _incident_lines(found, found.main, source.options if source else "")
    elif found.verdict == NO_DATA:
        yield from _no_calls_lines(found, source.doctor_options if source else "")
    else:
        yield texts.OK, Text.assemble((texts.NOT_ELEVATED, "bold green"), _succeeded(found))
    yield from others(found)
    yield texts.CHECKED, Text(checked(found), style="dim")


def _succeeded(found: Incident) -> str:
    whole = found.totals
    share = percent(whole.calls - whole.failed, whole.calls)
    return texts.SUCCEEDED.format(share=share, calls=many(whole.calls, CALL), recovered=whole.recovered)


def _no_calls_lines(found: Incident, options: str) -> Iterator[Line]:
    yield texts.NO_DATA, Text(texts.NO_CALLS, style="bold yellow")
    newest = found.totals.newest
    last = texts.LAST_CALL.format(time=day_and_time(newest)) if newest else texts.NO_EARLIER_CALL
    yield "", Text(f"{last} {texts.WHY_NO_CALLS}")
    longer = texts.LONGER_PERIOD.format(time=f"{newest.astimezone(UTC):%Y-%m-%dT%H:%M}") if newest else ""
    yield texts.NEXT_STEP, Text(f"{texts.CHECK_NO_CALLS}{longer}")
    yield "", command(texts.DOCTOR.format(options=options))


def _incident_lines(found: Incident, main: Main, options: str) -> Iterator[Line]:
    cause, advice = main.cause, main.advice
    owner = texts.OWNER.format(owner=OWNER_LABELS.get(cause.owner, UNKNOWN))
    yield texts.INCIDENT, Text.assemble((cause.error_type, "bold red"), "  ", (owner, "bold red"))
    yield "", Text(advice.meaning)
    yield texts.SINCE, Text(_since(found, main))
    yield texts.CALLS, Text(_calls(found, cause))
    yield texts.NEXT_STEP, Text(advice.next_step, style="bold")
    shells = (shell for _, shell in steps_for(advice, main.examples[0] if main.examples else None) if shell)
    shell = next(shells, None)
    if shell:
        yield "", command(shell)
    lines = [*map(_affected, main.affected), *map(_tag, main.tags[:_MOST_TAGS])]
    yield from (("" if number else texts.AFFECTED, line) for number, line in enumerate(lines))
    yield from _token(main)
    yield texts.RETRIES, Text(_retries(cause))
    yield texts.CHANGES, Text(_changed(found, main))
    if history := _history(found, main):
        yield texts.HISTORY, Text(history)
    yield from examples(main, found.end, options)


def _since(found: Incident, main: Main) -> str:
    change, end = main.change, found.end
    began, last = moment(change.since, end), moment(change.last, end)
    if change.good_before is None:
        began = texts.OR_EARLIER.format(time=began)
    if change.over:
        return texts.ENDED.format(began=began, last=last, lasted=lasted(change.last - change.since))
    newest = max(found.totals.newest or change.last, change.last)
    state = texts.SILENT if end - newest > _RECENT else texts.ONGOING
    return state.format(began=began, last=last, lasted=lasted(end - change.since), newest=moment(newest, end))


def _calls(found: Incident, cause: Cause) -> str:
    whole = found.totals.calls
    parts = [texts.FAILED if cause.failed else texts.NONE_FAILED]
    if cause.recovered:
        parts.append(texts.RECOVERED)
    return "".join((*parts, texts.FAILED_ATTEMPTS)).format(
        failed=cause.failed,
        calls=many(whole, CALL),
        share=percent(cause.failed, whole),
        recovered=cause.recovered,
        attempts=many(cause.attempts, texts.FAILED_ATTEMPT),
    )


def _affected(by: Affected) -> Text:
    name = texts.NAMES.get(by.by, by.by)
    others = many(by.unaffected, texts.OTHER_VALUES.get(by.by, texts.OTHER_VALUE))
    unaffected = texts.UNAFFECTED.format(others=others) if by.unaffected else ""
    return Text(texts.BY.format(by=name, values=_shares(by, _of_attempts)) + unaffected)


def _of_attempts(one: Share) -> str:
    return texts.SHARE.format(value=one.value, failed=one.failed, attempts=many(one.attempts, ATTEMPT))


def _of_failures(one: Share) -> str:
    failures = many(one.attempts, FAILURE)
    return texts.SHARE_OF_FAILURES.format(value=one.value, failed=one.failed, failures=failures)


def _shares(by: Affected, worded: Callable[[Share], str]) -> str:
    """The values, the worst first."""
    named = [worded(one) for one in by.shares[:_SHOWN]]
    further = len(by.shares) - _SHOWN
    if further > 0:
        noun = texts.OTHER_VALUES.get(by.by, texts.OTHER_VALUE)
        named.append(texts.FURTHER_VALUES.format(others=many(further, noun)))
    return ", ".join(named)


def _tag(by: Affected) -> Text:
    """A tag; its values are named where one of them stands out."""
    worst = by.shares[0]
    if len(by.shares) > _SHOWN and worst.failed < _TELLING * worst.attempts:
        share = percent(worst.failed, worst.attempts)
        return Text(texts.SPREAD_TAG.format(by=by.by, number=len(by.shares), share=share))
    return Text(texts.BY.format(by=by.by, values=_shares(by, _of_failures)))


def _token(main: Main) -> Iterator[Line]:
    """What the newest refused token said of itself, as far as it may be why; the rest is in the ticket."""
    newest = main.examples[-1] if main.examples else None
    if newest is None or newest.audience is None:
        return
    parts = [texts.AUDIENCE.format(audience=newest.audience)]
    if newest.tenant and main.cause.error_type in _TENANTS:
        parts.append(texts.TENANT.format(tenant=newest.tenant))
    seconds = newest.expires_in_s
    if seconds is not None:
        time = lasted(timedelta(seconds=min(abs(seconds), _YEAR_S)))
        parts.append((texts.EXPIRED if seconds < 0 else texts.VALID).format(time=time))
    yield texts.TOKEN, Text("".join(parts))


def _retries(cause: Cause) -> str:
    pace = cause.tries / cause.affected if cause.affected else 1.0
    if cause.recovered:
        masked = texts.PARTLY_MASKED if cause.failed else texts.MASKED
        calls = many(cause.affected, texts.AFFECTED_CALL)
        return masked.format(recovered=cause.recovered, calls=calls, pace=pace)
    return texts.ADD_LOAD.format(pace=pace) if cause.tries > cause.affected else texts.NOT_RETRIED


def _changed(found: Incident, main: Main) -> str:
    newly_seen = [
        texts.NEW_VALUE.format(
            what=texts.NAMES.get(one.what.replace(" ", "_"), one.what),
            value=one.value,
            service=one.service or texts.A_SERVICE,
            time=moment(one.first_seen, found.end),
        )
        for one in main.newly_seen[:_SHOWN]
    ]
    if newly_seen:
        return "; ".join(newly_seen)
    return texts.NO_CHANGES if _is_comparable(found, main) else texts.CHANGES_UNKNOWN


def _is_comparable(found: Incident, main: Main) -> bool:
    """Whether there is enough from before the incident to tell what is new."""
    oldest, known = found.totals.oldest, main.change.good_before is not None
    return known and oldest is not None and oldest < main.change.since - SHORTLY


def _history(found: Incident, main: Main) -> str:
    """Whether the error occurred before; empty where there is nothing to tell it from."""
    oldest = found.totals.oldest
    if oldest is None or not _is_comparable(found, main):
        return ""
    if main.cause.first_seen < main.change.since:
        return texts.OLD_CAUSE
    if main.change.since - oldest >= _WEEK:
        return texts.NEW_CAUSE
    return texts.NEW_CAUSE_SINCE.format(time=moment(oldest, found.end))
