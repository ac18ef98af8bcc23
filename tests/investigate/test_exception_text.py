"""What an exception's text shows by itself: cause and owner with evidence, or nothing."""

from __future__ import annotations

import anthropic
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.advice import ALL
from foundry_telemetry.investigate.ticket.exception_text import read_failure
from tests.investigate.commands import run

HOST = "https://contoso.services.ai.azure.com/anthropic/v1/messages"
_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key."
)

SHOWN: tuple[tuple[str, str, str | None, dict[str, str]], ...] = (
    (
        f"Error code: 401 - {{'error': {{'code': '401', 'message': '{_KEY}'}}}}",
        "auth_invalid_key",
        "caller_credential",
        {"status": "401", "code": "401"},
    ),
    (
        "anthropic.RateLimitError: Error code: 429 - {'error': {'code': 'RateLimitReached', 'message': 'x'}}",
        "rate_limited",
        "quota",
        {"status": "429", "code": "RateLimitReached"},
    ),
    (
        "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}",
        "overloaded",
        "model_service",
        {"status": "529"},
    ),
    (f"Client error '404 Not Found' for url '{HOST}'", "http_404", "caller_request", {"status": "404"}),
    ("httpx.HTTPStatusError: Server error '503 x'", "service_unavailable", None, {"status": "503"}),
    (
        "anthropic.APITimeoutError: Request timed out.",
        "client_timeout",
        "client",
        {"exception": "APITimeoutError"},
    ),
    ("httpx.PoolTimeout", "pool_timeout", "client", {"exception": "PoolTimeout"}),
    (
        "anthropic.APIConnectionError: Connection error.",
        "connection_error",
        "network",
        {"exception": "APIConnectionError"},
    ),
    (
        "ConnectionResetError: [Errno 104]",
        "connection_error",
        "network",
        {"exception": "ConnectionResetError"},
    ),
    (
        "ClientAuthenticationError: AADSTS7000222: The provided client secret keys are expired. Trace ID: x",
        "credential_error",
        "caller_credential",
        {"entra_code": "AADSTS7000222"},
    ),
    (
        "[foundry-telemetry] authz_missing_role: Assign Foundry User (x)",
        "authz_missing_role",
        "caller_authorization",
        {"cause": "authz_missing_role"},
    ),
    ('{"error.type": "upstream_auth"}', "upstream_auth", "azure", {"cause": "upstream_auth"}),
    ("rate_limited", "rate_limited", "quota", {"cause": "rate_limited"}),
    # what the credential alone would show is not claimed
    (
        "Error code: 401 - {'error': {'code': 'Unauthorized', 'message': 'Unauthorized. Access token'}}",
        "http_401",
        None,
        {"status": "401", "code": "Unauthorized"},
    ),
)


@pytest.mark.parametrize(("text", "cause", "owner", "evidence"), SHOWN)
def test_what_a_text_shows(text: str, cause: str, owner: str | None, evidence: dict[str, str]) -> None:
    """The cause is that of the same evidence on the wire; nobody owns it without evidence."""
    read = read_failure(text)
    assert read is not None
    assert (read.failure.type, dict(read.evidence)) == (cause, evidence)
    assert read.failure.owner in (owner, None) if cause.startswith("http_") else read.failure.owner == owner


@pytest.mark.parametrize(
    "text", ["", "good morning", "we have 429 users", "a timeout of 5 s", "req_011CSHoEeqs5C35K2"]
)
def test_nothing_is_guessed(text: str) -> None:
    """A text without a status, a code or a class shows no failure."""
    assert read_failure(text) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 529])
def test_exceptions_of_the_sdk_are_read(status: int) -> None:
    """What the SDK makes of a response has the status that it came with."""
    response = httpx.Response(status, json={"error": {"message": "x"}}, request=httpx.Request("POST", HOST))
    client = anthropic.Anthropic(api_key="x")
    text = repr(client._make_status_error_from_response(response))
    read = read_failure(text)
    assert read is not None
    assert read.evidence["status"] == str(status)


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    """No text raises, and what is read of it is a cause that has advice, or a status."""
    for shown in (text, f"Error code: 400 - {{{text}}}"):
        read = read_failure(shown)
        assert read is None or read.failure.type in ALL or read.failure.type.startswith("http_")


def test_explain_without_a_source() -> None:
    """A text without an id needs no source: the command explains it, in words, as Markdown and as JSON."""
    asked = ("explain", "anthropic.APITimeoutError: Request timed out.", "--url", "http://127.0.0.1:9")
    shown, markdown, found = (run(*asked, *form) for form in ((), ("--markdown",), ("--json",)))
    assert "client_timeout" in shown.out
    assert "owner: Your client" in shown.out
    assert "client_timeout" in markdown.out
    assert found.reported["cause"]["owner"] == "client"
    assert found.reported["read_from"] == {"exception": "APITimeoutError"}
    assert {one.code for one in (shown, markdown, found)} == {0}


def test_explain_refuses_what_shows_nothing() -> None:
    """Neither an id nor a failure: the message says what would be one, and which command shows ids."""
    found = run("explain", "good morning", "--url", "http://127.0.0.1:9")
    assert found.code == 2
    assert "foundry-telemetry incident" in found.err
    assert "or a cause such as rate_limited" in found.err
