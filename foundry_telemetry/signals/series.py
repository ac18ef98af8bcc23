"""Measurements on series that the SDK has: added to its own sums, without the way to them once more.

*Series*: one instrument with one set of attributes. For every measurement the SDK finds the sums of its
series anew: it cleans, copies, filters, sorts and hashes the attributes, for each reader and view. The first
two measurements of a series go that way: to look for sums that are used once would cost more than it saves.
Later ones go to the same sums, with the same value and the same exemplar; readers, views, temporality and
limits stay the SDK's. Where the SDK is not as it is known, every measurement goes its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram

from foundry_telemetry.signals.fields import Attributes


class Moment(Struct):
    """What the measurements of one attempt have in common."""

    context: Context
    """For exemplars."""
    time_unix_nano: int
    batch: int
    """Measurements that are recorded together; the SDK's sums stay in their place meanwhile."""
    _is_exemplar: bool | None = None

    def is_exemplar(self, consumer: Any, measurement: _Measurement) -> bool:
        """Whether the SDK's filter wants it; its own filters ask for the context alone."""
        if self._is_exemplar is not None:
            return self._is_exemplar
        wants = consumer._sdk_config.exemplar_filter  # noqa: SLF001 - nothing public leads to it
        found: bool = wants.should_sample(
            measurement.value, measurement.time_unix_nano, measurement.attributes, measurement.context
        )
        if type(wants).__module__.startswith("opentelemetry.sdk."):
            self._is_exemplar = found
        return found


class _Measurement(Struct, gc=False):
    """What the sums of the SDK read of a measurement."""

    value: float
    time_unix_nano: int
    attributes: Attributes
    context: Context


class Series:
    """One instrument with one set of attributes.

    Args:
        instrument: A counter or a histogram.
        attributes: Not to be changed any more.
    """

    __slots__ = ("_attributes", "_instrument", "_is_first", "_is_known", "_measure", "_sums")

    def __init__(self, instrument: Counter | Histogram, attributes: Attributes) -> None:
        self._instrument = instrument
        self._attributes = attributes
        self._measure: Callable[[float, Attributes, Context], object] = (
            instrument.add if isinstance(instrument, Counter) else instrument.record
        )
        self._sums: _Sums | None = None
        self._is_first = True
        self._is_known = True
        """Whether its sums were where we know them to be; else they are not looked for again."""

    def measure(self, value: float, moment: Moment) -> None:
        """Add a value to the counter, or record it into the histogram."""
        sums = self._sums
        if sums is None or not sums.are_in_place(moment.batch):
            self._measure(value, self._attributes, moment.context)
            if self._is_known and not self._is_first:
                self._sums = _find_sums(self._instrument, self._attributes, moment.batch)
                self._is_known = self._sums is not None
            self._is_first = False
            return
        measurement = _Measurement(value, moment.time_unix_nano, self._attributes, moment.context)
        is_exemplar = moment.is_exemplar(sums.consumer, measurement)
        for aggregate in sums.aggregates:
            aggregate(measurement, is_exemplar)


class _Sums(Struct):
    """The sums of one series in the SDK."""

    instrument: Any
    consumer: Any
    readers: object
    """Those for which they were found; the SDK replaces the mapping when one is added or removed."""
    entries: tuple[tuple[Mapping[Any, Any], Any, Any], ...]
    """Of each reader and view: where the sum is kept, by what key, and the sum itself."""
    aggregates: tuple[Callable[[Any, bool], object], ...]
    checked_in: int
    """The batch in which they were last found in their place."""

    def are_in_place(self, batch: int) -> bool:
        """Whether a measurement would come to them; looked up once for each batch."""
        if self.consumer._reader_storages is not self.readers:  # noqa: SLF001 - nothing public leads to sums
            return False
        if self.checked_in != batch:
            if not self.instrument._is_enabled():  # noqa: SLF001
                return False
            if any(kept.get(key) is not found for kept, key, found in self.entries):
                return False
            self.checked_in = batch
        return True


def _find_sums(instrument: Any, attributes: Attributes, batch: int) -> _Sums | None:
    """Find what the SDK has just added to, if all is as it is known."""
    # One that was made before there was a provider has the SDK's instrument by now.
    instrument = getattr(instrument, "_real_instrument", None) or instrument
    try:
        consumer = instrument._measurement_consumer  # noqa: SLF001
        readers: Mapping[Any, Any] = consumer._reader_storages  # noqa: SLF001
        matches = [
            match
            for storage in readers.values()
            for match in storage._instrument_view_instrument_matches[instrument]  # noqa: SLF001
        ]
        entries = tuple(map(_entry, matches, [attributes] * len(matches)))
    except (AttributeError, LookupError):
        return None
    aggregates = tuple(found.aggregate for _, _, found in entries)
    return _Sums(instrument, consumer, readers, entries, aggregates, batch)


def _entry(match: Any, attributes: Attributes) -> tuple[Mapping[Any, Any], Any, Any]:
    """Where one view of one reader keeps the sum of these attributes.

    Raises:
        LookupError: It does not, or more than one could be it.
    """
    kept: Mapping[Any, Any] = match._attributes_aggregation  # noqa: SLF001
    keys = match._view._attribute_keys  # noqa: SLF001
    wanted = {name: value for name, value in attributes.items() if keys is None or name in keys}
    found = [(kept, key, each) for key, each in list(kept.items()) if _has(each, wanted)]
    if len(found) != 1:
        raise LookupError
    return found[0]


def _has(aggregation: Any, wanted: Attributes) -> bool:
    """Whether an aggregation is that of these attributes; ``1``, ``1.0`` and ``True`` are three values."""
    found: Attributes = aggregation._attributes  # noqa: SLF001
    return found == wanted and all(type(found[name]) is type(value) for name, value in wanted.items())
