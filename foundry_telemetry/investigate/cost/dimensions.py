"""By what a bill can be split: each dimension as an expression of KQL over an attempt.

To add a dimension, add a row.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from foundry_telemetry.kql.literals import literal
from foundry_telemetry.schema.value import TAG_PREFIX

UNKNOWN: Final = "(unknown)"
"""Of attempts that did not report a value."""
OTHER: Final = "(other)"
"""Of all rows that an answer has no room for."""
EVERY_TAG: Final = "tag"
MOST: Final = 2
"""Dimensions at once."""

_TAG: Final = re.compile(r"tag[.:]([a-z][a-z0-9_]{0,31})")


class Dimension(Struct, frozen=True):
    """One way to split."""

    name: str
    """As JSON has it: ``deployment``, ``tag.tenant``."""
    kql: str
    """Text; empty where the attempt reported no value. `at` is the time of the attempt."""
    is_time: bool = False


ATTRIBUTES: Final = {
    "deployment": "deployment",
    "model": "model",
    "service": "AppRoleName",
    "version": "AppVersion",
    "operation": "operation",
}
TIMES: Final = {
    "hour": "format_datetime(bin(at, 1h), 'yyyy-MM-dd HH:mm')",
    "day": "format_datetime(at, 'yyyy-MM-dd')",
    "month": "format_datetime(at, 'yyyy-MM')",
}
NAMES: Final = ("deployment", "model", "service", "tag", "version", "operation", "hour", "day", "month")
EXPECTED: Final = (
    "expected deployment, model, service, tag (every tag), tag.<key>, version, operation, hour, day "
    "or month; example: --by tag.tenant"
)

UNITS: Final = ("service", "deployment", "model")
"""By which a change is always split."""
EXPECTED_OF_CHANGE: Final = (
    "expected service (it splits by service, deployment and model, and by no tag), or tag.<key>; "
    "example: --why --by tag.tenant"
)


def read(text: str) -> Dimension:
    """The dimension of a name.

    Raises:
        ValueError: It is none.
    """
    if text in ATTRIBUTES:
        return Dimension(text, ATTRIBUTES[text])
    if text in TIMES:
        return Dimension(text, TIMES[text], is_time=True)
    if text == EVERY_TAG:
        return Dimension(EVERY_TAG, "")
    found = _TAG.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r}: {EXPECTED}")
    return tag(found[1])


def tag(key: str) -> Dimension:
    """The dimension of a tag; its key is checked before."""
    return Dimension(f"tag.{key}", f"tostring(Properties[{literal(TAG_PREFIX + key)}])")


def of_change(texts: tuple[str, ...]) -> str | None:
    """By what a change is split: by service, deployment and model, or by a tag as well; by default as fits.

    Args:
        texts: What `--by` was given; none, and ``tag``, are the default.

    Raises:
        ValueError: It is another dimension, or there is more than one.
    """
    if not texts or texts == (EVERY_TAG,):
        return None
    if len(texts) == 1 and texts[0] in UNITS:
        return UNITS[0]
    if len(texts) == 1 and _TAG.fullmatch(texts[0]):
        return read(texts[0]).name
    raise ValueError(f"{' and '.join(map(repr, texts))} with --why: {EXPECTED_OF_CHANGE}")


def read_all(texts: tuple[str, ...]) -> tuple[Dimension, ...]:
    """The dimensions of one split: one or two.

    Raises:
        ValueError: One is none, there are more than two, or ``tag`` stands beside another.
    """
    found = tuple(dict.fromkeys(map(read, texts)))
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"{len(found)} dimensions: expected one or two; example: --by day --by tag.tenant")
    if len(found) > 1 and any(one.name == EVERY_TAG for one in found):
        raise ValueError("'tag' beside another dimension: expected tag.<key>; example: --by tag.tenant")
    return found
