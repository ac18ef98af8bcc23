"""The readers of credentials: of a token only the claims that name nobody, of Entra's words only its ids.

The first byte of an input says what the rest is: a whole ``authorization`` header, the claims of a token,
or the text of an exception.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable

from foundry_telemetry.wire.causes import CLASSES
from foundry_telemetry.wire.claims import classify_unauthorized, read_entra_error, read_token
from tests.fuzz.bodies import lenient
from tests.fuzz.emitted import clean, with_canary
from tests.fuzz.harness import Harness
from tests.fuzz.spoiling import spoilt
from tests.support.recorded import cases

NOW_S = 1.8e9
PERSONAL = {"upn": "CANARY-UPN", "email": "CANARY-MAIL", "name": "CANARY-NAME", "oid": "CANARY-OID"}


def check(data: bytes) -> None:
    """Whatever a token or a text holds, what is reported of it is clean, and stands in it."""
    (check_header, check_claims, check_text)[data[0] % 3](data[1:]) if data else None


def check_header(value: bytes) -> None:
    """An ``authorization`` header of any bytes gives facts or none, and the 401 a class that is known."""
    facts = read_token(value, NOW_S)
    for scheme in ("entra_id", "api_key", "none"):
        assert classify_unauthorized(scheme, facts) in CLASSES
    if facts is None:
        return
    assert facts.expires_in_s is None or -(2**41) < facts.expires_in_s < 2**41
    for text in (facts.audience, facts.tenant, facts.application, facts.identity_type):
        assert text is None or (clean(text) and len(text) <= 128)


def check_claims(payload: bytes) -> None:
    """Of a token's claims those are told that another reader finds under the names we may read."""
    header = b"Bearer e30." + urlsafe_b64encode(payload).rstrip(b"=") + b".c2ln"
    check_header(header)
    facts, claims = read_token(header, NOW_S), lenient(payload)
    if facts is None or claims is None:
        return
    assert facts.audience in (None, claims.get("aud"))
    assert facts.tenant in (None, claims.get("tid"))
    assert facts.application in (None, claims.get("appid"), claims.get("azp"))
    assert facts.identity_type in (None, claims.get("idtyp"))
    if facts.expires_in_s is not None:
        assert type(claims["exp"]) is int
        assert facts.expires_in_s == int(claims["exp"] - NOW_S)


def check_text(text: bytes) -> None:
    """What a token provider says gives ids of known shape alone."""
    entra = read_entra_error(text.decode("utf-8", "replace"))
    for value, most in ((entra.code, 14), (entra.trace_id, 36), (entra.correlation_id, 36)):
        assert value is None or (clean(value) and len(value) <= most)


def seeds() -> Iterable[bytes]:
    """The claims of every recorded token, whole, encoded and with what is wrong with them; Entra's words."""
    for case in cases():
        claims = case["request"]["auth"]["claims"]
        if claims:
            payload = with_canary(json.dumps({**claims, **PERSONAL}).encode())
            yield b"\1" + payload
            yield b"\0Bearer e30." + urlsafe_b64encode(payload).rstrip(b"=") + b".c2ln"
        entra = case["expect"].get("entra")
        if entra:
            yield b"\2" + json.dumps(entra).encode()
    claims = dict.fromkeys(("aud", "exp", "tid", "appid", "azp", "idtyp"), "x")
    yield from (b"\1" + text for text in spoilt(claims))
    guid = b"71d80197-b013-4d88-891e-1f4aaef881d6"
    yield b"\2AADSTS700016: Application not found. Trace ID: " + guid + b" Correlation ID: " + guid
    yield b"\0Bearer a.b.c"
    yield b"\0Basic dTpw"


def _growing(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: start + piece * (size // len(piece)) + end


HARNESS = Harness(
    check=check,
    seeds=seeds,
    words=(
        b"Bearer ",
        b"eyJ",
        b"e30",
        b"..",
        b'"aud":"https://ai.azure.com"',
        b'"aud":"api://',
        b'"exp":',
        b'"tid":"',
        b'"appid":"',
        b'"azp":"',
        b'"idtyp":"app"',
        b"71d80197-b013-4d88-891e-1f4aaef881d6",
        b"AADSTS",
        b"Trace ID: ",
        b"Correlation ID: ",
        b"1e999",
        b"\\ud800",
        b"1099511627776",
    ),
    growing={
        "points": _growing(b"\0Bearer ", b"."),
        "blanks": _growing(b"\0", b" "),
        "a long part": _growing(b"\0Bearer e30.", b"e30", b".c"),
        "brackets": _growing(b"\1", b"["),
        "claims": _growing(b'\1{"aud":""', b',"aud":"api://x"', b"}"),
        "codes": _growing(b"\2", b"AADSTS1"),
        "trace ids": _growing(b"\2", b"Trace ID: 0-"),
    },
)
