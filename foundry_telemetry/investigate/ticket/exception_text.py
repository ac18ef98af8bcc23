"""What failed, read from the text of an exception or a log line that somebody pasted.

Evidence in the order of its weight: a cause that is named (our own note does), a code of Entra, a status with
the body of the response, the class of a client's exception. The text is read and never kept.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from foundry_telemetry.advice import ALL
from foundry_telemetry.schema.value import AuthScheme
from foundry_telemetry.wire.causes import Failure, make_failure
from foundry_telemetry.wire.claims import read_entra_error
from foundry_telemetry.wire.entra_codes import cause_of
from foundry_telemetry.wire.error_body import ErrorBody, read_error
from foundry_telemetry.wire.errors import classify
from foundry_telemetry.wire.headers import NO_IDS
from foundry_telemetry.wire.request_matcher import is_foundry_host

_LONGEST: Final = 100_000
_NAMES: Final = "|".join(sorted(ALL, key=len, reverse=True))
_NAMED: Final = re.compile(
    rf"(?:\[foundry-telemetry\] |error\.type['\"]?\s*[=:]\s*['\"]?)({_NAMES}|http_[45]\d\d)\b"
)
_STATUS: Final = re.compile(
    r"(?:error code|status(?:[ _-]?code)?|client error|server error|http(?:/[\d.]+)?)\W{0,4}([45]\d\d)\b",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"https?://([A-Za-z0-9.-]{1,253})")
_MOST_BODIES: Final = 5
_SCHEMES: Final[tuple[AuthScheme, AuthScheme]] = ("entra_id", "api_key")
_CLASSES: Final = (
    (r"PoolTimeout", "pool_timeout"),
    (r"APITimeoutError|ConnectTimeout|ReadTimeout|WriteTimeout|TimeoutException", "client_timeout"),
    (r"DecodingError", "decoding_error"),
    (
        r"APIConnectionError|(?:Connect|Read|Write|Close|Proxy|RemoteProtocol|LocalProtocol|Network)Error",
        "connection_error",
    ),
    (r"Connection(?:Refused|Reset|Aborted)?Error", "connection_error"),
)
"""Classes of the anthropic package, httpx and Python, the more exact before the others."""
_CLASS: Final = tuple((re.compile(rf"\b({names})\b"), cause) for names, cause in _CLASSES)


class Read(NamedTuple):
    """A failure, and what it was read from."""

    failure: Failure
    evidence: Mapping[str, str]
    """Kind of evidence, such as ``status``, and what it is. Nothing of it is the caller's own words."""


def read_failure(text: str) -> Read | None:
    """The failure that a text is about; ``None`` where nothing in it shows one."""
    shown = text[:_LONGEST]
    return _of_name(shown) or _of_entra(shown) or _of_status(shown) or _of_class(shown)


def _of_name(text: str) -> Read | None:
    found = _NAMED.search(text)
    bare = text.strip().strip("'\"`")
    cause = found[1] if found else bare if bare in ALL else None
    if cause is None:
        return None
    return Read(make_failure(cause, origin="unknown"), {"cause": cause})


def _of_entra(text: str) -> Read | None:
    entra = read_entra_error(text)
    if entra.code is None:
        return None
    failure = make_failure(cause_of(entra.code), origin="entra", code=entra.code, entra=entra)
    return Read(failure, {"entra_code": entra.code})


def _of_status(text: str) -> Read | None:
    found = _STATUS.search(text)
    if found is None:
        return None
    status, body = int(found[1]), read_error(_body(text), b"application/json")
    url = _URL.search(text)
    on_foundry_host = url is not None and is_foundry_host(url[1].lower().encode())
    failure, other = (_classified(status, body, scheme, on_foundry_host) for scheme in _SCHEMES)
    if failure.type != other.type:  # the credential alone would show it, and it is not in the text
        failure = make_failure(
            f"http_{status}", origin="unknown", status=status, is_specific=False, code=failure.code
        )
    evidence = {"status": str(status), **({"code": failure.code} if failure.code else {})}
    return Read(failure, evidence)


def _classified(status: int, body: ErrorBody, scheme: AuthScheme, on_foundry_host: bool) -> Failure:  # noqa: FBT001
    return classify(
        status=status,
        body=body,
        ids=NO_IDS,
        on_foundry_host=on_foundry_host,
        auth_scheme=scheme,
        bearer=None,
        supported=True,
        now_s=time.time(),
    )


def _of_class(text: str) -> Read | None:
    for names, cause in _CLASS:
        found = names.search(text)
        if found is not None:
            return Read(make_failure(cause, origin="client"), {"exception": found[1]})
    return None


def _body(text: str) -> bytes:
    """The body of the response within a text: JSON, or as Python shows what JSON held; empty without one."""
    start = -1
    for _ in range(_MOST_BODIES):
        start = text.find("{", start + 1)
        end = text.rfind("}") + 1
        if start < 0 or end <= start:
            break
        body = _read(text[start:end])
        if isinstance(body, dict):
            return json.dumps(body).encode()
    return b""


def _read(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
        return ast.literal_eval(text)
    return None
