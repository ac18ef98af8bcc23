"""Who is affected and who is not, in words; and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from foundry_telemetry.investigate.formatting import lasted, moment
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.finding import Finding, Term

_SHOWN: Final = 3
"""Values of one kind that are named."""
_ROUTE: Final = ("service", "deployment")
_TAG: Final = "tag "
_SILENT: Final = "volume:silent"
"""No traffic is what it is about."""


def affected(finding: Finding) -> str:
    """``orders-api → orders-chat, 1 of 3 instances: orders-api-1; not affected: instances …``."""
    others = [term for term in finding.extent if term.dimension not in _ROUTE]
    route = _route(finding)
    named = ", ".join(map(_term, others))
    if len(others) < len(finding.extent):
        text = ", ".join(filter(None, (route, named)))
    else:
        text = _within(named, route) if named else _within(route, texts.ALL_TRAFFIC)
    return text + _unaffected(finding.extent)


def _within(terms: str, route: str) -> str:
    return texts.WITHIN.format(terms=terms, route=route) if terms and route else terms or route


def _route(finding: Finding) -> str:
    """From which services to which deployments."""
    terms = {term.dimension: (term.value,) for term in finding.extent}
    services = listed(terms.get("service", finding.services))
    deployments = listed(terms.get("deployment", finding.deployments))
    if services and deployments:
        return texts.ROUTE.format(services=services, deployments=deployments)
    return services or deployments


def _term(term: Term) -> str:
    name = dimension(term.dimension)
    value = term.value or texts.NO_VALUE
    if term.number <= 1:
        return texts.OF_ONE.format(name=name, value=value)
    if term.dimension.startswith(_TAG):
        return texts.OF_TAG.format(name=name, value=value, number=term.number)
    return texts.OF_NUMBER.format(number=term.number, values=plural(term.dimension), value=value)


def _unaffected(extent: Sequence[Term]) -> str:
    """Who is not affected, and who made too few attempts to tell."""
    known = "; ".join(
        texts.NAMED.format(name=_name(term.dimension, len(term.unaffected)), values=listed(term.unaffected))
        for term in extent
        if term.unaffected
    )
    unknown = ", ".join(_unknown(extent))
    return (texts.NOT_AFFECTED.format(values=known) if known else "") + (
        texts.NOT_JUDGED.format(values=unknown) if unknown else ""
    )


def _unknown(extent: Iterable[Term]) -> Iterator[str]:
    for term in extent:
        number = term.number - 1 - len(term.unaffected)
        if number > 0:
            yield texts.OTHERS_OF.format(number=number, values=_name(term.dimension, number))


def _name(name: str, number: int) -> str:
    return plural(name) if number > 1 else dimension(name)


def dimension(name: str) -> str:
    """What a dimension is called."""
    return texts.NAMES.get(name, name)


def plural(name: str) -> str:
    """What several values of a dimension are called."""
    return texts.PLURALS.get(name, name if name.startswith(_TAG) else f"{dimension(name)}s")


def listed(values: Sequence[str]) -> str:
    """The first few values."""
    shown = ", ".join(value or texts.NO_VALUE for value in values[:_SHOWN])
    more = len(values) - _SHOWN
    return texts.AND_MORE.format(values=shown, number=f"{more:,}") if more > 0 else shown


def when(finding: Finding, end: datetime) -> str:
    """Whether it goes on, since when, and for how long."""
    period = finding.period
    since, last = moment(period.since, end), moment(period.last, end)
    if period.is_earliest:
        since = texts.OR_EARLIER.format(time=since)
    state = texts.ONGOING if finding.cause == _SILENT and period.state != "ended" else period.state
    return texts.WHEN[state].format(
        since=since,
        last=last,
        ago=lasted(end - period.since),
        lasted=lasted(period.last - period.since),
        times=period.times,
        newest=moment(period.newest or period.last, end),
    )
