"""The facts of a report as records: what its ``--json`` has, each object of a list a record of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.mcp.answers import Record

_LONGEST: int = 4_000
"""Characters of a text of our own, such as the block for support."""


def records(
    name: str, value: Mapping[str, Any], numbers: Mapping[str, int] | None = None
) -> Iterator[Record]:
    """An object as records, itself first.

    Args:
        name: What it is.
        value: What JSON can hold.
        numbers: By list, which of its objects this is in.
    """
    ids = dict(numbers or {})
    own, inner = _divided(value)
    yield {"record": name, **ids, **own}
    for path, many in inner.items():
        for number, one in enumerate(many, 1):
            yield from records(f"{name}.{path}", one, {**ids, path: number})


def harmless(value: Any) -> Any:
    """The same with every text `plain`, whoever wrote it; lines stay lines."""
    if isinstance(value, str):
        return "\n".join(plain(line, _LONGEST) for line in value.split("\n"))
    if isinstance(value, Mapping):
        return {plain(str(name)): harmless(one) for name, one in value.items()}
    return [harmless(one) for one in value] if isinstance(value, list | tuple) else value


def _divided(value: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Mapping[str, Any]]]]:
    """What stays in a record, and the lists of objects in it, by path."""
    own: dict[str, Any] = {}
    inner: dict[str, list[Mapping[str, Any]]] = {}
    for name, one in value.items():
        if _is_of_objects(one):
            inner[name] = list(one)
        elif isinstance(one, Mapping):
            own[name], deeper = _divided(one)
            inner |= {f"{name}.{path}": many for path, many in deeper.items()}
        elif one not in ([], (), None):
            own[name] = one
    return own, inner


def _is_of_objects(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)
