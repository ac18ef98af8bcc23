"""What a tag may be, which values are hashed, and which tags go on metrics."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_VALUE: Final = 128
"""Characters."""
_DIGEST_BYTES: Final = 8
"""Of a hashed value: 16 hex digits. Two of a million people share one with a chance of 1 in 37 million."""
MAX_HASH_KEY: Final = 64
"""Bytes, of blake2b."""

PERSONAL: Final = frozenset({
    "customer_email", "email", "end_user", "login", "upn", "user", "user_email", "user_id", "user_name",
    "username",
})  # fmt: skip
"""Keys whose values name a person; they are hashed unless the application says otherwise."""


class TagSettings(Struct, frozen=True, gc=False):
    """What `set_tags` was given."""

    on_metrics: tuple[str, ...] = ()
    hashed: frozenset[str] = PERSONAL
    hash_key: bytes = b""


_AT_START: Final = TagSettings()
_settings = _AT_START


def set_tags(*, on_metrics: Iterable[str] = (), hashed: Iterable[str] = PERSONAL, hash_key: str = "") -> None:
    """Say how tags are treated from now on; what is not given is as it was at the start.

    Args:
        on_metrics: Keys whose values go on metrics too. Each takes at most 50 values there, all together 200
            combinations; further ones become ``other``. The ledger keeps them all.
        hashed: Keys whose values are recorded as 16 hex digits of a keyed hash; by default those that name a
            person: ``user``, ``email``, … An empty one lets all values through as they are.
        hash_key: Keeps others from finding a value by hashing guesses; at most 64 bytes. With the same key
            all processes record the same hash.

    Raises:
        TypeError: A key is no string, or one string stands for a sequence of keys.
        ValueError: A key does not fit ``[a-z][a-z0-9_]{0,31}``, or `hash_key` is too long.
    """
    global _settings  # noqa: PLW0603 - one assignment swaps all of it, so readers need no lock
    if len(hash_key.encode()) > MAX_HASH_KEY:
        raise ValueError(
            f"set_tags(): hash_key of {len(hash_key.encode())} bytes; expected {MAX_HASH_KEY} at most"
        )
    _settings = TagSettings(
        on_metrics=tuple(dict.fromkeys(_keys("on_metrics", on_metrics))),
        hashed=frozenset(_keys("hashed", hashed)),
        hash_key=hash_key.encode(),
    )


def is_untouched() -> bool:
    """Whether nothing was set so far."""
    return _settings is _AT_START


def metric_tags() -> tuple[str, ...]:
    """The keys of the tags that go on metrics."""
    return _settings.on_metrics


def check_key(key: str) -> str:
    """`key`, if it is one.

    Raises:
        ValueError: It is none.
    """
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"attribute(): key {key!r}; expected {_KEY.pattern}")
    return key


def clean(key: str, value: object) -> str:
    """What is recorded of a value: printable, short, and hashed where it names a person.

    Raises:
        TypeError: It is no string.
    """
    if not isinstance(value, str):
        raise TypeError(f"attribute(): {key}={value!r}; expected a string, such as {key}={str(value)!r}")
    if not value.isprintable():  # control characters, bidi marks, line separators, lone surrogates
        value = "".join(filter(str.isprintable, value))
    value = value.strip()
    if value and key in _settings.hashed:
        return hashlib.blake2b(
            value.encode(), digest_size=_DIGEST_BYTES, key=_settings.hash_key, person=b"foundry.tag"
        ).hexdigest()
    return value[:_MAX_VALUE]


def _keys(what: str, keys: Iterable[str]) -> list[str]:
    if isinstance(keys, str) or not isinstance(keys, Iterable):
        raise TypeError(f"set_tags(): {what}={keys!r}; expected a sequence of keys, such as ('tenant',)")
    found = list(keys)
    for key in found:
        if not isinstance(key, str):
            raise TypeError(f"set_tags(): {what} has {key!r}; expected strings")
        if _KEY.fullmatch(key) is None:
            raise ValueError(f"set_tags(): {what} has {key!r}; expected {_KEY.pattern}")
    return found
