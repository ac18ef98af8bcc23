"""The address that clients call: the forms that are wrong, each with the right one.

What is shown of a URL is its scheme, host and path; a password and a query could hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from foundry_telemetry.investigate.doctor import texts
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

_PATH: Final = "/anthropic"
_SDK_ADDS: Final = "/v1/messages"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

_SHOWN: Final = re.compile(r"[A-Za-z0-9._~/-]{0,120}").fullmatch

_WRONG_HOSTS: Final = (
    (
        re.compile(r"(?:^|\.)anthropic\.com$"),
        texts.ANTHROPIC_API,
    ),
    (
        re.compile(r"\.privatelink\."),
        texts.PRIVATE_LINK,
    ),
    (re.compile(r"^ai\.azure\.(?:com|us|cn)$"), texts.PORTAL),
    (re.compile(r"\.(?:inference|models)\.ai\.azure\.com$"), texts.OTHER_MODELS),
    (re.compile(r"\.api\.cognitive\.microsoft\.com$"), texts.REGION),
)
"""Hosts that are never the right one, and why."""


def check(scene: Scene) -> Iterator[Finding]:
    """The base URL and the resource, by the variables that the SDK reads."""
    resource, url = scene.variable(RESOURCE).strip(), scene.base_url or scene.variable(BASE_URL).strip()
    if scene.base_url is None and resource and url:
        seen = texts.BOTH_SET.format(resource=RESOURCE, base_url=BASE_URL)
        yield failure(texts.RESOURCE, seen, f"unset {RESOURCE}")
    elif resource:
        yield _resource(resource)
    if url:
        yield _url(url)
    elif resource:
        yield ok(texts.BASE_URL, texts.FROM_RESOURCE.format(path=_PATH))
    else:
        seen = texts.NOT_SET.format(base_url=BASE_URL, resource=RESOURCE)
        yield skipped(texts.BASE_URL, seen, scene.command("--base-url", texts.A_BASE_URL))


def _resource(name: str) -> Finding:
    repair = texts.FIX_RESOURCE.format(resource=RESOURCE)
    if is_key_like(name):
        return failure(texts.RESOURCE, texts.RESOURCE_IS_KEY.format(resource=RESOURCE), repair)
    if is_resource(name):
        return ok(texts.RESOURCE, f"{RESOURCE}={name}")
    label = re.sub(r"^[a-z]+://", "", name).partition(".")[0]
    if "." in name and is_resource(label):
        seen = texts.RESOURCE_IS_HOST.format(resource=RESOURCE)
        return failure(texts.RESOURCE, seen, f"export {RESOURCE}={label}")
    return failure(texts.RESOURCE, texts.NOT_A_RESOURCE.format(resource=RESOURCE), repair)


def _url(text: str) -> Finding:
    example = f"export {BASE_URL}=https://<resource>.services.ai.azure.com{_PATH}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return failure(texts.BASE_URL, texts.NOT_A_URL, example)
    if parts.scheme not in ("http", "https") or not is_host(host):
        return failure(texts.BASE_URL, texts.NOT_HTTP, example)
    if parts.username or parts.password or parts.query or parts.fragment:
        return failure(texts.BASE_URL, texts.URL_WITH_SECRETS, example)
    origin = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return _host(parts, host) or _path(parts, host, origin) or _sound(host, origin + parts.path)


def _host(parts: SplitResult, host: str) -> Finding | None:
    example = f"export {BASE_URL}=https://<resource>.services.ai.azure.com{_PATH}"
    for pattern, why in _WRONG_HOSTS:
        if pattern.search(host):
            return failure(texts.BASE_URL, texts.HOST.format(host=host, problem=why), example)
    if parts.scheme == "http" and host not in _LOOPBACK:
        repair = f"export {BASE_URL}=https://{host}{parts.path if _SHOWN(parts.path) else ''}"
        return failure(texts.BASE_URL, texts.PLAIN_HTTP.format(host=host), repair)
    return None


def _path(parts: SplitResult, host: str, origin: str) -> Finding | None:
    """What is wrong with the path; a gateway may have any prefix, but the SDK adds to it all the same."""
    path = parts.path.rstrip("/")
    shown = path if _SHOWN(path) else texts.HIDDEN_PATH
    right = origin + (_PATH if is_foundry_host(host.encode()) else path.partition("/v1")[0])
    repair = (
        f"export {BASE_URL}={right if _SHOWN(right.partition('://')[2].replace(':', '')) else origin + _PATH}"
    )
    if path.count(_PATH) > 1:
        return failure(texts.BASE_URL, texts.PATH_TWICE.format(path=shown, part=_PATH), repair)
    if re.search(r"/v1(?:/|$)", path):
        return failure(texts.BASE_URL, texts.PATH_WITH_V1.format(path=shown, added=_SDK_ADDS), repair)
    if is_foundry_host(host.encode()) and path != _PATH:
        seen = texts.WRONG_PATH if path else texts.NO_PATH
        return failure(texts.BASE_URL, seen.format(path=shown, part=_PATH), repair)
    return None


def _sound(host: str, url: str) -> Finding:
    shown = url if _SHOWN(url.partition("://")[2].replace(":", "")) else host
    if is_foundry_host(host.encode()):
        return ok(texts.BASE_URL, shown)
    return warning(texts.BASE_URL, texts.NOT_AZURE.format(url=shown), f'configure(hosts=["{host}"])')
