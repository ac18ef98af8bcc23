"""The filters of the commands: which attempts are looked at, as a predicate of KQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate import texts
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange
from foundry_telemetry.schema.value import TAG_PREFIX

_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
"""More than ``attribute()`` takes: others may write to the ledger too."""
_MOST: Final = 256
"""Characters of a value."""


def is_key(text: str) -> bool:
    """Whether a tag can have this key."""
    return _KEY.fullmatch(text) is not None


class FilterError(ValueError):
    """A filter that is none; the message says what would be one."""


class Filters(Struct, frozen=True, kw_only=True):
    """What attempts must have: one value of each kind that is given; of tags, one of each key."""

    services: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    """Keys and values."""

    def __post_init__(self) -> None:
        for key, _ in self.tags:
            if not is_key(key):
                raise FilterError(texts.NOT_A_KEY.format(key=key))
        for name, value in self._named():
            if not value or len(value) > _MOST or not value.isprintable():
                raise FilterError(texts.NOT_A_VALUE.format(value=value[:_MOST], name=name))

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Dimension and value of each, for a report."""
        return tuple(self._named())

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from (("service", value) for value in self.services)
        yield from (("deployment", value) for value in self.deployments)
        yield from (("model", value) for value in self.models)
        yield from ((texts.TAG.format(key=key), value) for key, value in self.tags)


def kql(filters: Filters, within: TimeRange) -> str:
    """A predicate over the columns of ``foundry_attempts``; ``true`` where there is no filter.

    An attempt that failed before the response named a model counts for the models that its deployment served
    in a time: else a filter of models would hide failures.

    Args:
        filters: What is asked for.
        within: The whole time that is looked at, baseline included.
    """
    parts = [
        *_one_of("AppRoleName", filters.services),
        *_one_of("deployment", filters.deployments),
        *_of_models(filters.models, within),
    ]
    for key in dict.fromkeys(key for key, _ in filters.tags):
        column = f"tostring(Properties[{literal(TAG_PREFIX + key)}])"
        parts += _one_of(column, (value for name, value in filters.tags if name == key))
    return " and ".join(parts) or "true"


def _one_of(column: str, values: Iterable[str]) -> list[str]:
    listed = ", ".join(map(literal, values))
    return [f"{column} in ({listed})"] if listed else []


def _of_models(models: tuple[str, ...], within: TimeRange) -> list[str]:
    start, end = (f"datetime({one:%Y-%m-%dT%H:%M:%S.%fZ})" for one in (within.start, within.end))
    return [
        f"({named} or (isempty(model) and deployment in ((foundry_attempts "
        f"| where TimeGenerated >= {start} and TimeGenerated < {end} and {named} | distinct deployment))))"
        for named in _one_of("model", models)
    ]
