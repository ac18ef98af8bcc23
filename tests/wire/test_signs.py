"""The tables of codes and phrases: each row counts, so that a further one is a row and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from foundry_telemetry.advice import advice_for
from foundry_telemetry.observation import Failure, RequestIds
from foundry_telemetry.wire.causes import CLASSES
from foundry_telemetry.wire.entra_codes import ENTRA_CODES, OTHER
from foundry_telemetry.wire.error_body import ErrorBody
from foundry_telemetry.wire.error_phrases import SIGNS, Sign
from foundry_telemetry.wire.errors import classify
from foundry_telemetry.wire.exceptions import read_credential_error

PLAIN = [sign for sign in SIGNS if sign.evidence != "pattern"]


def name_of(sign: Sign) -> str:
    """What a sign is called."""
    return f"{sign.evidence} {sign.value}{' of a gateway' if sign.of_gateway else ''}"


def answered_with(sign: Sign) -> Failure:
    """What an answer is classified as that has this sign and no other."""
    shape = "gateway" if sign.of_gateway else "anthropic" if sign.evidence == "type" else "azure"
    body = ErrorBody(
        shape=shape,
        code=sign.value if sign.evidence == "code" else None,
        message=f"{sign.value} and more" if sign.evidence == "phrase" else "",
        api_type=sign.value if sign.evidence == "type" else None,
    )
    return classify(
        status=sign.value if sign.evidence == "status" else 418,
        body=body,
        ids=RequestIds(),
        on_foundry_host=not sign.of_gateway,
        auth_scheme="api_key",
        bearer=None,
        supported=True,
        now_s=0.0,
    )


@pytest.mark.parametrize("sign", PLAIN, ids=name_of)
def test_each_row_counts(sign: Sign) -> None:
    """An answer with the sign of one row has its cause; where only the credential can tell, the key's."""
    assert answered_with(sign).type == (sign.cause or "auth_invalid_key")


def test_causes_are_known_and_rows_are_distinct() -> None:
    """Every row leads to a cause of the table of causes, and none stands twice."""
    assert {sign.cause for sign in SIGNS} - CLASSES.keys() == {None}
    rows = Counter((sign.evidence, sign.value, sign.of_gateway) for sign in SIGNS)
    assert [row for row, count in rows.items() if count > 1] == []


@pytest.mark.parametrize("code", ENTRA_CODES)
def test_code_of_entra(code: str) -> None:
    """A code of the table gives its cause, and the advice on that cause says what the code means."""
    row = ENTRA_CODES[code]
    failure = read_credential_error(RuntimeError(f"{code}: CANARY"))
    assert (failure.type, failure.code) == (row.cause, code)
    assert row.cause in CLASSES
    steps = " ".join(step.text for step in advice_for(row.cause).steps)
    assert f"{code}: {row.meaning}." in steps


def test_unknown_code_of_entra() -> None:
    """Any other code, and none at all, has the one cause of token providers that raise."""
    assert read_credential_error(RuntimeError("AADSTS99999999: x")).type == OTHER
    assert read_credential_error(RuntimeError("no")).type == OTHER
