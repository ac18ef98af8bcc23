"""Results of the exporter's pure functions, remembered for as long as they cannot change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress, repeat
from operator import is_
from types import NoneType
from typing import Any, Final

from foundry_telemetry.azure.plain_models import SCALARS, NotPlainError, TextProperties

_MOST_SHAPES: Final = 256
"""Sets of attribute names of which is remembered what a filter keeps; then all are forgotten."""
_SHORT: Final = 4096
"""Characters of all values together, below which the exporter, which takes 8192 for each, cuts none."""

Tags = dict[str, Any]


def tags_by_resource(populate: Callable[[Any], Mapping[str, Any]]) -> Callable[[Any], Tags]:
    """The tags of a resource, made again for another one only: the attributes of a resource are frozen."""
    last: tuple[object, Tags] = (object(), {})

    def populated(resource: Any) -> Tags:
        nonlocal last
        of, tags = last
        if of is not resource:
            tags = dict(zip(map(_text, made := populate(resource)), made.values(), strict=True))
            last = (resource, tags)
        return tags.copy()

    return populated


def _text(key: str) -> str:
    """A key without the enumeration it is of."""
    return str.__str__(key)


class PlainAttributes(dict[str, Any]):
    """Attributes whose values models and JSON encoders keep as they are, and none of them ``None``."""

    __slots__ = ()


def plain_attributes(attributes: Any) -> dict[str, Any]:
    """The attributes of a span or a log record, in a dict.

    Args:
        attributes: In a form that can be copied; the SDK's own mapping takes two calls for each key.

    Raises:
        NotPlainError: A value is neither a scalar nor a sequence of scalars.
    """
    copied: dict[str, Any] = attributes.copy()
    in_order = list(map(type, copied.values()))
    kinds = set(in_order)
    if tuple in kinds:
        kinds.remove(tuple)
        for value in compress(copied.values(), map(is_, in_order, repeat(tuple))):
            kinds.update(map(type, value))
    if not kinds <= SCALARS:
        raise NotPlainError("attributes")
    return copied if NoneType in kinds else PlainAttributes(copied)


def kept_properties(filter_properties: Callable[..., Any]) -> Callable[..., Any]:
    """The exporter's choice of properties, asked once for all records with the same names of attributes.

    It is asked about a record as a whole when that has a long value, or one that is ``None``.

    Args:
        filter_properties: Takes attributes and a filter, which decides by the name alone; gives texts.
    """
    kept_by: dict[Any, tuple[str, ...]] = {}

    def filtered(attributes: Any, keep: Any = None) -> Any:
        if type(attributes) is not PlainAttributes:
            return filter_properties(attributes, keep)
        shape = (id(getattr(keep, "__code__", None)), *attributes)  # a code object would be hashed as a whole
        kept = kept_by.get(shape)
        if kept is None:
            if len(kept_by) >= _MOST_SHAPES:
                kept_by.clear()
            kept = kept_by[shape] = tuple(filter_properties(dict.fromkeys(attributes, ""), keep))
        found = TextProperties({key: str(attributes[key]) for key in kept})
        if len("".join(found.values())) > _SHORT:
            return filter_properties(attributes, keep)
        return found

    return filtered
