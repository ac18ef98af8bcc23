"""Redaction: no planted secret comes through, and what is none stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from foundry_telemetry.content.redaction import Redactor
from tests.content.planted_secrets import ENCODINGS, KINDS, WORDS, planted

REDACTOR = Redactor(national_ids=True)
TEXTS = 5_000


def forms(secret: str) -> set[str]:
    """How a secret may stand in a text that is encoded."""
    plus = quote(secret, safe=" ").replace(" ", "+")
    escaped = (ENCODINGS["escaped"](secret), json.dumps(secret)[1:-1], secret.replace("/", "\\/"))
    return {secret, quote(secret, safe=""), plus, *escaped}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_planted_secret_comes_through(encoding: str) -> None:
    """5,000 texts with secrets of more than twenty kinds, plain and encoded: none is in what comes out."""
    rng = random.Random(f"planted {encoding}")  # noqa: S311 - no secret
    through = []
    for number in range(TEXTS // len(ENCODINGS) + 1):
        one = planted(rng, list(KINDS)[number % len(KINDS)])
        clean = REDACTOR.text(ENCODINGS[encoding](one.sentence))
        through += [(one.kind, clean)] if any(form in clean for form in forms(one.secret)) else []
    assert through == []


def test_json_stays_json() -> None:
    """Secrets as keys, values and numbers of a tool call are replaced, and the rest is equal."""
    rng = random.Random("tool calls")  # noqa: S311 - no secret
    for kind in KINDS:
        one = planted(rng, kind)
        call = {
            "id": "toolu_1",
            "input": {"note": one.sentence, one.sentence: [1, None, 2.5], "lines": [f"a\n{one.sentence}"]},
        }
        encoded = json.dumps(call).encode()
        clean = json.loads(REDACTOR.json(encoded))
        assert one.secret not in json.dumps(clean, ensure_ascii=False)
        assert clean["id"] == "toolu_1"
        assert [1, None, 2.5] in clean["input"].values()
        assert clean == json.loads(json.dumps(REDACTOR.value(call)))


def test_numbers_become_texts() -> None:
    """A card number that is a number of JSON becomes a text; inside of a text it gets no quotes."""
    value = {
        "card": 4111111111111111,
        "text": 'of [4111111111111111, 5] and "4111111111111111"',
        "n": 12345678901,
    }
    clean = json.loads(REDACTOR.json(json.dumps(value).encode()))
    kind = "[card-number]"
    assert clean == {"card": kind, "text": f'of [{kind}, 5] and "{kind}"', "n": 12345678901}


def test_keys_without_a_mark() -> None:
    """32 hexadecimal digits and 40 of base64 are keys beside a word that says so, and only there."""
    rng = random.Random("unmarked")  # noqa: S311 - no secret
    for key in (f"{rng.getrandbits(128):032x}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"):
        for text in (f"api key: {key}", f"SECRET_KEY={key}", f"{key} is the api key", f'{{"token":"{key}"}}'):
            assert key not in REDACTOR.text(text)
        for text in (
            f"trace {key}",
            f"etag: {key}",
            f"see {key} there",
            f'{{"token":"abc","trace_id":"{key}"}}',
        ):
            assert REDACTOR.text(text) == text
        environment = [{"name": "API_KEY", "value": key}, {"name": "BUILD", "value": "12"}]
        assert key not in json.dumps(REDACTOR.value(environment))
        assert key not in REDACTOR.json(json.dumps(environment).encode()).decode()


def test_national_ids_are_behind_a_switch() -> None:
    """Without it such a number stays; with it each country's rule decides."""
    text = "SSN 123-45-6789, codice RSSMRA85T10A562S, PESEL 44051401359"
    assert Redactor().text(text) == text
    kind = "[national-id]"
    assert REDACTOR.text(text) == f"SSN {kind}, codice {kind}, PESEL {kind}"


def kept_texts() -> Iterator[str]:
    """What is no secret."""
    rng = random.Random("kept")  # noqa: S311 - no secret
    for _ in range(300):
        day = dt.date(2000, 1, 1) + dt.timedelta(days=rng.randrange(12_000))
        commit = hashlib.sha1(rng.randbytes(8), usedforsecurity=False).hexdigest()
        identifier = uuid.UUID(int=rng.getrandbits(128), version=4)
        isbn = f"978{rng.randrange(10**9):09d}"
        check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(isbn)) % 10
        yield (
            f"{' '.join(rng.choice(WORDS) for _ in range(20))} on {day} or {day:%d.%m.%Y}, {day:%m/%d/%Y} "
            f"at 14:05, trace {rng.getrandbits(128):032x} span {rng.getrandbits(64):016x} "
            f"request {identifier} commit {commit} "
            f"ISBN {isbn}{check} costs $1,{rng.randrange(100, 999)}.99 or {rng.randrange(10, 99)},50 EUR, "
            f"{rng.getrandbits(128):032x} {identifier} {commit[:12]} "
            f"10.0.{rng.randrange(255)}.{rng.randrange(255)}"
        )
    for path in sorted(Path(httpx.__file__).parent.glob("*.py")):
        yield path.read_text(encoding="utf-8")


def test_what_is_no_secret_stays() -> None:
    """Prose, library source, ids, hashes, ISBNs, dates and prices: at most 1 word in 1,000 is lost."""
    words = lost = 0
    redactor = Redactor()
    for text in kept_texts():
        clean = redactor.text(text).split()
        words += len(text.split())
        lost += len([word for word in clean if "[" in word and word not in text.split()])
    assert words > 25_000
    assert lost <= words / 1_000


def test_a_function_of_the_application_reads_every_text() -> None:
    """It gets each text, after the built-in redaction; what it raises is raised, and no text is no answer."""
    read: list[str] = []
    redactor = Redactor(redact=lambda text: read.append(text) or text.replace("Falcon", "[project]"))
    encoded = json.dumps({"a": "Falcon of bob@example.com", "b": ["x"]}).encode()
    assert json.loads(redactor.json(encoded)) == {"a": "[project] of [email]", "b": ["x"]}
    assert read == ["a", "Falcon of [email]", "b", "x"]
    with pytest.raises(ZeroDivisionError):
        Redactor(redact=lambda _: str(1 / 0)).json(b'"text"')
    with pytest.raises(TypeError, match="NoneType"):
        Redactor(redact=lambda _: None).json(b'"text"')  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "text",
    [
        "password=",
        "sig=",
        "+1 ",
        "12 ",
        "a=b;password=c;",
        "eyJaaaaaaaa.",
        "DE89 3704 ",
        "((",
        "sk-a-",
        "\\",
        "%25",
        "aA1+/",
    ],
)
def test_hostile_texts_end(text: str) -> None:
    """Texts that begin like a secret over and over are read to their end, without deep recursion."""
    assert REDACTOR.text(text * 5_000)


def test_neighbours() -> None:
    """Several secrets in one run of digits, or one after the other, are all found."""
    numbers = "415-555-2671 212-555-1234 4111 1111 1111 1111 +49 30 901820, 020 7946 0958"
    clean = REDACTOR.text(numbers)
    assert not set("0123456789") & set(clean)
