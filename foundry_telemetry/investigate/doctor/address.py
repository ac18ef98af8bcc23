"""The address that clients call: the forms that are wrong, each with the right one.

What is shown of a URL is its scheme, host and path; a password and a query could hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from foundry_telemetry.investigate.doctor.finding import (
    BASE_URL,
    RESOURCE,
    Finding,
    Scene,
    failure,
    is_host,
    is_key_like,
    is_resource,
    ok,
    skipped,
    warning,
)
from foundry_telemetry.wire.request_matcher import is_foundry_host

_CHECK: Final = "base URL"
_PATH: Final = "/anthropic"
_SDK_ADDS: Final = "/v1/messages"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

_SHOWN: Final = re.compile(r"[A-Za-z0-9._~/-]{0,120}").fullmatch

_WRONG_HOSTS: Final = (
    (
        re.compile(r"(?:^|\.)anthropic\.com$"),
        "is Anthropic's own API, where credentials of Foundry are refused",
    ),
    (
        re.compile(r"\.privatelink\."),
        "is a name for the DNS of a private endpoint; URLs keep the public name",
    ),
    (re.compile(r"^ai\.azure\.(?:com|us|cn)$"), "is the portal, not a resource"),
    (re.compile(r"\.(?:inference|models)\.ai\.azure\.com$"), "serves other models, not Claude"),
    (re.compile(r"\.api\.cognitive\.microsoft\.com$"), "is the endpoint of a region, not of a resource"),
)
"""Hosts that are never the right one, and why."""


def check(scene: Scene) -> Iterator[Finding]:
    """The base URL and the resource, by the variables that the SDK reads."""
    resource, url = scene.variable(RESOURCE).strip(), scene.base_url or scene.variable(BASE_URL).strip()
    if scene.base_url is None and resource and url:
        seen = f"{RESOURCE} and {BASE_URL} are both set: AnthropicFoundry() raises ValueError"
        yield failure("resource", seen, f"unset {RESOURCE}")
    elif resource:
        yield _resource(resource)
    if url:
        yield _url(url)
    elif resource:
        yield ok(_CHECK, f"made of the resource, with {_PATH} at its end")
    else:
        seen = f"neither {BASE_URL} nor {RESOURCE} is set, so what is given in code was not looked at"
        yield skipped(
            _CHECK,
            seen,
            "foundry-telemetry doctor --base-url https://<resource>.services.ai.azure.com/anthropic",
        )


def _resource(name: str) -> Finding:
    repair = f"export {RESOURCE}=<name of the Foundry resource>"
    if is_key_like(name):
        return failure("resource", f"{RESOURCE} looks like a key; it is not shown", repair)
    if is_resource(name):
        return ok("resource", f"{RESOURCE}={name}")
    label = re.sub(r"^[a-z]+://", "", name).partition(".")[0]
    if "." in name and is_resource(label):
        seen = f"{RESOURCE} holds a whole host or URL; the SDK adds .services.ai.azure.com to it"
        return failure("resource", seen, f"export {RESOURCE}={label}")
    return failure("resource", f"{RESOURCE} is no name of a resource: letters, digits and hyphens", repair)


def _url(text: str) -> Finding:
    example = f"export {BASE_URL}=https://<resource>.services.ai.azure.com{_PATH}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return failure(_CHECK, "it is no URL; it is not shown", example)
    if parts.scheme not in ("http", "https") or not is_host(host):
        return failure(_CHECK, "it is no http or https URL; it is not shown", example)
    if parts.username or parts.password or parts.query or parts.fragment:
        seen = "it holds a user, a query or a fragment, which may be secrets and end up in logs"
        return failure(_CHECK, seen, example)
    origin = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return _host(parts, host) or _path(parts, host, origin) or _sound(host, origin + parts.path)


def _host(parts: SplitResult, host: str) -> Finding | None:
    example = f"export {BASE_URL}=https://<resource>.services.ai.azure.com{_PATH}"
    for pattern, why in _WRONG_HOSTS:
        if pattern.search(host):
            return failure(_CHECK, f"{host} {why}", example)
    if parts.scheme == "http" and host not in _LOOPBACK:
        seen = f"{host} is called over http: key, token and prompts travel in clear text"
        return failure(
            _CHECK, seen, f"export {BASE_URL}=https://{host}{parts.path if _SHOWN(parts.path) else ''}"
        )
    return None


def _path(parts: SplitResult, host: str, origin: str) -> Finding | None:
    """What is wrong with the path; a gateway may have any prefix, but the SDK adds to it all the same."""
    path = parts.path.rstrip("/")
    shown = path if _SHOWN(path) else "(not shown)"
    right = origin + (_PATH if is_foundry_host(host.encode()) else path.partition("/v1")[0])
    repair = (
        f"export {BASE_URL}={right if _SHOWN(right.partition('://')[2].replace(':', '')) else origin + _PATH}"
    )
    if path.count(_PATH) > 1:
        return failure(_CHECK, f"its path {shown} has {_PATH} twice: every call gets a 404", repair)
    if re.search(r"/v1(?:/|$)", path):
        seen = f"its path {shown} goes too far: the SDK adds {_SDK_ADDS}, and every call gets a 404"
        return failure(_CHECK, seen, repair)
    if is_foundry_host(host.encode()) and path != _PATH:
        found = f"its path is {shown} in place of {_PATH}" if path else f"it lacks {_PATH} at its end"
        return failure(_CHECK, f"{found}: every call gets a 404", repair)
    return None


def _sound(host: str, url: str) -> Finding:
    shown = url if _SHOWN(url.partition("://")[2].replace(":", "")) else host
    if is_foundry_host(host.encode()):
        return ok(_CHECK, shown)
    seen = f"{shown} is no host of Azure; calls by httpx itself count as Foundry only when it is named"
    return warning(_CHECK, seen, f'configure(hosts=["{host}"])')
