"""A compared cost in words and as a table, as JSON, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from foundry_telemetry.investigate import formatting
from foundry_telemetry.investigate.cost import why_texts
from foundry_telemetry.investigate.cost.cells import Without
from foundry_telemetry.investigate.cost.change_report import NO_DATA, Cause, PeriodCost, Term, Why
from foundry_telemetry.investigate.cost.money import Money
from foundry_telemetry.investigate.cost.periods import DAY
from foundry_telemetry.investigate.cost.rendering import csv_cell, no_attempts

_TAG: Final = "tag."
_MOST: Final = 5
"""Lines of attempts without a cost."""


def as_json(why: Why) -> str:
    """One line; what was not reported is null."""
    return msgspec.json.encode(why).decode()


def as_csv(why: Why) -> str:
    """The parts in order of drawing, one row each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("factor", "terms", "usd", "rounded_usd"))
    for part in why.parts:
        terms = "; ".join(f"{one.dimension}={one.value}" for one in part.terms)
        writer.writerow(csv_cell(one) for one in (part.factor, terms, part.usd, part.rounded_usd))
    return out.getvalue()


def show(why: Why, console: Console, doctor_options: str = "") -> None:
    """All of it."""
    if not why.now.attempts and not why.before.attempts:
        filters = [(one.dimension, one.value) for one in why.filters]
        console.print(Text(no_attempts(filters, doctor_options)), soft_wrap=True)
        return
    for line in lines(why):
        console.print(Text(line), soft_wrap=False)
    if why.parts and why.verdict != NO_DATA:
        console.print()
        for row in formatting.without_blanks(table(why), console):
            console.print(row, soft_wrap=True)
        console.print(f"\n{why_texts.METHOD}")
    for each in without(why.without_cost):
        console.print(Text(each))


def lines(why: Why) -> list[str]:
    """What changed and by how much, the main cause, the next one."""
    usd = Money((why.now.usd, why.before.usd))
    if why.verdict == NO_DATA:
        empty = why.now if not why.now.attempts else why.before
        return [why_texts.NO_DATA.format(now=when(why.now), usd=usd(why.now.usd), missing=when(empty))]
    first = _first(why, usd)
    if why.verdict == "usual":
        return [first]
    if not why.causes:
        return [first, why_texts.NO_CAUSE]
    named = [_cause(one, usd) for one in why.causes]
    rest = [why_texts.NEXT.format(cause=one) for one in named[1:]] or [why_texts.NO_NEXT]
    return [first, why_texts.MAIN.format(cause=named[0]), *rest]


def _first(why: Why, usd: Money) -> str:
    percent = "" if why.change_ratio is None else why_texts.PERCENT.format(percent=100 * why.change_ratio)
    band = why_texts.NO_BAND
    if why.band is not None:
        band = why_texts.BAND.format(low=100 * why.band.low_ratio, high=100 * why.band.high_ratio)
    text = why_texts.USUAL if why.verdict == "usual" else why_texts.CHANGED
    return text.format(
        now=when(why.now),
        usd=usd(why.now.usd),
        change=usd.signed(why.change_usd),
        percent=percent,
        before=usd(why.before.usd),
        when=when(why.before),
        band=band,
    )


def when(period: PeriodCost) -> str:
    """``on Tue 2026-11-24``, or from when to when."""
    since, until = period.since, period.until
    if since.time() == until.time() == since.min.time():
        last = until - timedelta(days=1)
        if until - since == DAY:
            return f"on {since:%a %Y-%m-%d}"
        return f"from {since:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"from {since:%a %Y-%m-%d %H:%M} to {until:%a %Y-%m-%d %H:%M}"


def _cause(cause: Cause, usd: Money) -> str:
    shown = cause.evidence
    evidence = ""
    if shown is not None and shown.before is not None and shown.now is not None:
        evidence = why_texts.EVIDENCE[shown.measure].format(
            before=shown.before, now=shown.now, name=shown.name
        )
    where, versions = _where(cause.terms), ", ".join(cause.new_versions)
    return why_texts.CAUSE.format(
        name=why_texts.FACTORS[cause.factor],
        where=why_texts.WHERE.format(terms=where) if where else "",
        evidence=evidence,
        usd=usd.signed(cause.rounded_usd),
        share="" if cause.share is None else why_texts.SHARE.format(share=100 * cause.share),
        versions=why_texts.VERSIONS.format(versions=versions) if versions else "",
    )


def _where(terms: Sequence[Term]) -> str:
    """``service orders, tenant acme``; without a model that the deployment says already."""
    seen: set[str] = set()
    found = []
    has_deployment = any(one.dimension == "deployment" for one in terms)
    for one in terms:
        if one.value not in seen and not (has_deployment and one.dimension == "model"):
            name = one.dimension.removeprefix(_TAG)
            found.append(why_texts.TERM.format(dimension=name, value=one.value))
        seen.add(one.value)
    return ", ".join(found)


def table(why: Why) -> Table:
    """The parts, from the cost before to the cost now; numbers to the right."""
    usd = Money((why.now.usd, why.before.usd))
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(why_texts.COLUMNS):
        made.add_column(head, justify="left" if place < 2 else "right", no_wrap=place > 1, overflow="fold")  # noqa: PLR2004
    made.add_row(why_texts.BEFORE, "", "", usd(why.before.usd))
    several = {one.factor for one in why.parts if one.terms}
    total = round(why.before.usd, usd.decimals)
    for part in why.parts:
        total += part.rounded_usd
        if usd.is_shown(part.rounded_usd):
            where = _where(part.terms) or (why_texts.REST if part.factor in several else why_texts.ALL)
            change = usd.signed(part.rounded_usd)
            made.add_row(why_texts.FACTORS[part.factor], Text(where), change, usd(total))
    made.add_row(why_texts.NOW, "", "", usd(why.now.usd))
    return made


def without(found: Iterable[Without]) -> Iterator[str]:
    """Attempts that are in no part, the most first."""
    ordered = sorted(found, key=lambda one: (-one.incomplete - one.unpriced, one.service, one.deployment))
    for one in ordered[:_MOST]:
        where = why_texts.WITHOUT_WHERE.format(
            service=one.service or why_texts.UNKNOWN, deployment=one.deployment or why_texts.UNKNOWN
        )
        counted = one.incomplete + one.unpriced
        kinds = why_texts.WITHOUT_KINDS.format(incomplete=one.incomplete, unpriced=one.unpriced)
        yield why_texts.WITHOUT.format(count=f"{counted:,}", of=f"{one.of:,}", where=where) + kinds
