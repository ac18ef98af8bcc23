"""What a store has: for ``/status.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from foundry_telemetry.ingestion.access_token import otlp_headers
from foundry_telemetry.kql import view
from foundry_telemetry.kql.files import VIEW
from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.ingest.attempts_view import other_roads

if TYPE_CHECKING:
    from foundry_telemetry.local.engine.query import Table
    from foundry_telemetry.local.store.store import Store

    Ask = Callable[[str], Table]

_BY_ALL_ROADS: Final = f"{view.TEXT}\n{VIEW} | summarize count(), min(TimeGenerated), max(TimeGenerated)"
"""What the view of one road does not have."""


def connection_string(url: str, key: str) -> str:
    """What an exporter needs.

    Args:
        url: Of the server, without a slash at the end.
        key: The store's.
    """
    return f"InstrumentationKey={key};IngestionEndpoint={url}/;LiveEndpoint={url}/;ApplicationId={key}"


def status(store: Store, ask: Ask, url: str | None, token: str | None) -> Mapping[str, object]:
    """How many rows there are and how new they are. Blocks while the database is read.

    Args:
        store: The store.
        ask: Answers KQL over the store.
        url: Of the server; ``None`` for a reader who is not to have the key.
        token: Of the server; ``None`` for a reader who is not to have it.
    """
    return {
        "version": _version(),
        "connection_string": connection_string(url, store.key) if url else None,
        "otlp_endpoint": url,
        "otlp_headers": otlp_headers(token) if token else None,
        "database": store.path,
        "retention_days": store.retention_days,
        **_contents(store, ask),
        "ingested": store.ingested,
        "refused": store.refused,
        "cut": store.cut,
        "now": _instant(datetime.now(UTC)),
    }


def _contents(store: Store, ask: Ask) -> Mapping[str, object]:
    with closing(store.cursor()) as cursor:
        found = {}
        for name in (*tables(), VIEW):
            statement = f'SELECT count(*), min("TimeGenerated"), max("TimeGenerated") FROM "{name}"'  # noqa: S608 - our own names
            found[name] = _extent(*cursor.execute(statement).fetchall()[0])
        attempts = found.pop(VIEW)
        row = cursor.execute(other_roads()).fetchone()
    if row and row[0]:
        attempts = _extent(*ask(_BY_ALL_ROADS).rows[0])
    return {"attempts": attempts, "tables": found}


def _extent(rows: object, first: object, last: object) -> Mapping[str, object]:
    return {"rows": rows, "first": _instant(first), "last": _instant(last)}


def _instant(moment: object) -> str | None:
    return None if not isinstance(moment, datetime) else f"{moment.replace(tzinfo=None).isoformat()}Z"


def _version() -> str | None:
    try:
        return version("foundry-telemetry")
    except PackageNotFoundError:
        return None
