"""The application: ingestion, queries and the page, behind one guard."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.ingestion.endpoint import Ingestion
from foundry_telemetry.ingestion.fault_injection import FaultInjection
from foundry_telemetry.ingestion.refusals import HANDLERS, failure
from foundry_telemetry.ingestion.request_body import read_body
from foundry_telemetry.local.api import console, static_files
from foundry_telemetry.local.api.access import Access
from foundry_telemetry.local.api.delete_data import DeleteData
from foundry_telemetry.local.api.events import Events
from foundry_telemetry.local.api.otlp import OtlpIngestion
from foundry_telemetry.local.api.queries import MOST_QUERIES, Queries
from foundry_telemetry.local.api.request_guard import Guard, require_token
from foundry_telemetry.local.api.status import status
from foundry_telemetry.local.engine.query import Query

__all__ = ["MOST_QUERIES", "application"]

if TYPE_CHECKING:
    from starlette.requests import Request

    from foundry_telemetry.local.api.status import Ask
    from foundry_telemetry.local.store.store import Store

_JSON: Final = "application/json"


def application(
    store: Store,
    access: Access,
    *,
    workbook: Path | None = None,
    fault_injection: FaultInjection | None = None,
    memory: int | None = None,
) -> Starlette:
    """The ASGI application.

    Args:
        store: Where telemetry goes, and what queries read.
        access: Who may read.
        workbook: The file of the workbook to show; the shipped one where it is not given.
        fault_injection: The switch of the ingestion endpoint.
        memory: Mebibytes that the process may take; by the machine where it is not given.
    """
    switch = FaultInjection() if fault_injection is None else fault_injection
    query = Query(store, memory)
    keyed = [
        *Ingestion(store, switch).routes(),
        *OtlpIngestion(store, access).routes(),
        Route("/fault-injection", partial(_set_fault_injection, store, switch), methods=["PUT"]),
    ]
    app = Starlette(
        routes=[*keyed, *_reading(store, access, query), *static_files.routes(workbook)],
        middleware=[
            Middleware(
                Guard,
                access=access,
                keyed=frozenset(route.path for route in keyed),
                policies=console.POLICIES,
            )
        ],
        exception_handlers={**HANDLERS, HTTPException: _not_served},
    )
    app.router.redirect_slashes = False
    return app


def _reading(store: Store, access: Access, query: Query) -> list[Route]:
    """The routes over what is stored."""
    queries = Queries(query)
    return [
        Route("/v1/$batch", queries.batch, methods=["POST"]),
        Route("/v1/{scope:path}/query", queries.query, methods=["POST"]),
        *DeleteData(store).routes(),
        Route("/status.json", partial(_status, store, query.run, access)),
        Route("/events", Events(store).stream),
        *console.routes(store),
    ]


async def _set_fault_injection(store: Store, switch: FaultInjection, request: Request) -> Response:
    require_token(request, store.key)
    body = await read_body(request)
    try:
        switch.set_from_json(body)
    except ValueError as error:
        return failure(400, str(error))
    return Response(status_code=204)


async def _status(store: Store, ask: Ask, access: Access, request: Request) -> Response:
    host, port = request.scope["server"]
    url = f"http://{host}:{port}" if access.is_known(request.scope) else None
    token = access.token if access.is_in_header(request.scope) else None
    found = await asyncio.to_thread(status, store, ask, url, token)
    return Response(msgspec.json.encode(found), media_type=_JSON)


async def _not_served(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = f"{request.method} {request.scope['path']}: {error.detail}"
    return failure(error.status_code, message, headers=dict(error.headers or {}))
