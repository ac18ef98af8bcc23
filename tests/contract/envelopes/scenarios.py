"""Every recorded answer through a bare client and through the SDK, and after them `OTHERS`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from anthropic import AnthropicFoundry, Omit

from foundry_telemetry.testing import FakeResponse, RecordedCase, case, cases, recorded, sequences
from tests.contract.envelopes import clients
from tests.contract.envelopes.clients import httpx
from tests.contract.envelopes.others import OTHERS

NO_ANSWER = {"noresp_connect_error": "connect_error", "noresp_read_timeout": "read_timeout"}
"""Recorded cases without an answer that a script can play."""

PLAYABLE = [each for each in cases().values() if each.status is not None or each.id in NO_ANSWER]
ODD = Path(__file__).parents[2] / "data" / "odd_answers.json"
KEY_HEADERS = ("x-api-key", "api-key", "ocp-apim-subscription-key")
AT_ONCE = {"retry-after": None, "retry-after-ms": "1"}
"""Headers that ask the SDK to wait a millisecond before it tries again."""


class Scenario(NamedTuple):
    """Calls under a name."""

    name: str
    play: Callable[[int], object]
    """Makes the calls; is given the present second."""


def scenarios() -> Iterator[Scenario]:
    """All of them, in an order of their own: metrics remember who was there before."""
    for each in PLAYABLE:
        yield Scenario(f"bare/{each.id}", partial(_bare, each))
    for each in PLAYABLE:
        yield Scenario(f"sdk/{each.id}", partial(_sdk, each, spans=False))
    for each in PLAYABLE:
        yield Scenario(f"sdk-spans/{each.id}", partial(_sdk, each, spans=True))
    for odd in json.loads(ODD.read_bytes())["cases"]:
        yield Scenario(f"odd/{odd['id']}", partial(_odd, odd))
    for sequence in sequences().values():
        for name, spans in (("sdk", False), ("sdk-spans", True)):
            yield Scenario(f"{name}/{sequence.id}", partial(_sequence, sequence.sequence, spans=spans))
    for name, play in OTHERS.items():
        yield Scenario(f"other/{name}", play)


def _item(each: RecordedCase) -> str | FakeResponse:
    return NO_ANSWER[each.id] if each.status is None else recorded(each.id)


def _token(each: RecordedCase, now: int) -> str | None:
    """An unsigned token with the recorded claims, as old as it was when they were recorded."""
    auth = each.request.auth
    if auth.claims is None:
        return None
    moved = {
        name: value + now - (auth.now or now) if name in {"iat", "nbf", "exp"} else value
        for name, value in auth.claims.items()
    }
    parts = ({"alg": "none"}, {**moved, "upn": "CANARY-UPN@example.com"})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "CANARY-SIGNATURE"])


def _bare(each: RecordedCase, now: int) -> None:
    """The recorded request through a bare client, its answer read piece by piece."""
    request = each.request
    token = _token(each, now)
    headers = [*request.headers, *([("authorization", f"Bearer {token}")] if token else [])]
    with (
        clients.bare(_item(each)) as client,
        suppress(httpx.TransportError),
        client.stream(request.method, request.url, headers=headers, json=request.body) as response,
    ):
        for _ in response.iter_raw():
            pass


def _odd(odd: Mapping[str, Any], _: int) -> None:
    """An odd answer through a bare client, left unread where it says so."""
    body = base64.b64decode(odd["body_base64"]) if "body_base64" in odd else odd["body"].encode()
    headers = tuple((name, value) for name, value in odd["headers"])
    reply = FakeResponse(status=odd["status"], headers=headers, chunks=(body,) if body else ())
    asked = {"model": "claude-sonnet-5-5", "max_tokens": 9, "stream": odd["stream"]}
    with (
        clients.bare(reply, clients.httpx2) as client,
        client.stream(
            "POST", clients.AT[odd["at"]], json=asked, headers=clients.KEYS[odd["auth"]]
        ) as response,
    ):
        if odd["how"] == "complete":
            for _ in response.iter_raw():
                pass


def _sdk(each: RecordedCase, now: int, *, spans: bool) -> None:
    """The recorded request through the SDK, with or without spans of its own."""
    call(_client(each, now, [_item(each)], spans=spans, max_retries=0), each)


def _sequence(ids: tuple[str, ...], now: int, *, spans: bool) -> None:
    """Recorded answers one after another, which the SDK tries again by itself."""
    items = [_item(case(name)) for name in ids]
    script = [item.with_headers(AT_ONCE) if isinstance(item, FakeResponse) else item for item in items]
    last = case(ids[-1])
    call(_client(last, now, script, spans=spans), last)


def _client(
    each: RecordedCase, now: int, script: list[str | FakeResponse], **options: Any
) -> AnthropicFoundry:
    """A client that sends what a case recorded, and is answered from a script."""
    request = each.request
    headers: dict[str, Any] = {}
    if request.auth.mode == "entra":
        token = _token(each, now) or "CANARY-OPAQUE-TOKEN"
        options.setdefault("azure_ad_token_provider", lambda: token)
    else:
        sent = dict(request.headers)
        options["api_key"] = sent.get("x-api-key", "CANARY-API-KEY")
        headers = {name: sent.get(name, Omit()) for name in KEY_HEADERS}
    if request.auth.mode == "none":  # the SDK always sends a credential
        options["event_hooks"] = {"request": [_without_credential]}
    base_url = request.url.partition("?")[0].removesuffix("/count_tokens").removesuffix("/v1/messages")
    return clients.sdk(script, base_url=base_url, default_headers=headers, **options)


def _without_credential(request: Any) -> None:
    for name in KEY_HEADERS:
        request.headers.pop(name, None)


def call(client: AnthropicFoundry, each: RecordedCase) -> None:
    """Make the recorded call and read its answer to the end; what it raises is of no interest here."""
    asked: dict[str, Any] = dict(each.request.body or {})
    known = {name: asked.pop(name) for name in ("model", "max_tokens", "messages") if name in asked}
    asked.pop("stream", None)
    messages: Any = client.beta.messages if "beta=true" in each.request.path else client.messages
    with client, suppress(Exception):
        if each.expect["operation"] == "messages.count_tokens":
            messages.count_tokens(**known, extra_body=asked)
        elif each.expect["streamed"]:
            list(messages.create(**known, stream=True, extra_body=asked))
        else:
            messages.create(**known, extra_body=asked)
