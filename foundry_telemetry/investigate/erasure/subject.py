"""Whose content is meant."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from foundry_telemetry.attribution.tags import PERSONAL, clean
from foundry_telemetry.investigate.erasure import texts
from foundry_telemetry.investigate.ticket.ids import IdError, read_id
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.schema.field_table import CALL_ID
from foundry_telemetry.schema.value import TAG_PREFIX

_TENANT: Final = "tenant"
_HASH: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_CALLS: Final = ("call id", "support code")


class SubjectError(ValueError):
    """No subject, or more than one; the message says what would be one."""


class Subject(Struct, frozen=True):
    """Whose content is meant."""

    name: str
    """As it is shown: never the name of a person."""
    scope: str
    """A predicate over AppEvents."""


def read_subject(tenant: str | None, user: str | None, call: str | None) -> Subject:
    """The one that is given.

    A user may be given as in `attribute()`, or as the hash that the records have. It is hashed here as there,
    so the settings and the key of the service are needed.

    Raises:
        SubjectError: Not exactly one is given, or what is given is none.
    """
    given = {"tenant": tenant, "user": user, "call": call}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise SubjectError(texts.ONE_SUBJECT)
    if call is not None:
        return _call(call)
    return _tagged((_TENANT,), tenant) if tenant is not None else _tagged(tuple(sorted(PERSONAL)), user or "")


def _call(text: str) -> Subject:
    try:
        identity = read_id(text)
    except IdError as error:
        raise SubjectError(str(error)) from error
    if identity.kind not in _CALLS:
        raise SubjectError(texts.NOT_A_CALL.format(kind=identity.kind))
    scope = f"tostring(Properties[{literal(CALL_ID)}]) startswith {literal(identity.value)}"
    return Subject(texts.CALL.format(call=identity.shown), scope)


def _tagged(keys: tuple[str, ...], value: str) -> Subject:
    values = {key: _recorded(key, value) for key in keys}
    shown = sorted({one for listed in values.values() for one in listed})
    if not shown:
        raise SubjectError(texts.EMPTY.format(key=keys[0]))
    parts = [
        f"tostring(Properties[{literal(TAG_PREFIX + key)}]) in ({', '.join(map(literal, listed))})"
        for key, listed in values.items()
    ]
    label = texts.TENANT if keys == (_TENANT,) else texts.USER
    return Subject(label.format(values=", ".join(shown)), f"({' or '.join(parts)})")


def _recorded(key: str, value: str) -> list[str]:
    """As the records have it; a hash is taken as it is as well."""
    found = clean(key, value)
    return [one for one in dict.fromkeys((found, value if _HASH.fullmatch(value) else "")) if one]
