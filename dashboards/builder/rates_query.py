"""The part of the queries with the list prices of tokens, made from the price list that is installed.

*Rates*: the prices of a million of each kind of token, in US dollars, as numbers with blanks between them, in
the order of `TOKENS`. A model is recognised as the list does it, by patterns; models with the same rates are one
case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import genai_prices
from genai_prices import types
from genai_prices.data_snapshot import get_snapshot

from foundry_telemetry.investigate.cost.period_rates import RATE_OF
from foundry_telemetry.kql import files
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.pricing import rate_tables
from foundry_telemetry.pricing.model_prices import Table

NAME: Final = "rates"
"""Of the part and of its function."""

_MILLION: Final = 10**6
_NS: Final = 10**9
_LIST: Final = "genai-prices {}"
_HEAD: Final = """\
// The list prices of a million tokens of each kind, in US dollars.
// Reads: nothing.
// Sampling: changes nothing.
//
// Made from {version} by `python -m dashboards.builder build`; do not edit it. For another list delete
// it first. Of a model, the number of price changes before (`epoch`) and the tokens that the prompt is above (`tier`):
// new input, cache reads, cache writes (5 min, 1 h), output, thinking, a million web searches. Empty: not listed.
"""

_Clause = Any
_Line = tuple[str, str]
"""A condition beside the model, and rates."""


def rates_query() -> str:
    """The committed text; a new one where it is missing or of the list that is installed."""
    version = _LIST.format(genai_prices.__version__)
    path = files.folder() / "queries" / f"{NAME}.kql"
    committed = path.read_text("utf-8") if path.is_file() else version
    return _made(version) if version in committed else committed


def _made(version: str) -> str:
    cases = ",\n".join(f"    {condition}, {literal(rates)}" for condition, rates in _cases())
    body = f"let {NAME} = (model: string, epoch: long, tier: long) {{ case(\n{cases},\n    '') }};\n"
    return f"{_HEAD.format(version=version)}{_tiers()}{_epochs()}{body}"


def _tiers() -> str:
    above = ", ".join(f"tokens > {one}, {one}" for one in reversed(rate_tables.tiers()))
    return f"let tier_of = (tokens: long) {{ case({above}, 0) }};\n"


def _epochs() -> str:
    days = list(enumerate(_starts(), 1))[::-1]
    since = ", ".join(f"at >= datetime({day:%Y-%m-%d}), {number}" for number, day in days)
    return f"let epoch_of = (at: datetime) {{ case({since}, 0) }};\n"


def _starts() -> list[date]:
    """The days from which a list of any model holds."""
    return sorted({since for model in _models() for since in _dates(model)})


def _models() -> list[types.ModelInfo]:
    return [model for one in get_snapshot().providers if one.id == "anthropic" for model in one.models]


def _dates(model: types.ModelInfo) -> Iterator[date]:
    for one in model.prices if isinstance(model.prices, list) else ():
        if isinstance(one.constraint, types.StartDateConstraint):
            yield one.constraint.start_date


def _cases() -> Iterator[_Line]:
    """A condition for each set of rates, and the rates; dearer tiers and newer lists first."""
    alike: dict[tuple[_Line, ...], list[str]] = {}
    for model in _models():
        alike.setdefault(tuple(_lines(model)), []).extend(_patterns(model.match))
    for lines, patterns in alike.items():
        for condition, rates in lines:
            yield f"{condition}model matches regex {literal('|'.join(patterns))}", rates


def _lines(model: types.ModelInfo) -> Iterator[_Line]:
    """The rates of a model, each with what they hold for beside it."""
    starts = [number for number, day in enumerate(_starts(), 1) if day in set(_dates(model))]
    for epoch in (*reversed(starts), 0):
        table = rate_tables.table(_name(model), _at_ns(epoch))
        assert table is not None
        for place, bracket in enumerate(table.brackets):
            last = place == len(table.brackets) - 1
            dated = f"epoch >= {epoch} and " if epoch else ""
            above = "" if last else f"tier >= {bracket.above} and "
            yield f"{dated}{above}", _rates(table, place)


def _name(model: types.ModelInfo) -> str:
    """A name that the list takes for the model."""
    return model.id


def _at_ns(epoch: int) -> int:
    """A time in which a list holds."""
    starts = _starts()
    day = starts[epoch - 1] if epoch else starts[0] - timedelta(days=1)
    return int(datetime.combine(day, time(), UTC).timestamp()) * _NS


def _rates(table: Table, place: int) -> str:
    of = table.brackets[place]
    prices = (Decimal(getattr(of, name) or 0) * _MILLION / table.scale for name in RATE_OF.values())
    return " ".join(f"{price.normalize():f}" for price in prices)


def _patterns(clause: _Clause) -> Iterator[str]:
    """Regular expressions for what the list says of names."""
    if isinstance(clause, types.ClauseOr):
        for one in clause.or_:
            yield from _patterns(one)
        return
    yield _FORMS[type(clause)](clause)


def _plain(text: str) -> str:
    """A text as a pattern: names have only full stops that mean something else."""
    return text.replace(".", "[.]")


_FORMS: Final[Mapping[type, Callable[[_Clause], str]]] = {
    types.ClauseEquals: lambda one: f"^{_plain(one.equals)}$",
    types.ClauseStartsWith: lambda one: f"^{_plain(one.starts_with)}",
    types.ClauseContains: lambda one: _plain(one.contains),
    types.ClauseRegex: lambda one: one.regex,
}
"""Of each kind of clause; another kind is a KeyError when this is built."""
