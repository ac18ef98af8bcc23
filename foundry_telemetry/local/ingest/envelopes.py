"""What is posted: envelopes, each checked by itself and made uniform.

*Item*: one member of a posted body. *Envelope*: an item with all fields that its kind must have. *Kind*: its
``baseType``, which decides the table. An item that fails a check is refused alone; its neighbours are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Raw

from foundry_telemetry.ingestion.items import INVALID_JSON, Refusal, injected, split
from foundry_telemetry.local.ingest import limits
from foundry_telemetry.local.ingest.column_mapping import CONTENT_KIND
from foundry_telemetry.local.ingest.envelope_schemas import Envelope, NativeEnvelope
from foundry_telemetry.local.ingest.moved_content import move_content
from foundry_telemetry.schema.content_table import CONTENT_COLUMNS


@dataclass(frozen=True)
class Texts:
    """The envelopes of one kind in the uniform shape that `row_builder` reads: JSON, in two halves."""

    fields: list[str] = field(default_factory=list)
    """Envelopes without their properties."""
    properties: list[str] = field(default_factory=list)
    """Of the same envelopes, in the same order."""

    def add(self, fields: object, properties: Mapping[str, Any]) -> None:
        """Add an envelope; it is kept as text alone, so that at most one at a time is more than that."""
        self.fields.append(_ENCODER.encode(fields).decode())
        self.properties.append(_ENCODER.encode(properties).decode())

    @property
    def size(self) -> int:
        """Characters in all."""
        return sum(map(len, self.fields)) + sum(map(len, self.properties))


@dataclass(frozen=True)
class Batch:
    """A posted body, read."""

    received: int
    """Items in the body."""
    texts: Mapping[str, Texts]
    """By kind."""
    refusals: tuple[Refusal, ...]
    cut: int = 0
    """Values that were cut to Azure's limits."""

    @property
    def accepted(self) -> int:
        """Envelopes in `texts`."""
        return self.received - len(self.refusals)

    @cached_property
    def size(self) -> int:
        """Characters in `texts`."""
        return sum(texts.size for texts in self.texts.values())


_READ: Final = msgspec.json.Decoder(Envelope)
_READ_NATIVE: Final = msgspec.json.Decoder(NativeEnvelope)
_ENCODER: Final = msgspec.json.Encoder()


def read_batch(
    body: bytes, key: str, errors: Mapping[int, int] = MappingProxyType({}), *, is_native: bool = False
) -> Batch:
    """Check every item of a posted body.

    Args:
        body: A JSON array of items, or one item a line.
        key: The instrumentation key that items must carry.
        errors: Place of an item to the status it is refused with, whatever it is.
        is_native: Whether the items are `NativeEnvelope`.

    Raises:
        UnreadableError: It is neither, or it has more than `MOST_ITEMS`.
    """
    items = split(body)
    decoder = _READ_NATIVE if is_native else _READ
    found: defaultdict[str, Texts] = defaultdict(Texts)
    refusals = []
    cut = 0
    for index, item in enumerate(items):
        if index in errors:
            refusals.append(injected(index, errors[index]))
            continue
        try:
            envelope, values = _read(item, key, decoder)
        except ValueError as error:
            refusals.append(Refusal(index, str(error)))
        else:
            cut += values
            if (moved := move_content(envelope)) is not None:
                found[CONTENT_KIND].add(*moved)
            base = envelope.data.base_data
            properties, base.properties = base.properties, {}  # and so it is omitted from the first half
            found[envelope.kind].add(envelope, properties)
    return Batch(received=len(items), texts=found, refusals=tuple(refusals), cut=cut)


def _read(item: Raw, key: str, decoder: msgspec.json.Decoder[Any]) -> tuple[Envelope, int]:
    """An item, and how many of its values were cut."""
    cut = 0
    try:
        try:
            envelope: Envelope = decoder.decode(item)
        except msgspec.ValidationError:
            if decoder is _READ_NATIVE:
                raise
            envelope, cut = _read_loosely(item)
    except msgspec.ValidationError:
        raise
    except INVALID_JSON as error:
        raise ValueError(f"invalid JSON: {error}") from None
    if envelope.key != key and envelope.key.lower() != key:
        raise ValueError("Invalid instrumentation key")
    envelope.key = key
    envelope.size = len(memoryview(item))
    if envelope.time.utcoffset():
        try:
            envelope.time = envelope.time.astimezone(UTC)
        except OverflowError:
            raise ValueError("a time before the year 1 or after 9999 in UTC") from None
    return envelope, cut


def _read_loosely(item: Raw) -> tuple[Envelope, int]:
    """Read what does not fit: nulls for what is unknown, properties that are no text yet, too long values."""
    fields = _without_nulls(msgspec.json.decode(item))
    data = fields["data"] = _without_nulls(fields.get("data"))
    base = data["baseData"] = _without_nulls(data.get("baseData"))
    fields["tags"] = {name: _text(value) for name, value in _without_nulls(fields.get("tags")).items()}
    base["properties"] = {
        name: _text(value) for name, value in _without_nulls(base.get("properties")).items()
    }
    cut = limits.cut(base)
    # Content may be longer than other values, and moves to its own table.
    content = {name: base["properties"].pop(name) for name in CONTENT_COLUMNS if name in base["properties"]}
    envelope = msgspec.convert(fields, Envelope)
    envelope.data.base_data.properties.update(content)
    return envelope, cut


def _without_nulls(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"expected an object in place of {type(value).__name__}")  # noqa: TRY004 - the item's
    return {name: field for name, field in value.items() if field is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
