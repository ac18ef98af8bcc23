"""Calls with content as an exporter posts them, and a workspace that refuses the table with their values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.ingestion import access_token
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.content_table import CONTENT_EVENT, CONTENT_TABLE, INPUT, OUTPUT, SYSTEM
from foundry_telemetry.schema.value import EVENT_NAME
from foundry_telemetry.serving import LoopbackServer
from tests.support.logs import WORKSPACE, NoCredential
from tests.support.telemetry import Envelope, envelope, fill

AT: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
ESCAPE: Final = "\x1b[2J\u202e"
"""Clears a terminal, and turns the direction of what follows."""


def said(role: str, text: str) -> str:
    """Messages in the convention's form."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def call(letter: str, at: datetime = AT, *, is_logged: bool = True, **tags: str) -> Iterator[Envelope]:
    """A call of one attempt: its ledger event, and the event with its content."""
    call_id = letter * 16
    where = {"ai.operation.id": letter * 32, "ai.operation.parentId": call_id, "ai.cloud.role": "shop"}
    ids = {"foundry.call.id": call_id, "foundry.attempt.number": "1"}
    ids |= {f"foundry.tag.{key}": value for key, value in tags.items()}
    ledger = {**ids, "foundry.outcome": "ok", "http.response.status_code": "200", "foundry.duration_ms": "9"}
    content = {
        INPUT: said("user", f"question of {letter}\nsecond line {ESCAPE}"),
        OUTPUT: said("assistant", f"answer to {letter}"),
        SYSTEM: json.dumps([{"type": "text", "content": "be kind"}]),
        "foundry.content.cut": "true",
    }
    yield envelope("EventData", {"name": EVENT_NAME, "properties": ledger}, at, tags=where)
    if is_logged:
        yield envelope("EventData", {"name": CONTENT_EVENT, "properties": ids | content}, at, tags=where)


@contextmanager
def workspace(*calls: Iterator[Envelope]) -> Iterator[LocalAzureMonitor]:
    """A local Azure Monitor with these calls."""
    with LocalAzureMonitor() as azure:
        fill(azure.store, [one for parts in calls for one in parts])
        yield azure


@contextmanager
def refusing(azure: LocalAzureMonitor, status: int) -> Iterator[Source]:
    """The same as a workspace in Azure whose reader may not read the table with the values."""
    headers = access_token.headers(access_token.of_server(azure.url, {}))

    def relay(request: Request, body: bytes) -> Response:
        if CONTENT_TABLE in json.loads(body)["query"]:
            error = {"code": "InsufficientAccessError", "message": "of somebody else's words"}
            return Response(json.dumps({"error": error}), status, media_type="application/json")
        answer = httpx.post(
            f"{azure.url}{request.url.path}",
            content=body,
            headers={**headers, "content-type": "application/json"},
            trust_env=False,
        )
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def answer(request: Request) -> Response:
        return await asyncio.to_thread(relay, request, await request.body())

    with LoopbackServer(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as server:
        options: Any = {"authentication_policy": HeadersPolicy(), "retry_total": 0}
        client = LogsQueryClient(NoCredential(), endpoint=server.url, **options)
        with Source(client, WORKSPACE, "workspace w in Azure", is_local=False) as source:
            yield source
