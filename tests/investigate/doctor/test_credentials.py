"""Key and token: what is wrong with them is said, and neither they nor a person are ever shown."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from foundry_telemetry.investigate.doctor import credentials
from tests.investigate.doctor.scenes import named, scene

TENANT = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
PERSONAL = {
    "upn": "CANARY@example.com",
    "unique_name": "CANARY",
    "name": "CANARY",
    "oid": "CANARY00-2222-4333-8444-555555555555",
    "ipaddr": "CANARY",
    "groups": ["CANARY"],
}
CLAIMS = {"aud": "https://ai.azure.com", "tid": TENANT, "appid": OTHER, "idtyp": "app"}


def token_of(**claims: Any) -> str:
    """A token with these claims besides the usual ones, and those that name a person."""
    reported = {"exp": int(time.time()) + 3600, **CLAIMS, **PERSONAL, **claims}
    parts = ({"alg": "none"}, reported)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "CANARYSIGNATURE"])


def look(key: str, **variables: str) -> list[credentials.Finding]:
    """The findings for a key."""
    return list(credentials.check_key(scene(variables={"ANTHROPIC_FOUNDRY_API_KEY": key, **variables})))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk-ant-CANARY", "Anthropic's own API"),
        ("eyJCANARY.x.y", "azure_ad_token_provider"),
        ("$CANARY", "placeholder"),
        ("<CANARY>", "placeholder"),
        ("your-CANARY", "placeholder"),
        ('"CANARY"', "quotes or spaces"),
        ("CANARY CANARY", "quotes or spaces"),
        ("CANARYé", "a header cannot carry"),
        ("CANARY\n", "a space or a newline"),
    ],
)
def test_wrong_keys(key: str, words: str) -> None:
    """What cannot be a key is named for what it is, and not shown."""
    found = named(look(key), "API key")
    assert found.state == "failure"
    assert words in found.seen
    assert "CANARY" not in f"{found}"


def test_keys() -> None:
    """A key that can be one is well; none is a warning, unless Entra is set up."""
    assert named(look("CANARY0123"), "API key") == credentials.ok(
        "API key", "ANTHROPIC_FOUNDRY_API_KEY is set"
    )
    assert named(look("", AZURE_CLIENT_ID=OTHER), "API key") == credentials.skipped(
        "API key",
        "ANTHROPIC_FOUNDRY_API_KEY is not set; Entra ID is used",
        "Set it only if the service uses an API key.",
    )
    found = named(look("", ANTHROPIC_API_KEY="CANARY"), "API key")
    assert found.state == "warning"
    assert "AnthropicFoundry reads ANTHROPIC_FOUNDRY_API_KEY" in found.seen


@pytest.mark.parametrize(
    ("claims", "check", "state", "words"),
    [
        ({}, "token audience", "ok", "https://ai.azure.com"),
        ({"aud": "https://cognitiveservices.azure.com/"}, "token audience", "ok", "cognitiveservices"),
        ({"aud": "https://management.azure.com"}, "token audience", "failure", "management.azure.com"),
        ({"aud": "CANARY <b>"}, "token audience", "ok", "unknown"),
        ({}, "token expiry", "ok", "in 59 min"),
        ({"exp": 1}, "token expiry", "failure", "clock"),
        ({"exp": "CANARY"}, "token expiry", "ok", "unknown"),
        ({}, "token tenant", "ok", TENANT),
        ({"tid": OTHER}, "token tenant", "warning", "not AZURE_TENANT_ID"),
        ({"tid": "CANARY"}, "token tenant", "ok", "unknown"),
        ({}, "token identity", "ok", f"app, application {OTHER}"),
        ({"idtyp": "user", "appid": "CANARY"}, "token identity", "ok", "user"),
    ],
)
def test_claims(claims: dict[str, Any], check: str, state: str, words: str) -> None:
    """Audience, expiry, tenant and kind of identity are judged; of a person nothing is shown."""
    asked = scene(variables={"AZURE_TENANT_ID": TENANT})
    findings = list(credentials.claims(token_of(**claims), asked))
    found = named(findings, check)
    assert found.state == state
    assert words in found.seen
    assert "CANARY" not in f"{findings}"


def test_a_token_about_to_expire() -> None:
    """A token that is good for two minutes is a warning."""
    token = token_of(exp=int(time.time()) + 120)
    found = named(list(credentials.claims(token, scene())), "token expiry")
    assert found.state == "warning"
    assert "expires in 1 min" in found.seen or "expires in 2 min" in found.seen


def test_no_azure_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without azure-identity no token is got, and the fix installs it."""
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    found = named(credentials.check_token(scene()), "token")
    assert found.state == "skipped"
    assert "pip install" in str(found.fix)


def test_opaque_tokens() -> None:
    """A token without claims is no failure, and is not shown."""
    (found,) = credentials.claims("CANARY", scene())
    assert found.state == "ok"
    assert "CANARY" not in found.seen


@pytest.mark.parametrize(
    ("scope", "state"),
    [
        ("https://ai.azure.com/.default", "ok"),
        ("https://cognitiveservices.azure.com/.default", "ok"),
        ("https://ai.azure.us/.default", "ok"),
        ("https://ai.cognitiveservices.com/.default", "failure"),
        ("https://management.azure.com/.default", "failure"),
        ("CANARY", "failure"),
    ],
)
def test_scopes(scope: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both scopes of Foundry are well; the misprinted one of the documentation is known."""
    monkeypatch.setattr(credentials, "get_token", lambda _: token_of())
    found = named(credentials.check_token(scene(scope=scope)), "token scope")
    assert found.state == state
    assert "CANARY" not in f"{found}"


class Identity(BaseHTTPRequestHandler):
    """The managed identity endpoint of an App Service."""

    asked: list[str]
    answer: tuple[int, dict[str, Any]]

    def do_GET(self) -> None:
        """Give a token, or refuse."""
        self.asked.append(self.path)
        status, body = self.answer
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Identity]]:
    """A managed identity on loopback, as azure-identity finds it."""
    kind = type("Identity", (Identity,), {"asked": [], "answer": (200, {})})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "CANARY")
        monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
        yield kind
        server.shutdown()


def test_a_token_of_a_managed_identity(identity: type[Identity]) -> None:
    """The real DefaultAzureCredential gets a token of the real scope, whose claims are judged."""
    expires = int(time.time()) + 3600
    identity.answer = (200, {"access_token": token_of(), "expires_on": expires, "resource": "x"})
    findings = list(credentials.check_token(scene(variables={"IDENTITY_ENDPOINT": "set"})))
    assert [finding.state for finding in findings] == ["ok"] * 5
    assert "https://ai.azure.com" in identity.asked[0] or "https%3A%2F%2Fai.azure.com" in identity.asked[0]
    assert "CANARY" not in f"{findings}"


def test_no_token(identity: type[Identity], caplog: pytest.LogCaptureFixture) -> None:
    """Without a token it says so; what the credential raised, which names much, is not repeated."""
    identity.answer = (400, {"error": "CANARY", "error_description": "CANARY CANARY"})
    found = named(credentials.check_token(scene(patience_s=1)), "token")
    assert found.state == "failure"
    assert found.command == "az login"
    assert "CANARY" not in f"{found}"
    assert named(credentials.check_token(scene(patience_s=1, entra=True)), "token").state == "failure"


@pytest.mark.parametrize("entra", [False, True])
def test_refused_by_entra(entra: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of Entra is reported by its code and nothing else."""

    def refuse(_: object) -> str:
        raise RuntimeError("AADSTS7000222: The client secret CANARY of CANARY is expired. Trace ID: CANARY")

    monkeypatch.setattr(credentials, "get_token", refuse)
    variables = {"ANTHROPIC_FOUNDRY_API_KEY": "x"} if entra else {}
    found = named(credentials.check_token(scene(entra=entra, variables=variables)), "token")
    assert found.state == "failure"
    assert "AADSTS7000222" in found.seen
    assert "CANARY" not in f"{found}"


def test_no_token_is_got_for_a_key() -> None:
    """With a key and no sign of Entra nobody is asked for a token."""
    (found,) = credentials.check_token(scene(variables={"ANTHROPIC_FOUNDRY_API_KEY": "x"}))
    assert (found.state, found.fix) == ("skipped", "foundry-telemetry doctor --entra")
