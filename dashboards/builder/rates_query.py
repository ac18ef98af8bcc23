"""The part of the queries with the list prices of tokens, made from the price list that is installed.

*Rates*: the prices of a million of each kind of token, in US dollars, as numbers with blanks between them,
in the order of `TOKENS`. A model is recognised as the list does it, by patterns; models with the same rates
are one case.
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

_PREFIX: Final = "^claude-"
_DOT: Final = "[.]"
_DATED: Final = r"-\d{8}$"
_MILLION: Final = 10**6
_NS: Final = 10**9
_LIST: Final = "genai-prices {}"
_HEAD: Final = """\
// The list prices of a million tokens of each kind, in US dollars.
// Reads: nothing.
// Sampling: changes nothing.
//
// Made from {version} by `python -m dashboards.builder build`; do not edit it. For another list
// delete it first. Of a model, the number of price changes before (`epoch`) and the tokens that the prompt is
// above (`tier`): new input, cache reads, cache writes (5 min, 1 h), output, thinking, web searches. Empty:
// not listed.
"""

_Clause = Any
_Line = tuple[str, str]
"""A condition, and what holds under it."""


def rates_query() -> str:
    """The committed text; a new one where it is missing or of the list that is installed."""
    version = _LIST.format(genai_prices.__version__)
    path = files.folder() / "queries" / f"{NAME}.kql"
    committed = path.read_text("utf-8") if path.is_file() else ""
    return _made(version) if not committed or f"{version} by" in committed else committed


def _made(version: str) -> str:
    cases = ",\n".join(f"    {condition}, {rates}" for condition, rates in _cases())
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
    return sorted({since for model in models() for since in _dates(model)})


def models() -> list[types.ModelInfo]:
    """The models of the list that is installed."""
    return [model for one in get_snapshot().providers if one.id == "anthropic" for model in one.models]


def _dates(model: types.ModelInfo) -> Iterator[date]:
    for one in model.prices if isinstance(model.prices, list) else ():
        if isinstance(one.constraint, types.StartDateConstraint):
            yield one.constraint.start_date


def _cases() -> Iterator[_Line]:
    """A condition for each set of rates, and the rates as an expression."""
    alike: dict[str, list[str]] = {}
    for model in models():
        alike.setdefault(_rates_of(model), []).extend(_patterns(model.match))
    for rates, patterns in alike.items():
        yield f"model matches regex {literal(_together(patterns))}", rates


def _together(patterns: list[str]) -> str:
    """One regular expression for any of these: what two of them have in common stands once."""
    known = list(dict.fromkeys(patterns))
    for one in list(known):
        with_dash = one.replace(_DOT, "-")
        if one != with_dash and with_dash in known:
            known[known.index(with_dash)] = one.replace(_DOT, "[-.]")
            known.remove(one)
    for one in list(known):
        dated = one.removesuffix("$") + _DATED
        if one.endswith("$") and dated in known:
            known[known.index(one)] = f"{one[:-1]}({_DATED[:-1]})?$"
            known.remove(dated)
    own = [one.removeprefix(_PREFIX) for one in known if one.startswith(_PREFIX)]
    return "|".join([f"{_PREFIX}({'|'.join(own)})", *(one for one in known if not one.startswith(_PREFIX))])


def _rates_of(model: types.ModelInfo) -> str:
    """The rates of a model, by the list and the tier where they differ."""
    starts = [number for number, day in enumerate(_starts(), 1) if day in set(_dates(model))]
    cases = [line for epoch in (*reversed(starts), 0) for line in _lines(model, epoch)]
    if len(cases) == 1:
        return cases[0][1]
    return f"case({', '.join(part for condition, rates in cases for part in (condition, rates) if part)})"


def _lines(model: types.ModelInfo, epoch: int) -> Iterator[_Line]:
    table = rate_tables.table(model.id, _at_ns(epoch))
    if table is None:
        raise LookupError(f"{model.id}: expected rates of a model that is listed")
    dated = [f"epoch >= {epoch}"] if epoch else []
    for place, bracket in enumerate(table.brackets):
        above = [f"tier >= {bracket.above}"] if bracket.above > 0 else []
        yield " and ".join((*dated, *above)), literal(_rates(table, place))


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
    return text.replace(".", _DOT)


_FORMS: Final[Mapping[type, Callable[[_Clause], str]]] = {
    types.ClauseEquals: lambda one: f"^{_plain(one.equals)}$",
    types.ClauseStartsWith: lambda one: f"^{_plain(one.starts_with)}",
    types.ClauseContains: lambda one: _plain(one.contains),
    types.ClauseRegex: lambda one: one.regex,
}
"""Of each kind of clause; another kind is a KeyError when this is built."""
