"""A posted body as a body of envelopes, which goes the way of all envelopes: checked, queued, committed.

So the store's bounds are those of its queue. What an OTLP body can grow to is bounded here: every item gets
the names of its resource, so few bytes can mean many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, Final

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope as ScopeMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage

from foundry_telemetry.azure.detached_rows import DetachedRows, Fields
from foundry_telemetry.ingestion.items import MOST_ITEMS, Refusal
from foundry_telemetry.local.ingest.otlp import records, values
from foundry_telemetry.local.ingest.otlp.bodies import ENCODINGS, Encoding, Group
from foundry_telemetry.local.ingest.otlp.cumulative import CumulativeSeries
from foundry_telemetry.local.ingest.otlp.metrics import Metric, origin
from foundry_telemetry.local.ingest.otlp.native import native_log, native_span
from foundry_telemetry.local.ingest.otlp.signals import (
    LOGS,
    METRICS,
    NATIVE_LOGS,
    NATIVE_TRACES,
    TRACES,
    Signal,
)
from foundry_telemetry.local.ingest.otlp.values import ItemError, Resource

MOST_BYTES: Final = 32 * 2**20
"""Bytes of the envelopes that a body becomes; what would come on top is refused."""

_TOO_MUCH: Final = f"more than {MOST_ITEMS} items or {MOST_BYTES} bytes of rows in one body"

_REASONS: Final = 3
"""Reasons that are named in an answer."""

_NO_ITEM: Final = 0
"""The owner of a row that stands for a resource; items are counted from 1."""

_INSTANCE_TAGS: Final = ("ai.cloud.roleInstance", "ai.internal.nodeName")
_INSTANCE_PROPERTY: Final = "cloud/roleInstance"
_OF_THIS_MACHINE: Final = ("ai.device.id", "ai.device.locale")

_Rows = Callable[[], list[Fields]]


@dataclass
class Converted:
    """A body on its way to the store."""

    received: int = 0
    """Items in it."""
    _envelopes: list[bytes] = field(default_factory=list)
    _owners: list[int] = field(default_factory=list)
    """The item of each envelope."""
    _size: int = 0
    _is_full: bool = False
    _reasons: Counter[str] = field(default_factory=Counter)

    def add(self, rows: _Rows, key: str) -> None:
        """Take in the rows of the next item, or refuse it."""
        self.received += 1
        try:
            self._take(rows, key, self.received)
        except ItemError as error:
            self._reasons[str(error)] += 1
        except Exception as error:  # its message may repeat values of the item
            self._reasons[f"an item that cannot be read ({type(error).__name__})"] += 1

    @property
    def is_full(self) -> bool:
        """Whether what comes now is refused unread: a body of 4 MiB can have millions of items."""
        return self._is_full or self.received >= MOST_ITEMS

    def refuse(self, items: int) -> None:
        """Refuse the next items."""
        self.received += items
        self._reasons[_TOO_MUCH] += items

    def add_resource(self, rows: _Rows, key: str) -> None:
        """Take in a row that is no item, if it is sound."""
        with suppress(Exception):
            self._take(rows, key, _NO_ITEM)

    def _take(self, rows: _Rows, key: str, owner: int) -> None:
        if self._is_full:
            raise ItemError(_TOO_MUCH)
        envelopes = [msgspec.json.encode({**row, "iKey": key}) for row in rows()]
        size = self._size + sum(map(len, envelopes)) + len(envelopes)
        if size > MOST_BYTES or len(self._envelopes) + len(envelopes) > MOST_ITEMS:
            self._is_full = True
            raise ItemError(_TOO_MUCH)
        self._size = size
        self._envelopes += envelopes
        self._owners += [owner] * len(envelopes)

    def taken(self) -> bytes:
        """The body of envelopes, taken out; empty where there is none."""
        envelopes, self._envelopes = self._envelopes, []
        return b"[" + b",".join(envelopes) + b"]" if envelopes else b""

    @property
    def refused_here(self) -> int:
        """Items that did not become envelopes."""
        return self._reasons.total()

    def refusals(self, of_store: Iterable[Refusal]) -> tuple[int, str]:
        """How many items were refused, and why.

        Args:
            of_store: What the store refused of the body that was taken out.
        """
        refused = {self._owners[refusal.index]: refusal.message for refusal in of_store}
        refused.pop(_NO_ITEM, None)
        reasons = self._reasons + Counter(refused.values())
        named = [f"{reason} ({count})" for reason, count in reasons.most_common(_REASONS)]
        others = [f"{len(reasons) - _REASONS} other reasons"] if len(reasons) > _REASONS else []
        return reasons.total(), "; ".join(named + others)


class Conversion:
    """Converts bodies, one at a time.

    Args:
        started_ns: When this server started; see `CumulativeSeries`.
    """

    def __init__(self, started_ns: int) -> None:
        self.series = CumulativeSeries(started_ns)

    @cached_property
    def _rows(self) -> DetachedRows:
        return DetachedRows()

    def convert(self, signal: Signal, body: bytes, media_type: str, key: str) -> Converted:
        """Convert a body. It takes some 50 microseconds an item.

        Raises:
            UnreadableError: It cannot be split into items.
        """
        converted, encoding = Converted(), ENCODINGS[media_type]
        for group in encoding.groups(signal, body):
            if converted.is_full:
                converted.refuse(len(group.items))
            elif group.items:
                self._take(converted, signal, group, encoding, key)
        return converted

    def _take(self, converted: Converted, signal: Signal, group: Group, encoding: Encoding, key: str) -> None:
        sender = self._sender(group, encoding)
        if sender is not None and signal is TRACES:
            converted.add_resource(sender.of_itself, key)
        for place, item in enumerate(group.items):
            if converted.is_full:
                converted.refuse(len(group.items) - place)
                return
            read = _Item(encoding, signal.item, item)
            for rows in _ROWS[signal.path](sender, read) if sender else (_no_sender,):
                converted.add(rows, key)

    def _sender(self, group: Group, encoding: Encoding) -> _Sender | None:
        try:
            resource = encoding.read(ResourceMessage, group.resource)
            scope = encoding.read(ScopeMessage, group.scope)
        except Exception:
            return None
        return _Sender(resource, scope, self._rows, self.series)


def _no_sender() -> list[Fields]:
    raise ItemError("an item whose resource or scope cannot be read")


@dataclass(frozen=True)
class _Item:
    """An item as it stands in a body."""

    encoding: Encoding
    kind: type[Any]
    raw: Any

    def __call__(self) -> Any:
        """Its message."""
        return self.encoding.read(self.kind, self.raw)

    def apart(self) -> list[_Item]:
        """A metric that cannot be read, in parts of which some can."""
        return [replace(self, raw=part) for part in self.encoding.apart(self.raw)]


class _Sender:
    """Resource and scope of a group, and the rows of its items."""

    def __init__(self, resource: Any, scope: Any, rows: DetachedRows, series: CumulativeSeries) -> None:
        self._resource = Resource(values.attributes(resource.attributes))
        self._scope = values.scope(scope)
        self._origin = origin(resource, scope)
        self._rows = rows
        self._series = series

    def of_itself(self) -> list[Fields]:
        return self._own([self._rows.of_resource(self._resource)])

    def spans(self, read: _Item) -> Iterator[_Rows]:
        yield lambda: self._own(self._rows.of_span(records.span(read(), self._resource, self._scope)))

    def logs(self, read: _Item) -> Iterator[_Rows]:
        yield lambda: self._own(self._rows.of_log(records.log(read(), self._resource, self._scope)))

    def native_logs(self, read: _Item) -> Iterator[_Rows]:
        yield lambda: [native_log(read(), self._resource, self._scope)]

    def native_spans(self, read: _Item) -> Iterator[_Rows]:
        yield lambda: [native_span(read(), self._resource, self._scope)]

    def points(self, read: _Item) -> Iterator[_Rows]:
        """The rows of each data point, and a failure for each that cannot be read."""
        try:
            metric = Metric(read(), self._origin, self._series)
        except Exception:
            parts = read.apart()
            if len(parts) > 1:
                yield from chain.from_iterable(map(self.points, parts))
            else:
                yield read
            return
        for point in metric.points:
            yield lambda point=point: self._of_point(metric, point)  # type: ignore[misc]

    def _of_point(self, metric: Metric, point: Any) -> list[Fields]:
        converted = metric.converted(point)
        if converted is None:
            return []
        name = metric.message.name
        return self._own(self._rows.of_point(converted, name, self._resource, self._scope))

    def _own(self, rows: list[Fields]) -> list[Fields]:
        """Rows with what the exporter would say of the sender's process, and not of this one."""
        for row in rows:
            tags = {name: text for name, text in row["tags"].items() if name not in _OF_THIS_MACHINE}
            instance = self._resource.instance
            tags |= dict.fromkeys(_INSTANCE_TAGS, instance)
            row["tags"] = {**tags, "ai.internal.sdkVersion": self._resource.sdk}
            properties = row["data"]["baseData"].get("properties") or {}
            if _INSTANCE_PROPERTY in properties:
                properties[_INSTANCE_PROPERTY] = instance
        return rows


_ROWS: Final[Mapping[str, Callable[[_Sender, _Item], Iterator[_Rows]]]] = {
    TRACES.path: _Sender.spans,
    LOGS.path: _Sender.logs,
    NATIVE_LOGS.path: _Sender.native_logs,
    NATIVE_TRACES.path: _Sender.native_spans,
    METRICS.path: _Sender.points,
}
