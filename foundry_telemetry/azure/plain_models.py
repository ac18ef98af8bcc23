"""The exporter's models without their conversions.

The exporter's generated models convert a value when it is set, and again whenever it is read; that is most of
what an export costs. A *plain model* has the fields and wire names of one of them, derived from it, and keeps
values as they are. When it is finished it has none that its model would have converted: `NotPlainError` means
that this record needs the exporter's own models.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from math import isfinite
from operator import attrgetter
from types import NoneType
from typing import Any, ClassVar, Final

import msgspec

SCALARS: Final = frozenset({str, int, float, bool, NoneType})
"""Types whose values models, and all JSON encoders, keep as they are."""

_NUMBERS: Final = frozenset({float, int, bool})
_TEXTS: Final = frozenset({str, NoneType})


class NotPlainError(Exception):
    """A value that the exporter's model would convert, or that JSON encoders write differently."""


class TextProperties(dict[str, str]):
    """Properties that are known to be texts."""

    __slots__ = ()


class PlainModel(msgspec.Struct):
    """Base of all plain models. An attribute that was not set is ``None``, and neither is sent."""

    _wire_names: ClassVar[Mapping[str, str]]
    """Attribute: name in JSON."""
    _read_only: ClassVar[Mapping[str, str]]
    """What the model writes to disk and to log lines, by name in JSON, but does not send."""
    _read_texts: ClassVar[Callable[[Any], tuple[Any, ...]]]
    """Gives the attributes that the model reads as text, whatever they were set to."""
    _read_others: ClassVar[Callable[[Any], tuple[Any, ...]]]
    """Gives the rest."""
    _times: ClassVar[tuple[str, ...]]
    """Attributes that are points in time."""
    _tag_keys: ClassVar[Mapping[str, Any]]
    """Keys of tags, and what stands for them in log lines."""

    def __repr__(self) -> str:
        shown = {
            name: {self._tag_keys.get(key, key): one for key, one in value.items()}
            if name == "tags"
            else value
            for name, value in self._items()
        }
        return repr(shown)

    def as_dict(self, *, exclude_readonly: bool = False) -> dict[str, Any]:
        """As the model's: what is kept on disk, in JSON's types."""
        return {
            name: _as_dict(value, exclude_readonly)
            for name, value in self._items()
            if not (exclude_readonly and name in self._read_only)
        }

    def finish(self) -> None:
        """Check all that was set, also in models below.

        Raises:
            NotPlainError: Something is not plain, so not what the model would make of it.
        """
        cls = type(self)
        for name in cls._times:
            setattr(self, name, _utc_text(getattr(self, name)))
        if not set(map(type, cls._read_texts(self))) <= _TEXTS:
            raise NotPlainError(cls.__name__)
        for value in cls._read_others(self):
            if value is not None:
                _check(value)

    def _items(self) -> Iterator[tuple[str, Any]]:
        for name, wire in self._wire_names.items():
            value = getattr(self, name)
            if value is not None:
                yield wire, value
        yield from self._read_only.items()


def _utc_text(moment: Any) -> Any:
    if type(moment) is not datetime:
        return moment
    if moment.tzinfo is not UTC:
        raise NotPlainError("time")
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _check(value: Any) -> None:
    kind = type(value)
    if kind in SCALARS:
        if kind is float and not isfinite(value):
            raise NotPlainError("float")
    elif kind is TextProperties:
        return
    elif kind is dict:
        _check_dict(value)
    elif _is_plain(kind):
        value.finish()
    elif kind is list:
        for one in value:
            _check(one)
    else:
        raise NotPlainError(kind.__name__)


def _is_plain(kind: type) -> bool:
    """`isinstance` would ask the metaclass, which costs more than all the rest."""
    return kind.__base__ is PlainModel


def _check_dict(values: dict[Any, Any]) -> None:
    kinds = set(map(type, values.values()))
    if not kinds <= SCALARS:
        raise NotPlainError("dict")
    if float in kinds and not (kinds <= _NUMBERS and isfinite(sum(values.values()))):
        raise NotPlainError("float")


def _as_dict(value: Any, exclude_readonly: bool) -> Any:  # noqa: FBT001
    if _is_plain(type(value)):
        return value.as_dict(exclude_readonly=exclude_readonly)
    if type(value) is list:
        return [_as_dict(one, exclude_readonly) for one in value]
    return dict(value) if isinstance(value, dict) else value


@cache
def plain_model_of(model: Any, tag_keys: Any) -> type[PlainModel]:
    """The plain model with the fields of a model.

    Args:
        model: A class of the exporter's generated models.
        tag_keys: The exporter's enumeration of keys of tags.

    Raises:
        AttributeError, KeyError, TypeError: Models are made in another way than we know.
    """
    presets = model().as_dict()
    fields = model._attr_to_rest_field  # noqa: SLF001 - complete once there was an instance
    annotations = dict(_annotations(model))
    read_only = {field._rest_name for field in fields.values() if _is_read_only(field)}  # noqa: SLF001
    names = {name: field._rest_name for name, field in fields.items()}  # noqa: SLF001
    wire_names = {name: wire for name, wire in names.items() if wire not in read_only}
    if presets.keys() - read_only:
        raise TypeError(f"{model.__name__} sets {sorted(presets)}")
    made: Any = msgspec.defstruct(
        model.__name__,
        [(name, Any, None) for name in wire_names],
        bases=(PlainModel,),
        module=__name__,
        kw_only=True,
        omit_defaults=True,
        rename=wire_names,
        namespace={
            "_wire_names": wire_names,
            "_read_only": presets,
            "_read_texts": _reader(name for name in wire_names if _is_text(annotations[name])),
            "_read_others": _reader(name for name in wire_names if not _is_text(annotations[name])),
            "_times": tuple(name for name in wire_names if annotations[name] is datetime),
            "_tag_keys": {key.value: key for key in tag_keys},
        },
    )
    plain: type[PlainModel] = made
    return plain


def _reader(names: typing.Iterable[str]) -> Any:
    """What reads these attributes of a model into a tuple."""
    names = tuple(names)
    if len(names) > 1:
        return staticmethod(attrgetter(*names))
    if not names:
        return staticmethod(lambda _: ())
    read = attrgetter(*names)
    return staticmethod(lambda model: (read(model),))


def _annotations(model: Any) -> Iterator[tuple[str, Any]]:
    for cls in reversed(model.__mro__):
        yield from vars(cls).get("__annotations__", {}).items()


def _is_text(annotation: Any) -> bool:
    return annotation is str or set(typing.get_args(annotation)) == {str, NoneType}


def _is_read_only(field: Any) -> bool:
    visibility: list[str] | None = field._visibility  # noqa: SLF001 - no public API
    return visibility == ["read"]
