"""The console of the page: its own address, the tables that it completes, and the language service.

The language service makes code from text, which the page's policy forbids. So it runs in a worker, and the
worker's script alone has a policy that allows this, and that lets it load nothing but scripts of this server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from duckdb_kql.types import kusto_type
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.kql import files
from foundry_telemetry.kql.compose import view_text
from foundry_telemetry.kql.empty_tables import empty_tables
from foundry_telemetry.local.page import language_service, supported

if TYPE_CHECKING:
    from starlette.requests import Request

    from foundry_telemetry.local.store.store import Store

WORKER: Final = "/page/console/language_worker.js"

POLICIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        WORKER: (
            "default-src 'none'; script-src 'self' 'unsafe-eval'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
    }
)
"""Path to the content security policy that it has in place of the one that all others have."""

_PAGE: Final = supported.PATH.parent / "console" / "console.html"
_FRESH: Final = MappingProxyType({"cache-control": "no-cache"})


def routes(store: Store) -> Iterator[Route]:
    """The routes of the console."""

    async def facts(_: Request) -> Response:
        found = await asyncio.to_thread(_facts, store)
        return Response(msgspec.json.encode(found), media_type="application/json")

    yield Route("/console", _page)
    yield Route("/console.json", facts)
    for name in language_service.FILES:
        yield _script(name)


async def _page(_: Request) -> Response:
    return Response(_PAGE.read_bytes(), headers=dict(_FRESH), media_type="text/html")


def _script(name: str) -> Route:
    async def answer(_: Request) -> Response:
        path = language_service.folder() / name
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except OSError:
            raise HTTPException(404, f"not fetched yet: {language_service.COMMAND}") from None
        return Response(body, headers=dict(_FRESH), media_type="text/javascript")

    return Route(f"/language-service/{name}", answer)


def _facts(store: Store) -> Mapping[str, object]:
    """What the console needs to know."""
    return {
        "view": {"name": files.VIEW, "text": view_text().replace("\n", " ")},
        "tables": {**{name: dict(columns) for name, columns in empty_tables().items()}, **_tables(store)},
        "language_service": [f"/language-service/{name}" for name in language_service.FILES]
        if language_service.is_installed()
        else [],
        "command": language_service.COMMAND,
    }


def _tables(store: Store) -> Mapping[str, Mapping[str, str]]:
    """KQL type by column by table: of all that queries may name."""
    found: dict[str, dict[str, str]] = {}
    with closing(store.cursor()) as cursor:
        rows = cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_schema = 'main' "
            "ORDER BY table_name, ordinal_position"
        ).fetchall()
    for table, column, kind in rows:
        if str(column).isidentifier():  # others are for the engine alone
            found.setdefault(table, {})[column] = kusto_type(str(kind))
    return found
