"""From a posted body to messages, in protobuf or in JSON: each item by itself, so a bad one fails alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.json_format import MessageToJson, ParseDict
from google.protobuf.message import DecodeError

from foundry_telemetry.ingestion.items import UnreadableError
from foundry_telemetry.local.ingest.otlp.signals import METRICS, Signal
from foundry_telemetry.local.ingest.otlp.wire_format import MetricParts, Split

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_MOST_DIGITS: Final = 20
"""Of an integer of 64 bits, with its sign."""
_IDS: Final = ("traceId", "spanId", "parentSpanId")
_KINDS: Final = ("gauge", "sum", "histogram", "exponential_histogram")
_UNREADABLE: Final = b"\xff"
"""No message of protobuf."""
_POINTS: Final = ("gauge", "sum", "histogram", "exponentialHistogram")


@dataclass(frozen=True)
class Group:
    """The items of one resource and scope, as they stand in the body."""

    resource: Any
    scope: Any
    items: Sequence[Any]


@dataclass(frozen=True)
class Encoding:
    """One of the two that OTLP has."""

    groups: Callable[[Signal, bytes], Iterator[Group]]
    """Splits a body, which is not compressed; raises `UnreadableError`."""
    read: Callable[[type[Any], Any], Any]
    """Makes the message of what stands in a group; raises any exception where it is unsound."""
    apart: Callable[[Any], Sequence[Any]]
    """Makes of a metric that cannot be read several, of which those with sound points can; none where that is
    impossible."""
    write: Callable[[Any], bytes]
    """A message as the body of an answer."""


def _of_protobuf(_: Signal, body: bytes) -> Iterator[Group]:
    try:
        split = Split.FromString(body)
    except DecodeError:
        raise UnreadableError("the body is not a valid OTLP request in protobuf") from None
    for group in split.groups:
        for scope in group.scopes:
            yield Group(group.resource, scope.scope, scope.items)


def _parsed(kind: type[Any], text: bytes) -> Any:
    return kind.FromString(text)


def _of_json(signal: Signal, body: bytes) -> Iterator[Group]:
    try:
        # What is not UTF-8 becomes a lone surrogate, and a number that nothing can hold a text: neither fits
        # into a message, so the item that has it fails, and no other.
        request = json.loads(body.decode("utf-8", "surrogateescape"), parse_int=_integer)
    except (ValueError, RecursionError):
        raise UnreadableError("the body is not valid JSON") from None
    if not isinstance(request, dict):
        raise UnreadableError("the body is not a valid OTLP request: expected a JSON object")
    for group in _members(request, signal.groups):
        for scope in _members(group, signal.scopes):
            yield Group(group.get("resource") or {}, scope.get("scope") or {}, _list(scope, signal.items))


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _members(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = _list(of, name)
    if not all(isinstance(member, dict) for member in found):
        raise UnreadableError(f"expected objects in {name}")
    return found


def _list(of: Mapping[str, Any], name: str) -> list[Any]:
    found = of.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise UnreadableError(f"expected a list in {name}")
    return found


def _converted(kind: type[Any], fields: Any) -> Any:
    return ParseDict(_as_protobuf_has_it(fields), kind(), ignore_unknown_fields=True)


def _as_protobuf_has_it(item: Any) -> Any:
    """OTLP writes ids in hex, protobuf's JSON in base64. Exemplars, which have ids too, fill no column."""
    if not isinstance(item, dict):
        raise TypeError("expected an object")
    found = _with_ids(item)
    if "links" in found:
        found["links"] = [_with_ids(link) for link in found["links"] or ()]
    for kind in _POINTS:
        if found.get(kind):
            points = [{**point, "exemplars": []} for point in found[kind].get("dataPoints") or ()]
            found[kind] = {**found[kind], "dataPoints": points}
    return found


def _with_ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: bytes.fromhex(fields[name] or "") for name in _IDS if name in fields}
    return {**fields, **{name: base64.b64encode(one).decode() for name, one in given.items()}}


def _to_protobuf(message: Any) -> bytes:
    return bytes(message.SerializeToString())


def _to_json(message: Any) -> bytes:
    return MessageToJson(message, indent=None).encode()


def _apart_in_protobuf(metric: bytes) -> Sequence[bytes]:
    """One metric with all sound points, and one that cannot be read for each other point."""
    try:
        parts = MetricParts.FromString(metric)
    except DecodeError:
        return ()
    kind = next(filter(parts.HasField, _KINDS), None)
    if kind is None:
        return ()
    points = getattr(parts, kind).points
    sound = [point for point in points if _is_sound(kind, point)]
    if len(sound) == len(points):
        # What cannot be read is what the points share.
        return [_UNREADABLE] * len(points)
    unsound = [_UNREADABLE] * (len(points) - len(sound))
    points[:] = sound
    return [parts.SerializeToString(), *unsound] if sound else unsound


def _is_sound(kind: str, point: bytes) -> bool:
    try:
        METRICS.item.FromString(MetricParts(**{kind: {"points": [point]}}).SerializeToString())
    except DecodeError:
        return False
    return True


def _apart_in_json(metric: Any) -> Sequence[Any]:
    if not isinstance(metric, dict):
        return ()
    kind = next((name for name in _POINTS if isinstance(metric.get(name), dict)), "")
    points = metric[kind].get("dataPoints") if kind else ()
    if not isinstance(points, list):
        return ()
    return [{**metric, kind: {**metric[kind], "dataPoints": [point]}} for point in points]


ENCODINGS: Final[Mapping[str, Encoding]] = {
    PROTOBUF: Encoding(groups=_of_protobuf, read=_parsed, apart=_apart_in_protobuf, write=_to_protobuf),
    JSON: Encoding(groups=_of_json, read=_converted, apart=_apart_in_json, write=_to_json),
}
"""By the type of the body."""
