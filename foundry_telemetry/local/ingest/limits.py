"""What Azure cuts: too long a value loses its end, and a property with too long a name is left out.

The limits are those of the service, and of the exporter, which cuts before it sends; other senders may not.
The schemas have them as well, so that what reads an item finds out whether anything is too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foundry_telemetry.schema.content_table import CONTENT_COLUMNS

KEY: Final = 150
"""Characters of a property's name."""
VALUE: Final = 8_192
"""Of a property's value, and of what a dependency was called with."""
NAME: Final = 1_024
"""Of names, types, targets and codes."""
URL: Final = 2_048
MESSAGE: Final = 32_768
"""Of a message, and of a stack."""
CONTENT: Final = 262_144
"""Of the values that Azure moves to a table of their own."""

FIELDS: Final[Mapping[str, int]] = {
    "name": NAME,
    "type": NAME,
    "target": NAME,
    "source": NAME,
    "resultCode": NAME,
    "responseCode": NAME,
    "data": VALUE,
    "url": URL,
    "message": MESSAGE,
}
_PARTS: Final[Mapping[str, Mapping[str, int]]] = {
    "exceptions": {"message": MESSAGE, "stack": MESSAGE},
    "metrics": {"name": NAME},
}
"""Lists of objects, and what of these is limited."""


def cut(base: dict[str, Any]) -> int:
    """Cut what is too long.

    Args:
        base: The ``baseData`` of an item, with properties that are texts.

    Returns:
        How many values were cut or left out.
    """
    found = _cut_fields(base, FIELDS) + _cut_properties(base["properties"])
    for name, limits in _PARTS.items():
        parts = base.get(name)
        for part in parts if isinstance(parts, list) else ():
            found += _cut_fields(part, limits) if isinstance(part, dict) else 0
    return found


def _cut_fields(fields: dict[str, Any], limits: Mapping[str, int]) -> int:
    found = 0
    for name, limit in limits.items():
        value = fields.get(name)
        if isinstance(value, str) and len(value) > limit:
            fields[name] = value[:limit]
            found += 1
    return found


def _cut_properties(properties: dict[str, str]) -> int:
    found = 0
    for name, value in list(properties.items()):
        limit = CONTENT if name in CONTENT_COLUMNS else VALUE
        if len(name) > KEY:
            del properties[name]
        elif len(value) > limit:
            properties[name] = value[:limit]
        else:
            continue
        found += 1
    return found
