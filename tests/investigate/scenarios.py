"""Twelve incidents as scripts, one of them twice: what is done, what Foundry answers, what is to be found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from anthropic import AnthropicFoundry

from foundry_telemetry.demo.tokens import expired_token, good_token, misaddressed_token
from foundry_telemetry.testing import FakeFoundry, Item, ReceivedRequest, error, recorded
from tests.investigate.service import KEY, Service, streamed, whole

GOOD, BAD = 3, 8
"""Calls before something goes wrong, and after."""

Answer = Callable[[ReceivedRequest], Item]
Make = Callable[[AnthropicFoundry], object]


@dataclass(frozen=True)
class Drill:
    """One incident."""

    name: str
    error_type: str
    owner: str
    answer: Answer = lambda _: 200
    """What Foundry answers once it has gone wrong."""
    token: Callable[[], str] | None = None
    """The token that is sent from then on; without one a key is sent all along."""
    make: Make = whole
    path: str = "/anthropic"
    """What stands behind the host in the base URL, once it has gone wrong."""
    gone: bool = False
    """Whether Foundry cannot be reached any more."""
    retries: int = 0


def _limited(request: ReceivedRequest) -> Item:
    retried = int(request.headers.get("x-stainless-retry-count", "0"))
    return 200 if retried > 1 else error("rate_limited", retry_after_s=0.001)


DRILLS = (
    Drill(
        "expired token",
        "auth_token_expired",
        "caller_credential",
        lambda _: error("auth_token_expired"),
        expired_token,
    ),
    Drill(
        "wrong audience",
        "auth_wrong_audience",
        "caller_credential",
        lambda _: error("auth_token_expired"),  # the body is the same; the claims tell
        misaddressed_token,
    ),
    Drill(
        "wrong tenant",
        "auth_tenant_mismatch",
        "caller_credential",
        lambda _: error("auth_tenant_mismatch"),
        good_token,
    ),
    Drill(
        "wrong tenant behind the body that all refused tokens share",
        "auth_token_rejected",
        "caller_credential",
        lambda _: error("auth_token_expired"),
        good_token,
    ),
    Drill(
        "role missing",
        "authz_missing_role",
        "caller_authorization",
        lambda _: error("err_401_role_missing"),
        good_token,
    ),
    Drill("key rotated", "auth_invalid_key", "caller_credential", lambda _: error("err_401_invalid_key")),
    Drill("firewall", "authz_network_denied", "caller_authorization", lambda _: error("err_403_firewall")),
    Drill(
        "deployment deleted",
        "deployment_not_found",
        "caller_request",
        lambda _: error("deployment_not_found"),
    ),
    Drill(
        "wrong base URL",
        "route_not_found",
        "caller_request",
        lambda _: error("err_404_resource_not_found"),
        path="",
    ),
    Drill("hidden 429 storm", "rate_limited", "quota", _limited, retries=2),
    Drill(
        "gateway to model 500",
        "upstream_auth",
        "azure",
        lambda _: recorded("err_500_upstream_auth", fresh=True),
    ),
    Drill(
        "overload in mid-stream",
        "overloaded",
        "model_service",
        lambda _: recorded("sse_error_overloaded", fresh=True),
        make=streamed,
    ),
    Drill("network loss", "connection_error", "network", gone=True),
)


def play(drill: Drill, service: Service) -> None:
    """Make calls that end well, let it go wrong, go on calling; then export all that was recorded."""
    wrong = threading.Event()
    options: dict[str, Any] = {"max_retries": drill.retries, **_credential(drill, wrong)}
    with ExitStack() as stack:
        foundry = FakeFoundry(lambda request: drill.answer(request) if wrong.is_set() else 200)
        server = stack.enter_context(ExitStack())
        server.enter_context(foundry)
        client = stack.enter_context(service.client(base_url=foundry.base_url, **options))
        for _ in range(GOOD):
            service.handle(lambda: drill.make(client))
        wrong.set()
        if drill.gone:
            server.close()
        root = foundry.base_url.removesuffix("/anthropic") + drill.path
        after = stack.enter_context(service.client(base_url=root, **options))
        for _ in range(BAD):
            service.handle(lambda: drill.make(after))
    service.export()


def _credential(drill: Drill, wrong: threading.Event) -> dict[str, Any]:
    token = drill.token
    if token is None:
        return {"api_key": KEY}
    return {"azure_ad_token_provider": lambda: token() if wrong.is_set() else good_token()}
