"""Which requests are calls to Claude in Microsoft Foundry, and what such a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from foundry_telemetry.schema.value import CHAT, OPERATION_PATHS, AuthScheme
from foundry_telemetry.wire.foundry_client import has_foundry_credential
from foundry_telemetry.wire.headers import Bearer, RawHeaders, by_name, read_request_headers
from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import clean_count, clean_deployment, clean_word

_FOUNDRY_HOSTS: Final = tuple(
    f".{service}.azure.{cloud}".encode()
    for service in ("services.ai", "openai", "cognitiveservices")
    for cloud in ("com", "us", "cn")
)
_ELSEWHERE: Final = (b".anthropic.com", b".api.aws", b".amazonaws.com", b".googleapis.com")
"""Where Anthropic and other clouds serve Claude: who calls these does not mean Foundry."""

_METHODS: Final = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
OTHER_METHOD: Final = "_OTHER"
"""What the HTTP convention of OpenTelemetry calls every other method, which may be any text."""
IN_EVERY_PATH: Final = "/v1/"
"""What no path is without that `is_candidate` knows."""
_MESSAGES: Final = OPERATION_PATHS[CHAT].encode()
_OPERATIONS: Final = tuple((end.encode(), operation) for operation, end in OPERATION_PATHS.items())
_UNSUPPORTED: Final = re.compile(
    rb"/anthropic/v1/(?:models|messages/batches|organizations|complete)(?:/|$)"
).search
"""Endpoints of the Claude API that Foundry does not offer; a call to one is worth a record that says so."""

_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?").fullmatch
_MAX_HOST: Final = 253
"""Characters; the DNS knows no longer names."""

_MAX_PATH: Final = 256
"""Characters of a path that are recorded; a real one has forty."""

_MAX_BODY: Final = 32 * 1024 * 1024
"""Bytes; the API refuses larger requests, so a larger body is not worth reading."""

_PORTS: Final = {"https": 443, "http": 80}

Hosts = frozenset[bytes]
"""Extra hosts, each as ``name`` or ``name:port``, lower case."""


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a matched request before it is sent. `bearer` never leaves the attempt."""

    operation: str | None
    method: str
    scheme: str
    server_address: str | None
    server_port: int | None
    path: str
    url: str | None
    """Scheme, host and path; the port where it is not the scheme's own; never the query."""
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


_read: Final = reader(_Body)
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
    problem = f"hosts: {shown} is not a host; expected 'gw.example.com', '127.0.0.1:8000' or 'https://gw.example.com/claude'"
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


def is_candidate(raw_path: bytes) -> bool:
    """The one test that every request of an instrumented client gets, on the path with its query."""
    # `in` would cost four times as much: it first tries whether a number is looked for.
    return bool(raw_path.partition(_MESSAGES)[1] or raw_path.partition(b"/anthropic/v1/")[1])


def resembles_claude(host: bytes, raw_path: bytes, headers: RawHeaders) -> bool:
    """Whether a request that is not known as a call to Foundry may be one, to a host that nobody named."""
    if _operation(raw_path.partition(b"?")[0]) is None or (b"." + host.rstrip(b".")).endswith(_ELSEWHERE):
        return False
    return b"anthropic-version" in by_name(headers)


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
    in_foundry_span: Callable[[], bool] = lambda: False,
) -> Request | None:
    """Read a request, its parts as sent; ``None`` when it is no call to Foundry.

    `port` is ``None`` for the scheme's own; `raw_path` has the query. `body` gives the body if it is in
    memory, and is asked only for a call to Foundry. `hosts` count as Foundry besides Azure's.
    `in_foundry_span` says whether the SDK's own span for the call is one of its Foundry clients; asked only
    where neither host nor user agent decides.
    """
    target = _target(scheme, host, port, raw_path.partition(b"?")[0], hosts)
    if target is None:
        return None
    facts = read_request_headers(headers)
    is_foundry = target.is_known_host or facts.from_foundry_client
    if not (is_foundry or in_foundry_span() or has_foundry_credential(headers)):
        return None
    wanted = _read_body(body())
    config = wanted.output_config
    return Request(
        operation=target.operation, method=method if method in _METHODS else OTHER_METHOD, scheme=scheme,
        server_address=target.server_address, server_port=target.server_port, path=target.path,
        url=target.url, on_foundry_host=target.on_foundry_host, resource=target.resource,
        client=facts.client, anthropic_version=facts.anthropic_version, retry_count=facts.retry_count,
        traceparent=facts.traceparent, auth_scheme=facts.auth_scheme, bearer=facts.bearer,
        deployment=clean_deployment(wanted.model), stream=wanted.stream is True,
        max_tokens=clean_count(wanted.max_tokens),
        effort=clean_word(config.get("effort")) if type(config) is dict else None,
    )  # fmt: skip


class _Target(Struct, frozen=True, gc=False):
    """What a URL gives; the fields are those of a `Request`."""

    operation: str | None
    server_address: str
    server_port: int | None
    path: str
    url: str
    on_foundry_host: bool
    is_known_host: bool
    """Whether the host alone makes it a call to Foundry."""
    resource: str | None


@lru_cache(maxsize=64)
def _target(scheme: str, host: bytes, port: int | None, path: bytes, hosts: Hosts) -> _Target | None:
    """Read a URL without its query; ``None`` when its path is none of the API. A client has few of them."""
    operation = _operation(path)
    if operation is None and not _UNSUPPORTED(path):
        return None
    on_foundry_host = is_foundry_host(host)
    host_and_port = b"%s:%d" % (host, port or _PORTS.get(scheme, 0))
    address = host.decode("ascii", "replace")[:_MAX_HOST]
    shown_path = path.decode("ascii", "replace")[:_MAX_PATH]
    return _Target(
        operation=operation,
        server_address=address,
        server_port=port or _PORTS.get(scheme),
        path=shown_path,
        url=url_of(scheme, address, port or None, shown_path),
        on_foundry_host=on_foundry_host,
        is_known_host=on_foundry_host or host in hosts or host_and_port in hosts,
        resource=host.partition(b".")[0].decode("ascii")[:_MAX_HOST] if on_foundry_host else None,
    )


def url_of(scheme: str, host: str, port: int | None, path: str) -> str:
    """A URL without its query; with the port where it is not the scheme's own."""
    shown_port = "" if port in (None, 443 if scheme == "https" else 80) else f":{port}"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{shown_port}{path}"


def unsent_request(
    *, method: str, path: str, model: object, stream: object, max_tokens: object, retry_count: int
) -> Request:
    """A call for which no request was ever built, because its token provider raised; its host is unknown."""
    sent = quote(path, safe="/%:@", errors="replace")  # as a client would, so nothing but printable ASCII
    return Request(
        operation=_operation(sent.encode()),
        method=method if method in _METHODS else OTHER_METHOD,
        scheme="https",
        server_address=None,
        server_port=None,
        path=sent[:_MAX_PATH],
        url=None,
        on_foundry_host=False,
        resource=None,
        client=None,
        anthropic_version=None,
        retry_count=retry_count,
        traceparent=None,
        auth_scheme="entra_id",
        bearer=None,
        deployment=clean_deployment(model),
        stream=stream is True,
        max_tokens=clean_count(max_tokens),
    )


def _operation(path: bytes) -> str | None:
    return next((name for suffix, name in _OPERATIONS if path.endswith(suffix)), None)


def _read_body(body: bytes | None) -> _Body:
    if not body or len(body) > _MAX_BODY:
        return _NO_BODY
    return _read(body) or _NO_BODY
