"""Which requests are calls to Claude in Microsoft Foundry, and what such a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from foundry_telemetry.conventions import CHAT, COUNT_TOKENS
from foundry_telemetry.observation import AuthScheme
from foundry_telemetry.wire.clean import UNREADABLE, as_object, clean_count, clean_name, clean_word
from foundry_telemetry.wire.headers import Bearer, RawHeaders, read_request_headers

_FOUNDRY_HOSTS: Final = tuple(
    f".{service}.azure.{cloud}".encode()
    for service in ("services.ai", "openai", "cognitiveservices")
    for cloud in ("com", "us", "cn")
)
_MESSAGES: Final = b"/v1/messages"
_OPERATIONS: Final = ((_MESSAGES, CHAT), (_MESSAGES + b"/count_tokens", COUNT_TOKENS))
_UNSUPPORTED: Final = re.compile(
    rb"/anthropic/v1/(?:models|messages/batches|organizations|complete)(?:/|$)"
).search
"""Endpoints of the Claude API that Foundry does not offer; a call to one is worth a record that says so."""

_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?").fullmatch
_MAX_HOST: Final = 253
"""Characters; the DNS knows no longer names."""

_MAX_PATH: Final = 256
"""Characters of a path that are told; a real one has forty."""

_MAX_BODY: Final = 32 * 1024 * 1024
"""Bytes; the API refuses larger requests, so a larger body is not worth reading."""

_PORTS: Final = {"https": 443, "http": 80}

Hosts = frozenset[bytes]
"""Extra hosts, each as ``name`` or ``name:port``, lower case."""


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """What a recognised request tells before it is sent. `bearer` never leaves the attempt."""

    operation: str | None
    method: str
    scheme: str
    server_address: str | None
    server_port: int | None
    path: str
    on_foundry_host: bool
    resource: str | None
    client: str | None
    anthropic_version: str | None
    retry_count: int
    traceparent: bytes | None
    auth_scheme: AuthScheme
    bearer: Bearer | None
    deployment: str | None
    stream: bool
    max_tokens: int | None
    effort: str | None = None


class _Body(Struct, gc=False):
    """The three fields we need; typed loosely, because one bad field must not hide the others."""

    model: object = None
    stream: object = None
    max_tokens: object = None
    output_config: object = None


_decode_body: Final = msgspec.json.Decoder(_Body).decode
_NO_BODY: Final = _Body()


def parse_hosts(hosts: Iterable[str]) -> Hosts:
    """Check and normalise the hosts a user names: ``gw.example.com``, ``127.0.0.1:8000``, or a base URL.

    Raises:
        TypeError: `hosts` is one string, or holds something that is none.
        ValueError: An entry is no host.
    """
    if isinstance(hosts, str) or not isinstance(hosts, Iterable):
        raise TypeError(
            f"hosts={hosts!r}: expected a sequence of host names, such as hosts=({str(hosts)!r},)"
        )
    return frozenset(_parse_host(host) for host in hosts)


def _parse_host(text: str) -> bytes:
    # Behind these characters may be a password or a key.
    shown = "an entry with '@' or '?'" if isinstance(text, str) and {"@", "?"} & set(text) else repr(text)
    problem = f"hosts: {shown} is no host; expected 'gw.example.com', '127.0.0.1:8000' or 'https://gw.example.com/claude'"
    if not isinstance(text, str):
        raise TypeError(problem)
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(problem) from None
    if not host or parts.username or not (_HOST(host) or ":" in host):
        raise ValueError(problem)
    return (f"{host}:{port}" if port else host).encode("ascii")


def is_foundry_host(host: bytes) -> bool:
    """Whether Azure itself answers on this host."""
    return host.endswith(_FOUNDRY_HOSTS)


def may_concern_us(raw_path: bytes) -> bool:
    """The one test that every request of an instrumented client gets, on the path with its query."""
    return _MESSAGES in raw_path or b"/anthropic/v1/" in raw_path


def read_request(
    *,
    method: str,
    scheme: str,
    host: bytes,
    port: int | None,
    raw_path: bytes,
    headers: RawHeaders,
    body: Callable[[], bytes | None],
    hosts: Hosts,
) -> Request | None:
    """Read a request; ``None`` when it is no call to Foundry.

    Args:
        method: ``POST`` and the like.
        scheme: ``https`` or ``http``.
        host: Host of the URL.
        port: Port of the URL, ``None`` for the scheme's own.
        raw_path: Path of the URL as sent, with the query.
        headers: Headers as sent.
        body: Gives the body if it is in memory; asked only for a call to Foundry.
        hosts: Extra hosts that count as Foundry.
    """
    path = raw_path.partition(b"?")[0]
    operation = _operation(path)
    if operation is None and not _UNSUPPORTED(path):
        return None
    on_foundry_host = is_foundry_host(host)
    facts = read_request_headers(headers)
    if not (
        on_foundry_host
        or facts.from_foundry_client
        or host in hosts
        or b"%s:%d" % (host, port or _PORTS.get(scheme, 0)) in hosts
    ):
        return None
    wanted = _read_body(body())
    return Request(
        operation=operation,
        method=method,
        scheme=scheme,
        server_address=host.decode("ascii", "replace")[:_MAX_HOST],
        server_port=port or _PORTS.get(scheme),
        path=path.decode("ascii", "replace")[:_MAX_PATH],
        on_foundry_host=on_foundry_host,
        resource=host.partition(b".")[0].decode("ascii")[:_MAX_HOST] if on_foundry_host else None,
        client=facts.client,
        anthropic_version=facts.anthropic_version,
        retry_count=facts.retry_count,
        traceparent=facts.traceparent,
        auth_scheme=facts.auth_scheme,
        bearer=facts.bearer,
        deployment=clean_name(wanted.model),
        stream=wanted.stream is True,
        max_tokens=clean_count(wanted.max_tokens),
        effort=clean_word(as_object(wanted.output_config).get("effort")),
    )


def unsent_request(
    *, method: str, path: str, model: object, stream: object, max_tokens: object, retry_count: int
) -> Request:
    """A call for which no request was ever built, because its token provider raised; its host is not told."""
    return Request(
        operation=_operation(path.encode()),
        method=method,
        scheme="https",
        server_address=None,
        server_port=None,
        path=path,
        on_foundry_host=False,
        resource=None,
        client=None,
        anthropic_version=None,
        retry_count=retry_count,
        traceparent=None,
        auth_scheme="entra_id",
        bearer=None,
        deployment=clean_name(model),
        stream=stream is True,
        max_tokens=clean_count(max_tokens),
    )


@lru_cache(maxsize=64)
def _operation(path: bytes) -> str | None:
    return next((name for suffix, name in _OPERATIONS if path.endswith(suffix)), None)


def _read_body(body: bytes | None) -> _Body:
    if not body or len(body) > _MAX_BODY:
        return _NO_BODY
    try:
        return _decode_body(body)
    except UNREADABLE:
        return _NO_BODY
