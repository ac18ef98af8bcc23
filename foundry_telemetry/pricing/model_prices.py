"""Prices of one model as whole numbers, so that a cost is what the decimals say, to the last digit.

*Rate*: the price of one token, or of one search, in parts of a US dollar, of which it has `Table.scale`.
*Bracket*: a range of prompt lengths with rates of its own; the whole request is billed at the
rates of the bracket its prompt (uncached input, cache writes and cache reads) falls into.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, structs

from foundry_telemetry.observation import TokenUsage


class Bracket(Struct, frozen=True, gc=False):
    """The rates of prompts longer than `above` tokens."""

    above: int
    call: int
    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    web_search: int | None


class Prices(Struct, frozen=True, kw_only=True):
    """The same in US dollars for one of each, as decimals."""

    above: int = -1
    call: Decimal = Decimal(0)
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    web_search: Decimal | None


class Table(Struct, frozen=True, gc=False):
    """The brackets of one model, longest prompts first; the last takes every prompt."""

    brackets: tuple[Bracket, ...]
    scale: int
    source: str


_RATES: Final = Bracket.__struct_fields__[1:]


def make_table(prices: Iterable[Prices], source: str, factors: Iterable[float] = ()) -> Table:
    """A table of these prices times these factors.

    Args:
        prices: Longest prompts first.
        source: Where they come from; a factor other than 1 is added to it.
        factors: Of a discount, of a data zone.
    """
    factor = Decimal(1)
    for one in factors:
        factor *= Decimal(repr(one))
    rows = [(row.above, [_times(getattr(row, name), factor) for name in _RATES]) for row in prices]
    digits = max(0, *(-_exponent(value) for _, values in rows for value in values if value is not None))
    scale = 10**digits
    brackets = []
    for above, values in rows:
        parts: list[Any] = [None if value is None else int(value * scale) for value in values]
        brackets.append(Bracket(above, *parts))
    return Table(tuple(brackets), scale, source if factor == 1 else f"{source} x {factor.normalize():f}")


def apply(table: Table, usage: TokenUsage) -> float | None:
    """What `usage` costs in US dollars; ``None`` where a part of it has no price, or cannot be."""
    if usage.compaction_input_tokens or usage.compaction_output_tokens:
        return None  # billed, but how much of it came from the cache is not reported
    tokens = usage.input_tokens or 0
    reads = usage.cache_read_input_tokens or 0
    hour = usage.cache_creation_1h or 0
    writes = usage.cache_creation_input_tokens
    if writes is None:
        writes = (usage.cache_creation_5m or 0) + hour
    if hour > writes:
        return None
    prompt = tokens + reads + writes
    for bracket in table.brackets:  # pragma: no branch - the last one takes every prompt
        if prompt > bracket.above:
            break
    parts = (
        bracket.call
        + tokens * bracket.input
        + (usage.output_tokens or 0) * bracket.output
        + reads * bracket.cache_read
        + (writes - hour) * bracket.cache_write_5m
        + hour * bracket.cache_write_1h
    )
    if usage.web_search_requests:
        if bracket.web_search is None:
            return None
        parts += usage.web_search_requests * bracket.web_search
    return parts / table.scale  # of whole numbers: rounded once, to the nearest float


def without_output(usage: TokenUsage) -> TokenUsage:
    """The part of `usage` that is sure when the answer ended before its output was reported."""
    return structs.replace(usage, output_tokens=0, complete=True)


def _times(rate: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if rate is None else rate * factor


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
