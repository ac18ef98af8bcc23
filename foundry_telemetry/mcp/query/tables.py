"""What a query can read: the ledger, its metrics and the spans around it, each without what can hold content.

A query never sees a table itself but one narrowed here: of named columns, of our own events alone, and with
those properties alone that it names, which are tags and fields of the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from foundry_telemetry.kql import compose, files, roads
from foundry_telemetry.schema.field_table import COLUMNS
from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.schema.value import EVENT_NAME, TAG_PREFIX

OWN_PREFIX: Final = "foundry_telemetry_"
"""Of the names of narrowed tables."""
PROPERTIES: Final = "Properties"

_TAG: Final = re.compile(rf"{re.escape(TAG_PREFIX)}[A-Za-z0-9_.-]{{1,64}}", re.ASCII)
_WHERE: Final = "TimeGenerated, OperationId, ParentId, AppRoleName, AppRoleInstance, AppVersion"


class Table(NamedTuple):
    """One that a query can name."""

    meaning: str
    rows: str
    """KQL of what it is made of."""
    columns: tuple[str, ...]
    """Those it has; for the typed view besides those of its fields."""
    has_properties: bool = False


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


TABLES: Final[Mapping[str, Table]] = {
    files.VIEW: Table(
        "every attempt on the wire, one row each: the ledger with its columns named and cast",
        files.VIEW,
        (*(name for name in roads.TAKEN_OVER if name != PROPERTIES), *(row.column for row in COLUMNS)),
        has_properties=True,
    ),
    "AppEvents": Table(
        "the raw events of the ledger",
        f'AppEvents | where Name == "{EVENT_NAME}"',
        _columns(f"{_WHERE}, Name, ItemCount"),
        has_properties=True,
    ),
    "AppMetrics": Table(
        "metrics of foundry_telemetry",
        'AppMetrics | where Name startswith "foundry."',
        _columns("TimeGenerated, AppRoleName, AppRoleInstance, AppVersion, Name, Sum, Min, Max, ItemCount"),
        has_properties=True,
    ),
    "AppRequests": Table(
        "requests that services answered, without addresses",
        "AppRequests",
        _columns(f"{_WHERE}, Id, Name, ResultCode, Success, DurationMs, ItemCount"),
    ),
    "AppDependencies": Table(
        "calls that services made, without addresses",
        "AppDependencies",
        _columns(f"{_WHERE}, Id, Name, DependencyType, Target, ResultCode, Success, DurationMs, ItemCount"),
    ),
    "AppExceptions": Table(
        "exceptions, without their messages",
        "AppExceptions",
        _columns(f"{_WHERE}, ExceptionType, ProblemId, ItemCount"),
    ),
}
"""By the name that a query uses."""

_FIELDS: Final = frozenset(row.name for row in INVENTORY if row.kind == "field")


def is_readable_key(key: str) -> bool:
    """Whether a query may read a property."""
    return key in _FIELDS or _TAG.fullmatch(key) is not None


def prefix(names: Iterable[str], keys: Iterable[str]) -> str:
    """KQL that defines narrowed tables.

    Args:
        names: Of `TABLES`.
        keys: The properties to keep, each let through by `is_readable_key`.
    """
    named = tuple(names)
    lets = [_narrowed(name, TABLES[name], tuple(keys)) for name in named]
    return "\n".join([compose.view_text(), *lets] if files.VIEW in named else lets)


def _narrowed(name: str, table: Table, keys: tuple[str, ...]) -> str:
    columns = [column for column in table.columns if name != files.VIEW]
    pairs = ", ".join(f'"{key}", tostring({PROPERTIES}["{key}"])' for key in keys)
    kept = f"{PROPERTIES} = bag_pack({pairs})" if pairs and table.has_properties else ""
    if name == files.VIEW:
        last = f"extend {kept}" if kept else f"project-away {PROPERTIES}"
    else:
        last = f"project {', '.join(filter(None, [*columns, kept]))}"
    return f"let {OWN_PREFIX}{name} = {table.rows} | {last};"
