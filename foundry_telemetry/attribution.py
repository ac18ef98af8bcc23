"""Who a call is made for: tags the application gives, that every record of the calls inside will carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Final, NamedTuple

from foundry_telemetry.observation import NO_TAGS

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_TAGS: Final = 8
_MAX_VALUE: Final = 128
"""Characters."""


class _Scope(NamedTuple):
    """The blocks a piece of code runs in, outermost first, and their tags merged."""

    blocks: tuple[attribute, ...]
    tags: Mapping[str, str]


_NO_SCOPE: Final = _Scope((), NO_TAGS)
_scope: ContextVar[_Scope] = ContextVar("foundry_telemetry.attribution", default=_NO_SCOPE)


class attribute:  # noqa: N801 - used as a verb: `with attribute(tenant="acme"):`
    """Tag every call made inside the block: ``with attribute(tenant="acme", feature="search"):``.

    Inner tags are added to the outer ones and win over them; an empty value takes an outer tag away. The tags
    follow the context: tasks started inside have them, other tasks and plain threads do not.

    Args:
        **tags: At most 8 in force at a time. Keys are ``[a-z][a-z0-9_]{0,31}``. Values lose what is not
            printable and are cut at 128 characters.

    Raises:
        TypeError: A value is not a string.
        ValueError: A key does not fit, or the block would have more than 8 tags.
    """

    __slots__ = ("_given",)

    def __init__(self, /, **tags: str) -> None:
        self._given = {_check_key(key): _clean(key, value) for key, value in tags.items()}

    def __enter__(self) -> None:
        scope = _merge((*_scope.get().blocks, self))
        if len(scope.tags) > _MAX_TAGS:
            raise ValueError(f"attribute(): tags {sorted(scope.tags)!r}; expected at most {_MAX_TAGS}")
        _scope.set(scope)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        # Not `ContextVar.reset`: it raises in a context other than the one entered (generator dependencies of
        # web frameworks), and when a generator ends inside a younger block of its consumer it would bring
        # the generator's tags back at the end of that block. So take out this block, wherever it is.
        blocks = _scope.get().blocks
        for index in reversed(range(len(blocks))):
            if blocks[index] is self:
                _scope.set(_merge(blocks[:index] + blocks[index + 1 :]))
                return


def current_tags() -> Mapping[str, str]:
    """Return the tags in force here, read-only; `observation.NO_TAGS` when there are none."""
    return _scope.get().tags


def _merge(blocks: tuple[attribute, ...]) -> _Scope:
    merged: dict[str, str] = {}
    for block in blocks:
        merged |= block._given  # noqa: SLF001 - its own module
    tags = {key: value for key, value in merged.items() if value}
    return _Scope(blocks, tags or NO_TAGS)


def _check_key(key: str) -> str:
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"attribute(): key {key!r}; expected {_KEY.pattern}")
    return key


def _clean(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"attribute(): {key}={value!r}; expected a string, such as {key}={str(value)!r}")
    if not value.isprintable():  # control characters, bidi marks, line separators, lone surrogates
        value = "".join(filter(str.isprintable, value))
    return value.strip()[:_MAX_VALUE]
