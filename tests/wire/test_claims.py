"""The claims of a refused token: read of base64 and JSON, and of nothing that is neither."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from foundry_telemetry.wire.claims import TokenFacts, read_token

CLAIMS = urlsafe_b64encode(b'{"aud":"https://ai.azure.com","exp":1060}').decode()
BARE = CLAIMS.rstrip("=")
FACTS = TokenFacts(expires_in_s=60, audience="https://ai.azure.com")


def read(payload: str) -> TokenFacts | None:
    """The facts of a token with these claims."""
    return read_token(f"Bearer eyJ.{payload}.c2ln".encode(), 1_000)


@pytest.mark.parametrize("payload", [BARE, CLAIMS, f"{BARE}===="])
def test_padding_may_be_there(payload: str) -> None:
    """Tokens come without it; one that has it, or too much of it, says the same."""
    assert read(payload) == FACTS


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "=",
        f"{BARE[:5]}!{BARE[5:]}",
        f"{BARE[:8]}=={BARE[8:]}",
        f"{BARE} ",
        f"{BARE[:-1]}",
        f"{BARE}\u00e9",
    ],
)
def test_what_is_no_base64_is_no_token(payload: str) -> None:
    """A character of no alphabet is not passed over, wherever it stands, and no rest is guessed."""
    assert read(payload) is None


@pytest.mark.parametrize(
    "claim", [b'"name":"\xff"', b'"tid":"\xff"', b'"tid":"\xed\xa0\x80"', b'"idtyp":"\\ud800"']
)
def test_one_odd_claim_hides_no_other(claim: bytes) -> None:
    """Bytes that are no text, and half of a pair, cost their own claim alone."""
    payload = urlsafe_b64encode(b'{%s,"aud":"https://ai.azure.com","exp":1060}' % claim)
    assert read(payload.decode()) == FACTS
