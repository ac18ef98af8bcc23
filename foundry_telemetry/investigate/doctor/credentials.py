"""The key, and a token of the kind that the service would get.

Neither is ever shown, nor any claim that names a person.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.doctor.finding import (
    API_KEY,
    Finding,
    Scene,
    failure,
    ok,
    skipped,
    warning,
)
from foundry_telemetry.observation import TokenFacts
from foundry_telemetry.wire.claims import classify_unauthorized, read_token
from foundry_telemetry.wire.exceptions import read_credential_error

_SCOPES: Final = re.compile(r"https://(?:ai|cognitiveservices)\.azure\.(?:com|us|cn)/\.default").fullmatch
_MISPRINT: Final = "https://ai.cognitiveservices.com/.default"
_SOON_S: Final = 300
"""Seconds; azure-identity renews a token this long before its end."""

_ENTRA_VARIABLES: Final = (
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_TENANT_ID",
    "IDENTITY_ENDPOINT",
)
"""Where one is set, the service means to use Entra."""

_WRONG_KEYS: Final = (
    (re.compile(r"^sk-ant-"), "is a key of Anthropic's own API"),
    (re.compile(r"^eyJ[\w-]+\."), "is a token; give the client azure_ad_token_provider in its place"),
    (re.compile(r"^(?:\$|<|your|xxx)", re.IGNORECASE), "is a placeholder"),
    (re.compile(r"[\"'\s]"), "has quotes or spaces inside"),
    (re.compile(r"[^\x21-\x7e]"), "has characters that no header can carry"),
)
"""What is found in the variable besides keys, and what it is."""

_SET_KEY: Final = (
    f"export {API_KEY}=$(az cognitiveservices account keys list -n <resource> -g <resource-group> "
    "--query key1 -o tsv)"
)


def check_key(scene: Scene) -> Iterator[Finding]:
    """The API key: whether it is set, and whether what is set can be one."""
    given = scene.variable(API_KEY)
    if not given.strip():
        yield _no_key(scene)
        return
    for pattern, what in _WRONG_KEYS:
        if pattern.search(given.strip()):
            yield failure("API key", f"{API_KEY} {what}; it is not shown", _SET_KEY)
            return
    if given != given.strip():
        yield failure("API key", f"{API_KEY} begins or ends with a space or a newline", _SET_KEY)
    else:
        yield ok("API key", f"{API_KEY} is set")


def _no_key(scene: Scene) -> Finding:
    if scene.variable("ANTHROPIC_API_KEY").strip():
        seen = f"only ANTHROPIC_API_KEY is set, which AnthropicFoundry does not read; {API_KEY} is not set"
        return warning("API key", seen, _SET_KEY)
    if wants_token(scene):
        return ok("API key", f"{API_KEY} is not set; Entra is looked at")
    seen = f"{API_KEY} is not set: a key or a token provider must be given in code"
    return warning("API key", seen, _SET_KEY)


def wants_token(scene: Scene) -> bool:
    """Whether a token is to be got: there is no key, or Entra is set up besides, or somebody asked."""
    return scene.entra or not scene.key or any(scene.variable(name) for name in _ENTRA_VARIABLES)


def check_token(scene: Scene) -> Iterator[Finding]:
    """The scope, and the claims of a token that `DefaultAzureCredential` gets here."""
    if not wants_token(scene):
        yield skipped("token", "a key is set, so no token was got", "foundry-telemetry doctor --entra")
        return
    yield _scope(scene.scope)
    try:
        token = get_token(scene)
    except ModuleNotFoundError:
        yield skipped("token", "azure-identity is not installed", "pip install 'azure-identity>=1.25'")
    except Exception as error:
        yield not_got(error, scene)
    else:
        yield from claims(token, scene)


def _scope(scope: str) -> Finding:
    if _SCOPES(scope):
        return ok("token scope", scope)
    shown = scope if scope == _MISPRINT else "it"
    why = "was printed in one revision of the documentation, and" if scope == _MISPRINT else ""
    seen = " ".join(
        f"{shown} {why} is no scope of Foundry: its tokens are refused for their audience".split()
    )
    return failure("token scope", seen, f"get_bearer_token_provider(credential, '{Scene(environ={}).scope}')")


def get_token(scene: Scene) -> str:
    """An access token of `DefaultAzureCredential`; it raises what that raises."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - takes half a second

    wait = max(1, int(scene.patience_s))
    with DefaultAzureCredential(
        process_timeout=wait, connection_timeout=wait, read_timeout=wait
    ) as credential:
        return credential.get_token(scene.scope).token


def not_got(error: Exception, scene: Scene) -> Finding:
    """Why there is no token. Of the exception's text only the code of Entra is told."""
    failed = read_credential_error(error)
    advice = advice_for(failed.type)
    if failed.code is not None:
        seen = f"Entra refused to give a token: {failed.code}"
        return failure("token", seen, advice.next_step)
    seen = f"no credential was found here ({failed.exception_type})"
    if scene.key and not scene.entra:
        return skipped("token", seen, "az login")
    fix = "A service needs a managed identity, or AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret; a person:"
    return failure("token", seen, fix, "az login")


def claims(token: str, scene: Scene) -> Iterator[Finding]:
    """What the claims say: audience, expiry, tenant and kind of identity; nothing that names a person.

    Args:
        token: An access token. It is read and forgotten.
        scene: Says which tenant is expected.
    """
    facts = read_token(b"Bearer " + token.encode(), time.time())
    if facts is None:
        yield ok("token", "got one; it is opaque, so its claims are not known")
        return
    verdict = classify_unauthorized("entra_id", facts)
    yield _audience(facts, verdict)
    yield _expiry(facts, verdict)
    yield _tenant(facts, scene)
    application = f", application {facts.application}" if facts.application else ""
    yield ok("token identity", f"{facts.identity_type or 'kind not reported'}{application}")


def _audience(facts: TokenFacts, verdict: str) -> Finding:
    audience = facts.audience or "not told"
    if verdict == "auth_wrong_audience":
        return failure("token audience", f"{audience}: Foundry refuses it", advice_for(verdict).next_step)
    return ok("token audience", audience)


def _expiry(facts: TokenFacts, verdict: str) -> Finding:
    left = facts.expires_in_s
    if left is None:
        return ok("token expiry", "not told")
    if verdict == "auth_token_expired":
        seen = f"a new token is over since {-left} s: the clock of this host is wrong"
        return failure("token expiry", seen, "timedatectl set-ntp true")
    if left < _SOON_S:
        return warning("token expiry", f"in {left} s already", "timedatectl status")
    return ok("token expiry", f"in {left // 60} minutes")


def _tenant(facts: TokenFacts, scene: Scene) -> Finding:
    wanted = scene.variable("AZURE_TENANT_ID").strip().lower()
    if facts.tenant is None:
        return ok("token tenant", "not told")
    if wanted and wanted != facts.tenant.lower():
        seen = f"{facts.tenant}, which is not AZURE_TENANT_ID"
        return warning("token tenant", seen, advice_for("auth_tenant_mismatch").next_step)
    return ok("token tenant", facts.tenant)
