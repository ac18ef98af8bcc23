"""The functions of Azure's templates that ours use, each as Azure answers it.

Documented in "ARM template functions"; ``guid`` is the name-based UUID of its texts joined by hyphens.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

GUID_NAMESPACE: Final = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""Azure's own, for ``guid``."""

_UNIQUE: Final = 13
"""Characters of ``uniqueString``."""


@dataclass(frozen=True)
class Function:
    """One function."""

    least: int
    """Arguments it takes at least."""
    most: int | None
    """At most; ``None`` for any number."""
    run: Callable[..., Any]


def _create_object(*reported: Any) -> dict[str, Any]:
    return dict(zip(reported[::2], reported[1::2], strict=True))


def _format(pattern: str, *reported: Any) -> str:
    places = re.sub(r"\{(\d+)\}", lambda match: string(reported[int(match[1])]), pattern.replace("{{", "\0{"))
    return places.replace("\0{", "{").replace("}}", "}")


def _union(*reported: dict[str, Any]) -> dict[str, Any]:
    """Of flat objects."""
    return {key: value for one in reported for key, value in one.items()}


def _unique_string(*reported: str) -> str:
    """Not Azure's hash, which is not published, but as long and of the same letters."""
    digest = hashlib.sha256("-".join(reported).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_UNIQUE]


def _concat(*reported: Any) -> Any:
    return [*chain(*reported)] if isinstance(reported[0], list) else "".join(map(string, reported))


def string(value: Any) -> str:
    """A value as text: JSON, unless it is a text already."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "and": Function(2, None, lambda *reported: all(reported)),
    "concat": Function(1, None, _concat),
    "createArray": Function(0, None, lambda *reported: list(reported)),
    "createObject": Function(0, None, _create_object),
    "empty": Function(1, 1, lambda value: not value),
    "equals": Function(2, 2, lambda left, right: left == right),
    "format": Function(2, None, _format),
    "greater": Function(2, 2, lambda left, right: left > right),
    "guid": Function(1, None, lambda *reported: str(uuid5(GUID_NAMESPACE, "-".join(reported)))),
    "join": Function(2, 2, lambda reported, between: between.join(reported)),
    "max": Function(1, None, max),
    "not": Function(1, 1, lambda value: not value),
    "replace": Function(3, 3, lambda text, old, new: text.replace(old, new)),
    "string": Function(1, 1, string),
    "union": Function(2, None, _union),
    "uniqueString": Function(1, None, _unique_string),
    "uriComponent": Function(1, 1, lambda text: quote(text, safe="")),
}
"""Those that need nothing but their arguments."""

SCOPED: Final[Mapping[str, tuple[int, int | None]]] = {
    "environment": (0, 0),
    "if": (3, 3),
    "parameters": (1, 1),
    "reference": (2, 2),
    "resourceGroup": (0, 0),
    "resourceId": (2, None),
    "variables": (1, 1),
}
"""Those that ask where they stand: how many arguments at least and at most."""


def arity(name: str) -> tuple[int, int | None] | None:
    """How many arguments a function takes at least and at most; ``None`` where there is no such function."""
    known = FUNCTIONS.get(name)
    return (known.least, known.most) if known else SCOPED.get(name)
