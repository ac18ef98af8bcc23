"""Requests of the Log Analytics query API, from their bodies to the bodies of their answers.

A route hands over what was posted and sends back what it gets; these functions raise nothing, whatever a
client may send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from foundry_telemetry.local.api import api_response
from foundry_telemetry.local.engine.errors import BAD_ARGUMENT, QueryError
from foundry_telemetry.local.engine.query import MOST_SECONDS, Query, Table

MOST_QUERIES: Final = 100
"""Queries in one batch."""

MOST_CHARACTERS: Final = 100_000
"""Length of a query: the parser takes a second for each ten thousand."""

LONGEST_WAIT: Final = 600.0
"""Seconds that a request may demand, as in Log Analytics."""

_Body = TypeVar("_Body", bound=Struct)
_Started = Callable[[Callable[[], None]], object]


class ApiRequest(Struct, frozen=True):
    """The body of a query request; fields it may have besides mean nothing here."""

    query: Annotated[str, Meta(max_length=MOST_CHARACTERS)]
    """KQL."""
    timespan: str | None = None
    """ISO 8601."""


class _Member(Struct, frozen=True):
    id: str
    body: ApiRequest
    headers: dict[str, str] = {}


class _Batch(Struct, frozen=True):
    requests: Annotated[list[_Member], Meta(max_length=MOST_QUERIES)]


@dataclass(frozen=True)
class Preference:
    """The preferences of a ``Prefer`` header."""

    seconds: float = MOST_SECONDS
    statistics: bool = False
    render: bool = False

    @classmethod
    def read(cls, header: str | None) -> Preference:
        """From ``wait=60,include-statistics=true,include-render=true``; other words mean nothing here."""
        pairs = (part.strip().lower().partition("=") for part in (header or "").replace(";", ",").split(","))
        preferences = {name.strip(): value.strip() for name, _, value in pairs}
        wait = preferences.get("wait", "")
        return cls(
            seconds=min(LONGEST_WAIT, float(wait)) if wait.isdecimal() and float(wait) else MOST_SECONDS,
            statistics=preferences.get("include-statistics") == "true",
            render=preferences.get("include-render") == "true",
        )


@dataclass(frozen=True)
class ApiResponse:
    """What to send back: ``application/json``."""

    status: int
    body: bytes


def respond(
    query: Query,
    body: bytes,
    prefer: str | None = None,
    started: _Started | None = None,
    seconds: float = LONGEST_WAIT,
) -> ApiResponse:
    """Answer one request. Blocks while the query runs.

    Args:
        query: Runs it.
        body: As posted.
        prefer: The ``Prefer`` header.
        started: As for `Query.run`: gets a function that stops the query, for clients that go away.
        seconds: What is left of the time that the client waits.
    """
    preference = Preference.read(prefer)
    try:
        request = _read(body, ApiRequest)
        table = _run(query, request, preference, started, seconds)
    except QueryError as error:
        return ApiResponse(error.status, api_response.encode_error(error))
    encoded = api_response.encode(table, statistics=preference.statistics, render=preference.render)
    return ApiResponse(HTTPStatus.OK, encoded)


def respond_batch(query: Query, body: bytes, started: _Started | None = None) -> ApiResponse:
    """Answer a batch request, one query after the other; each fails for itself.

    Args:
        query: Runs it.
        body: As posted to ``$batch``.
        started: As for `respond`, called for each query.
    """
    try:
        batch = _read(body, _Batch)
    except QueryError as error:
        return ApiResponse(error.status, api_response.encode_error(error))
    responses = [_member(query, member, started) for member in batch.requests]
    return ApiResponse(HTTPStatus.OK, msgspec.json.encode({"responses": responses}))


def _member(query: Query, member: _Member, started: _Started | None) -> Mapping[str, object]:
    headers = {name.lower(): value for name, value in member.headers.items()}
    preference = Preference.read(headers.get("prefer"))
    try:
        table = _run(query, member.body, preference, started)
    except QueryError as error:
        return {"id": member.id, "status": error.status, "body": api_response.error_document(error)}
    document = api_response.document(table, statistics=preference.statistics, render=preference.render)
    return {"id": member.id, "status": HTTPStatus.OK, "body": document}


def _run(
    query: Query,
    request: ApiRequest,
    preference: Preference,
    started: _Started | None,
    seconds: float = LONGEST_WAIT,
) -> Table:
    seconds = min(preference.seconds, seconds)
    return query.run(request.query, request.timespan, seconds=seconds, started=started)


def _read(body: bytes, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QueryError(
            f"The request had some invalid properties: {error}.", code=BAD_ARGUMENT, reason="InvalidRequest"
        ) from error
