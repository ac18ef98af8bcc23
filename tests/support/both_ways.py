"""One record, converted by an exporter as `configure` sets it up and by the same exporter unchanged.

The rows are compared with the named omissions put back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from types import MethodType
from typing import Any, Final

from foundry_telemetry.azure.exporter_rules import LOG, POINT, RESOURCE, SPAN, SPAN_EVENTS
from foundry_telemetry.azure.plain_models import PlainModel
from foundry_telemetry.azure.request_bodies import encode, own_encoder
from tests.support.omitted import whole

CONVERSIONS = (SPAN, SPAN_EVENTS, RESOURCE, LOG, POINT)


class UnequalError(AssertionError):
    """The two differ; the message has both."""


def assert_same(exporter: Any, name: str, *record: Any) -> Any:
    """What the exporter makes of a record, once it is what the unchanged exporter makes of it.

    Args:
        exporter: Set up by `row_building.speed_up`.
        name: Of the method that converts.
        *record: Its arguments.

    Raises:
        UnequalError: The unchanged exporter makes something else of it: another row as it is sent, or as it
            is kept on disk, another text in a log line, or another exception.
    """
    ours = _outcome(getattr(exporter, name), *record)
    theirs = _outcome(MethodType(getattr(type(exporter), name), exporter), *record)
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        if repr(ours) != repr(theirs):
            raise UnequalError(f"{ours!r}\nand unchanged\n{theirs!r}")
        return ours
    for one, other in zip(_listed(ours), _listed(theirs), strict=True):
        _compare(whole(one, record[0]), other, own_encoder(exporter.client))
    return ours


def is_plain(made: Any) -> bool:
    """Whether all of what a conversion made is made of plain models."""
    return all(isinstance(envelope, PlainModel) for envelope in _listed(made))


found: Final[list[UnequalError]] = []
"""What `watch` found; an exporter, or the thread that it runs in, would swallow an exception."""


def watch(exporters: Iterable[Any]) -> None:
    """Let exporters of `configure` convert whatever they export both ways.

    Raises:
        ValueError: One of them is unchanged itself.
    """
    for exporter in exporters:
        names = [name for name in CONVERSIONS if name in vars(exporter)]
        if not names:
            raise ValueError(f"{exporter} is as it was")
        for name in names:
            setattr(exporter, name, _checked(exporter, name, getattr(exporter, name)))


def raise_found() -> None:
    """Raise the first of what was found to be unequal."""
    if found:
        raise found[0]


def _checked(exporter: Any, name: str, fast: Callable[..., Any]) -> Callable[..., Any]:
    def call(*record: Any) -> Any:
        made = fast(*record)
        unchanged = MethodType(getattr(type(exporter), name), exporter)(*record)
        try:
            for one, other in zip(_listed(made), _listed(unchanged), strict=True):
                _compare(whole(one, record[0]), other, own_encoder(exporter.client))
        except UnequalError as error:
            found.append(error)
        if not is_plain(made):
            found.append(UnequalError(f"not on plain models: {made!r}"))
        return made

    return call


def _compare(one: Any, other: Any, encoder: type[json.JSONEncoder]) -> None:
    pairs = (
        (_outcome(encode, [one], encoder), _outcome(_encoded, other, encoder)),
        (_outcome(_dumped, one.as_dict()), _outcome(_dumped, other.as_dict())),
        ("".join(sorted(str(one))), "".join(sorted(str(other)))),  # a log line; the order of fields is free
    )
    for ours, theirs in pairs:
        if _normal(ours) != _normal(theirs):
            raise UnequalError(f"{ours!r}\nand unchanged\n{theirs!r}")


def _encoded(envelope: Any, encoder: type[json.JSONEncoder]) -> bytes:
    """As the exporter's client does it."""
    return json.dumps([envelope], cls=encoder, exclude_readonly=True).encode()


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _normal(outcome: Any) -> str:
    """JSON with its keys in order; 1 and 1.0 differ, and NaN is like NaN."""
    if not isinstance(outcome, bytes):
        return repr(outcome)
    return json.dumps(json.loads(outcome), sort_keys=True)


def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        return error


def _listed(made: Any) -> list[Any]:
    if made is None:
        return []
    return list(made) if isinstance(made, list) else [made]
