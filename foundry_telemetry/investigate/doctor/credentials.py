"""The key, and a token of the kind that the service would get.

Neither is ever shown, nor any claim that names a person.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.finding import (
    API_KEY,
    Finding,
    Scene,
    failure,
    ok,
    skipped,
    warning,
)
from foundry_telemetry.investigate.formatting import lasted
from foundry_telemetry.investigate.texts import UNKNOWN
from foundry_telemetry.observation import TokenFacts
from foundry_telemetry.wire.claims import classify_unauthorized, read_token
from foundry_telemetry.wire.exceptions import read_credential_error

_SCOPES: Final = re.compile(r"https://(?:ai|cognitiveservices)\.azure\.(?:com|us|cn)/\.default").fullmatch
_MISPRINT: Final = "https://ai.cognitiveservices.com/.default"
_LONGEST_S: Final = 31_536_000.0
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
    (re.compile(r"^sk-ant-"), texts.KEY_OF_ANTHROPIC),
    (re.compile(r"^eyJ[\w-]+\."), texts.KEY_IS_TOKEN),
    (re.compile(r"^(?:\$|<|your|xxx)", re.IGNORECASE), texts.KEY_IS_PLACEHOLDER),
    (re.compile(r"[\"'\s]"), texts.KEY_WITH_QUOTES),
    (re.compile(r"[^\x21-\x7e]"), texts.KEY_NOT_ASCII),
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
            yield failure(texts.API_KEY, texts.WRONG_KEY.format(variable=API_KEY, problem=what), _SET_KEY)
            return
    if given != given.strip():
        yield failure(texts.API_KEY, texts.KEY_WITH_SPACES.format(variable=API_KEY), _SET_KEY)
    else:
        yield ok(texts.API_KEY, texts.KEY_IS_SET.format(variable=API_KEY))


def _no_key(scene: Scene) -> Finding:
    if scene.variable("ANTHROPIC_API_KEY").strip():
        return warning(texts.API_KEY, texts.OTHER_KEY.format(variable=API_KEY), _SET_KEY)
    if wants_token(scene):
        seen = texts.KEY_NOT_SET_ENTRA.format(variable=API_KEY)
        return skipped(texts.API_KEY, seen, texts.FIX_KEY_NOT_SET_ENTRA)
    return warning(texts.API_KEY, texts.KEY_NOT_SET.format(variable=API_KEY), _SET_KEY)


def wants_token(scene: Scene) -> bool:
    """Whether a token is requested: there is no key, or Entra is set up too, or the user asked for it."""
    return scene.entra or not scene.key or any(scene.variable(name) for name in _ENTRA_VARIABLES)


def check_token(scene: Scene) -> Iterator[Finding]:
    """The scope, and the claims of a token that `DefaultAzureCredential` gets here."""
    if not wants_token(scene):
        yield skipped(texts.TOKEN, texts.KEY_IN_USE, scene.command("--entra"))
        return
    yield _scope(scene.scope)
    try:
        token = get_token(scene)
    except ModuleNotFoundError:
        yield skipped(texts.TOKEN, texts.NO_IDENTITY, "pip install 'azure-identity>=1.25'")
    except Exception as error:
        yield not_got(error, scene)
    else:
        yield from claims(token, scene)


def _scope(scope: str) -> Finding:
    if _SCOPES(scope):
        return ok(texts.TOKEN_SCOPE, scope)
    shown = texts.MISPRINTED_SCOPE.format(scope=scope) if scope == _MISPRINT else texts.GIVEN_SCOPE
    fix = texts.FIX_SCOPE.format(scope=Scene(environ={}).scope)
    return failure(texts.TOKEN_SCOPE, texts.WRONG_SCOPE.format(scope=shown), fix)


def get_token(scene: Scene) -> str:
    """An access token of `DefaultAzureCredential`; it raises what that raises."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - takes half a second

    wait = max(1, int(scene.patience_s))
    with DefaultAzureCredential(
        process_timeout=wait, connection_timeout=wait, read_timeout=wait
    ) as credential:
        return credential.get_token(scene.scope).token


def not_got(error: Exception, scene: Scene) -> Finding:
    """Why there is no token. Of the exception's text only the code of Entra is shown."""
    failed = read_credential_error(error)
    advice = advice_for(failed.type)
    if failed.code is not None:
        return failure(texts.TOKEN, texts.ENTRA_REFUSED.format(code=failed.code), advice.next_step)
    seen = texts.NO_CREDENTIAL.format(error=failed.exception_type)
    if scene.key and not scene.entra:
        return skipped(texts.TOKEN, seen, "az login")
    return failure(texts.TOKEN, seen, texts.FIX_NO_CREDENTIAL, "az login")


def claims(token: str, scene: Scene) -> Iterator[Finding]:
    """What the claims say: audience, expiry, tenant and kind of identity; nothing that names a person.

    Args:
        token: An access token. It is read and forgotten.
        scene: Says which tenant is expected.
    """
    facts = read_token(b"Bearer " + token.encode(), time.time())
    if facts is None:
        yield ok(texts.TOKEN, texts.OPAQUE_TOKEN)
        return
    verdict = classify_unauthorized("entra_id", facts)
    yield _audience(facts, verdict)
    yield _expiry(facts, verdict)
    yield _tenant(facts, scene)
    application = texts.APPLICATION.format(application=facts.application) if facts.application else ""
    yield ok(texts.TOKEN_IDENTITY, f"{facts.identity_type or texts.UNKNOWN_IDENTITY}{application}")


def _audience(facts: TokenFacts, verdict: str) -> Finding:
    audience = facts.audience or UNKNOWN
    if verdict == "auth_wrong_audience":
        seen = texts.AUDIENCE_REFUSED.format(audience=audience)
        return failure(texts.TOKEN_AUDIENCE, seen, advice_for(verdict).next_step)
    return ok(texts.TOKEN_AUDIENCE, audience)


def _expiry(facts: TokenFacts, verdict: str) -> Finding:
    seconds = facts.expires_in_s
    if seconds is None:
        return ok(texts.TOKEN_EXPIRY, UNKNOWN)
    time = lasted(timedelta(seconds=min(abs(seconds), _LONGEST_S)))
    if verdict == "auth_token_expired":
        return failure(texts.TOKEN_EXPIRY, texts.EXPIRED.format(time=time), "timedatectl set-ntp true")
    if seconds < _SOON_S:
        return warning(texts.TOKEN_EXPIRY, texts.EXPIRES_SOON.format(time=time), "timedatectl status")
    return ok(texts.TOKEN_EXPIRY, texts.EXPIRES.format(time=time))


def _tenant(facts: TokenFacts, scene: Scene) -> Finding:
    wanted = scene.variable("AZURE_TENANT_ID").strip().lower()
    if facts.tenant is None:
        return ok(texts.TOKEN_TENANT, UNKNOWN)
    if wanted and wanted != facts.tenant.lower():
        seen = texts.OTHER_TENANT.format(tenant=facts.tenant)
        return warning(texts.TOKEN_TENANT, seen, advice_for("auth_tenant_mismatch").next_step)
    return ok(texts.TOKEN_TENANT, facts.tenant)
