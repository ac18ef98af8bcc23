"""Random calls whose attempts fail, read and unread: whoever is named in a record is so by evidence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry import instrument, uninstrument
from tests.support.capture import Capture
from tests.support.families import httpx2

AZURE, GATEWAY = "my-resource.services.ai.azure.com", "gw.example.com"
APIM_ID = ("apim-request-id", "a00000ff-1111-4222-8333-0000000000ff")
MODEL_ID = ("request-id", "req_011ExmplEvidence")
TYPES = ("api_error", "overloaded_error", "rate_limit_error", "authentication_error", "permission_error")
CODES = ("500", "401", "DeploymentNotFound", "ServiceUnavailable", "upstream_down")
TEXTS = ("Forbidden", "Rate limit is exceeded. Try again in 3 seconds.", "Internal server error", "no")
OF_THE_REQUEST = {400, 405, 413, 415, 422, 431}

bodies = st.one_of(
    st.sampled_from(TYPES).map(lambda kind: {"type": "error", "error": {"type": kind, "message": "no"}}),
    st.sampled_from(CODES).map(lambda code: {"error": {"code": code, "message": "no"}}),
    st.tuples(st.integers(400, 529), st.sampled_from(TEXTS)).map(
        lambda reported: {"statusCode": reported[0], "message": reported[1]}
    ),
    st.just({"detail": "no"}),
    st.just("<html></html>"),
    st.just("upstream connect error"),
    st.just(""),
)


@st.composite
def attempts(draw: st.DrawFn) -> dict[str, Any]:
    """One failed attempt: what is answered, and whether the client reads it before it tries again."""
    body = draw(bodies)
    text = body if isinstance(body, str) else json.dumps(body)
    label = "text/html" if text.startswith("<") else "application/json"
    ids = draw(st.sets(st.sampled_from([APIM_ID, MODEL_ID])))
    return {
        "status": draw(st.sampled_from([400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529])),
        "headers": [("content-type", label), *sorted(ids)],
        "body": text,
        "is_read": draw(st.booleans()),
    }


def recorded(host: str, key: dict[str, str], tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger of one call that makes these attempts."""
    capture = Capture()
    answers = iter(tries)

    def answer(_: Any) -> Any:
        each = next(answers)
        pieces = httpx2.ByteStream(each["body"].encode())
        return httpx2.Response(each["status"], headers=each["headers"], stream=pieces)

    instrument(**capture.options | {"hosts": (GATEWAY,)})
    try:
        with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
            for number, each in enumerate(tries):
                headers = {**key, "x-stainless-retry-count": str(number)}
                url = f"https://{host}/anthropic/v1/messages"
                with client.stream("POST", url, json={"model": "m", "stream": True}, headers=headers) as got:
                    if each["is_read"]:
                        got.read()
    finally:
        uninstrument()
    return capture.ledger


@settings(max_examples=150, deadline=None, database=None)
@given(
    host=st.sampled_from([AZURE, GATEWAY]),
    key=st.sampled_from([{}, {"api-key": "CANARY-KEY"}]),
    tries=st.lists(attempts(), min_size=1, max_size=4),
)
def test_nobody_is_named_without_evidence(
    host: str, key: dict[str, str], tries: list[dict[str, Any]]
) -> None:
    """Each attempt by itself: its owner, who answered and its class follow from what was seen of it."""
    events = recorded(host, key, tries)
    assert len(events) == len(tries)
    for each, event in zip(tries, events, strict=True):
        check(each, event, on_azure=host == AZURE or APIM_ID in each["headers"], has_key=bool(key))
        assert "foundry.cost.usd" not in event


def check(each: dict[str, Any], event: dict[str, Any], *, on_azure: bool, has_key: bool) -> None:
    """The rules, each with the evidence that allows it."""
    status, owner, kind = each["status"], event.get("foundry.error.owner"), event["error.type"]
    was_seen = (each["is_read"] and each["body"] != "") or each["body"].startswith("<")
    text = each["body"] if was_seen else ""
    if not was_seen:
        assert event["foundry.error.origin"] == "unknown"
        assert owner == owner_of_status(status, on_azure=on_azure, has_key=has_key)
    if owner == "model_service":
        assert (
            status == 529
            or "overloaded_error" in text
            or ('"type": "error"' in text and names_a_side(each, on_azure))
        )
    if owner == "azure":
        assert on_azure or "ServiceUnavailable" in text
    if owner == "customer_gateway":
        assert not on_azure
        assert "statusCode" in text or text.startswith("<")
    if owner == "quota":
        assert on_azure or MODEL_ID in each["headers"]
    if kind.startswith("auth_") and has_key:
        assert on_azure or "statusCode" in text or MODEL_ID in each["headers"]
    if event["foundry.error.origin"] == "anthropic":
        assert '"type": "error"' in text


def names_a_side(each: dict[str, Any], on_azure: bool) -> bool:
    """Whether an id says that the answer came from Azure, or from the model service behind it."""
    return on_azure or MODEL_ID in each["headers"]


def owner_of_status(status: int, *, on_azure: bool, has_key: bool) -> str | None:
    """Who has to act by the status alone."""
    if status in OF_THE_REQUEST:
        return "caller_request"
    if status == 529:
        return "model_service"
    if status == 401 and (on_azure or not has_key):
        return "caller_credential"
    if on_azure:
        return {404: "caller_request", 429: "quota"}.get(status)
    return None
