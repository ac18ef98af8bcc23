"""Values of measures in words: with their units, and compared with the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from foundry_telemetry.investigate.formatting import lasted, percent, took
from foundry_telemetry.investigate.incident import texts
from foundry_telemetry.investigate.incident.finding import Change, Unit
from foundry_telemetry.investigate.incident.measure_advice import is_failure, measure_advice

_PARTS: Final = 1_000_000
"""A share is given in parts of a million."""
_LONGEST_S: Final = 1e9
_MINUTE_MS: Final = 60_000
_IN_SECONDS_MS: Final = 601_000
_IN_SECONDS_S: Final = 600
_CENT: Final = 0.01
_LEAST_USD: Final = 0.0001
_SMALL: Final = 10
_ROUNDED: Final = 0.1
"""Ratios that differ by less are the same to a reader."""


def share_of(value: float) -> str:
    """``34%``, ``<0.1%``."""
    return percent(round(max(0.0, min(value, 1.0)) * _PARTS), _PARTS)


def duration(milliseconds: float) -> str:
    """``41 ms``, ``30.0 s``, ``240 s``, ``12 min``: limits of time are set in seconds, so these are kept."""
    if _MINUTE_MS <= milliseconds < _IN_SECONDS_MS:
        return f"{milliseconds / 1_000:.0f} s"
    return took(milliseconds)


def quantity(value: float, unit: Unit) -> str:
    """A value with its unit."""
    return _BY_UNIT[unit](value)


def offset(seconds: float) -> str:
    """How far a clock is off: ``420 s``, ``2 h``."""
    seconds = min(abs(seconds), _LONGEST_S)
    return f"{seconds:.0f} s" if seconds < _IN_SECONDS_S else lasted(timedelta(seconds=seconds))


def title(change: Change) -> str:
    """What a measure is called; a failure class is called as the ledger has it."""
    if is_failure(change.measure, change.unit):
        return change.measure
    return measure_advice(change.measure).title


def compared(change: Change) -> str:
    """The measure, how much it changed, its value and its baseline."""
    text = texts.WITH_RATIO if _ratio(change) else texts.WITHOUT_RATIO
    return text.format(title=title(change), ratio=_ratio(change), value=_value(change)) + _baseline(change)


def _value(change: Change) -> str:
    if change.unit == "share":
        worded = texts.FAILED_SHARE
        if not is_failure(change.measure, change.unit):
            worded = measure_advice(change.measure).share
        share = share_of(change.now)
        if change.changed is not None and 0 <= change.changed <= change.count:
            share = percent(change.changed, change.count)
        return worded.format(share=share, count=f"{change.count:,}")
    if change.unit == "seconds":
        return (texts.AHEAD if change.now >= 0 else texts.BEHIND).format(time=quantity(change.now, "seconds"))
    if change.unit == "calls":
        return quantity(change.now, "calls")
    return texts.TYPICAL.format(value=quantity(change.now, change.unit))


def _baseline(change: Change) -> str:
    if change.baseline is None:
        return texts.NO_BASELINE_VALUE
    return texts.BASELINE_VALUE.format(value=quantity(change.baseline, change.unit))


def _ratio(change: Change) -> str:
    """``3.1x``; empty where it says nothing."""
    if change.unit in ("share", "seconds") or not change.baseline or change.baseline < 0 or change.now <= 0:
        return ""
    shown = change.now / change.baseline
    ratio = shown if change.ratio is None else change.ratio
    text = f"{ratio:,.0f}x" if ratio >= _SMALL else f"{ratio:.1f}x" if ratio >= 1 else f"{ratio:.2g}x"
    return text if abs(ratio - shown) <= _ROUNDED * shown else texts.SAME_LENGTH.format(ratio=text)


def _usd(value: float) -> str:
    if value >= _CENT or value <= 0:
        return f"${value:,.2f}" if value >= 1 or value <= 0 else f"${value:.3f}"
    return f"${value:.4f}" if value >= _LEAST_USD else f"<${_LEAST_USD:.4f}"


def _count(noun: str) -> Callable[[float], str]:
    return lambda value: f"{value:,.1f} {noun}" if 0 < value < _SMALL else f"{value:,.0f} {noun}"


_BY_UNIT: Final[Mapping[Unit, Callable[[float], str]]] = {
    "share": share_of,
    "ms": duration,
    "tokens": _count("tokens"),
    "usd": _usd,
    "calls": lambda value: f"{value:,.0f} call{'' if round(value) == 1 else 's'}",
    "seconds": offset,
    "attempts": lambda value: f"{value:,.1f}",
}
