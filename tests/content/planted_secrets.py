# ruff: noqa: E501 - a table of formats, one a line
"""Texts with secrets in them, made by the public descriptions of each format and by nothing of the redactor.

No expression is shared: characters are drawn from alphabets, check digits are computed here, and encodings are
those of the standard library.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

ALNUM = string.ascii_letters + string.digits
BASE64 = ALNUM + "+/"
URLSAFE = ALNUM + "-_"
HEX = "0123456789abcdef"

WORDS = [
    "please",
    "check",
    "the",
    "order",
    "and",
    "write",
    "back",
    "when",
    "it",
    "is",
    "done",
    "we",
    "saw",
    "this",
    "in",
    "the",
    "log",
    "of",
    "yesterday",
    "the",
    "service",
    "answers",
    "slowly",
    "since",
    "noon",
    "could",
    "you",
    "summarise",
    "what",
    "customers",
    "said",
    "about",
    "the",
    "delivery",
    "and",
    "the",
    "refund",
]


@dataclass(frozen=True)
class Planted:
    """A secret, and the text around it."""

    kind: str
    secret: str
    """What must not come through, as it is where nothing is encoded."""
    sentence: str


def drawn(rng: random.Random, alphabet: str, length: int) -> str:
    """So many characters, at least a digit, an upper and a lower case letter among them where there are such."""
    while True:
        text = "".join(rng.choice(alphabet) for _ in range(length))
        kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
        if all(set(kind).isdisjoint(alphabet) or set(kind) & set(text) for kind in kinds):
            return text


def with_luhn(digits: str) -> str:
    """With the check digit of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def card(rng: random.Random) -> str:
    """A payment card, written in one of four ways."""
    head, length = rng.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16), ("36", 14)]
    )
    number = with_luhn(head + "".join(rng.choice(string.digits) for _ in range(length - 1 - len(head))))
    sign = rng.choice(["", "", " ", "-"])
    if length == 16:
        return sign.join(number[at : at + 4] for at in range(0, 16, 4))
    return sign.join((number[:4], number[4:10], number[10:]))


def iban(rng: random.Random) -> str:
    """A bank account by ISO 13616: the bank's part at random, then the two check digits."""
    forms = {
        "DE": 18,
        "AT": 16,
        "CH": 17,
        "ES": 20,
        "BE": 12,
        "NO": 11,
        "FI": 14,
        "PL": 24,
        "NL": 10,
        "GB": 14,
    }
    country = rng.choice(list(forms))
    digits, has_bank = forms[country], country in ("NL", "GB")
    bank = rng.choice(["ABNA", "INGB", "RABO", "BARC", "NWBK"]) if has_bank else ""
    rest = bank + "".join(rng.choice(string.digits) for _ in range(digits))
    as_number = "".join(str(int(char, 36)) for char in f"{rest}{country}00")
    number = f"{country}{98 - int(as_number) % 97:02d}{rest}"
    if rng.random() < 0.5:
        return number
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def jwt(rng: random.Random) -> str:
    """Three parts in URL-safe base64."""
    head = {"alg": rng.choice(["HS256", "RS256"]), "typ": "JWT"}
    claims = {"sub": str(rng.randrange(10**9)), "aud": "api", "exp": rng.randrange(10**9)}
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (head, claims)
    ]
    return ".".join([*parts, drawn(rng, URLSAFE, 43)])


def ssn(rng: random.Random) -> str:
    """A number of the US social security: no part of it is zero, and none begins with 666 or 9."""
    return f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def phone(rng: random.Random) -> str:
    """A telephone number with its country, or as people of the country write it."""
    digits = "".join(rng.choice(string.digits) for _ in range(4))
    return rng.choice(
        [
            f"+1 415 {rng.randint(200, 999)} {digits}",
            f"+1-212-{rng.randint(200, 999)}-{digits}",
            f"(415) {rng.randint(200, 999)}-{digits}",
            f"212-{rng.randint(200, 999)}-{digits}",
            f"+49 30 {rng.randint(20, 99)}{digits}",
            f"+49 (0)89 {rng.randint(20, 99)}{digits}",
            f"+44 20 7946 {digits}",
            f"020 7946 {digits}",
            f"+33 1 42 {digits[:2]} {digits[2:]} 17",
            f"+4915123{digits}56",
            f"0151 2345{digits}",
            f"+91 98765 4{digits}",
            f"07911 12{digits}",
            f"415.555.{digits}",
            f"00 49 30 90{digits}",
        ]
    )


def mail(rng: random.Random) -> str:
    """A mail address."""
    name = rng.choice(["anna", "j.doe", "max_m", "li+news", "o.brien", "user42"]) + str(rng.randrange(99))
    return f"{name}@{rng.choice(['example.com', 'mail.example.co.uk', 'firma-beispiel.de', 'x.io'])}"


def _storage_key(rng: random.Random) -> str:
    return drawn(rng, BASE64, 86) + "=="


Maker = Callable[[random.Random], tuple[str, str]]
"""A secret and a sentence with it."""


def _said(make: Callable[[random.Random], str], *sentences: str) -> Maker:
    def maker(rng: random.Random) -> tuple[str, str]:
        secret = make(rng)
        return secret, rng.choice(
            sentences or ("{}", "use {} for it", "it was {}, I think", '"{}"', "({})")
        ).format(secret)

    return maker


def _connection(rng: random.Random) -> tuple[str, str]:
    key = _storage_key(rng)
    return key, rng.choice(
        [
            f"DefaultEndpointsProtocol=https;AccountName=shop{rng.randrange(99)};AccountKey={key};EndpointSuffix=core.windows.net",
            f"Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={key[:43]}=",
            f"Server=tcp:db.example.net,1433;Initial Catalog=shop;User ID=app;Password={key[:14]};Encrypt=True;",
            f"HostName=hub.azure-devices.net;DeviceId=d1;SharedAccessKey={key[:43]}=",
            f"AccountEndpoint=https://x.documents.azure.com:443/;AccountKey={key};",
        ]
    )


def _connection_secret(rng: random.Random) -> tuple[str, str]:
    key, string_ = _connection(rng)
    return (key if key in string_ else key[:14]), f"the connection is {string_}"


def _url(rng: random.Random) -> tuple[str, str]:
    password = drawn(rng, ALNUM + "!$*-_.", rng.randint(8, 20))
    scheme = rng.choice(["postgres", "https", "mongodb+srv", "redis", "amqp"])
    return password, f"{scheme}://app:{password}@db.example.com:5432/shop?ssl=true"


NAMES = (
    "API key",
    "api-key",
    "AZURE_OPENAI_API_KEY",
    "Ocp-Apim-Subscription-Key",
    "subscription key",
    "secret key",
)

KINDS: dict[str, Maker] = {
    "azure key": _said(lambda rng: drawn(rng, HEX, 32), *(f"{name}: {{}}" for name in NAMES), "api_key={}", "the key is {}"),
    "azure new key": _said(lambda rng: drawn(rng, ALNUM, 52) + "JQQJ99" + drawn(rng, ALNUM, 16) + "AAAAACOG" + drawn(rng, ALNUM, 4)),
    "azure client secret": _said(lambda rng: f"{drawn(rng, ALNUM, 3)}8Q~{drawn(rng, URLSAFE + '.~', 34)}"),
    "azure storage key": _said(_storage_key, "account key: {}", "AZURE_STORAGE_KEY={}", "the storage key is {}"),
    "azure search key": _said(lambda rng: drawn(rng, ALNUM, 42) + "AzSe" + "B" + drawn(rng, ALNUM, 5)),
    "anthropic": _said(lambda rng: f"sk-ant-{rng.choice(['api03', 'admin01', 'oat01'])}-{drawn(rng, URLSAFE, 93)}AA"),
    "aws id": _said(lambda rng: rng.choice(["AKIA", "ASIA"]) + drawn(rng, string.ascii_uppercase + "234567", 16)),
    "aws secret": _said(
        lambda rng: drawn(rng, BASE64, 40),
        "AWS_SECRET_ACCESS_KEY={}", "aws_secret_access_key = {}", "secret access key: {}", "the secret is {}",
    ),
    "github": _said(lambda rng: f"gh{rng.choice('pousr')}_{drawn(rng, ALNUM, 36)}"),
    "github fine-grained": _said(lambda rng: f"github_pat_{drawn(rng, ALNUM, 22)}_{drawn(rng, ALNUM, 59)}"),
    "slack": _said(lambda rng: f"xox{rng.choice('bpa')}-{rng.randrange(10**11, 10**12)}-{rng.randrange(10**12, 10**13)}-{drawn(rng, ALNUM, 24)}"),
    "slack app": _said(lambda rng: f"xapp-1-A{drawn(rng, string.ascii_uppercase + string.digits, 10)}-{rng.randrange(10**12, 10**13)}-{drawn(rng, HEX, 64)}"),
    "slack hook": _said(lambda rng: f"hooks.slack.com/services/T{drawn(rng, ALNUM, 9)}/B{drawn(rng, ALNUM, 9)}/{drawn(rng, ALNUM, 24)}", "post to https://{}"),
    "jwt": _said(jwt, "{}", "Authorization: Bearer {}", "token={}&x=1"),
    "connection string": _connection_secret,
    "password in url": _url,
    "card": _said(card),
    "iban": _said(iban),
    "mail": _said(mail, "{}", "write to {}, please", "<{}>", "mailto:{}", "from {} to us"),
    "phone": _said(phone, "{}", "call {} today", "Tel.: {}", "({})", "reach me at {}."),
    "national id": _said(ssn, "{}", "SSN {}", "it is {}."),
}  # fmt: skip


def planted(rng: random.Random, kind: str) -> Planted:
    """A secret of a kind in a few words."""
    secret, sentence = KINDS[kind](rng)
    before, after = (" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 6))) for _ in range(2))
    return Planted(kind, secret, f"{before} {sentence} {after}".strip())


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda text: json.dumps({"note": text, "lines": f"a\n{text}\tb"}),
    "json in json": lambda text: json.dumps({"body": json.dumps({"note": f"\n{text}"})}),
    "url": lambda text: "https://example.com/?q=" + quote(text, safe=""),
    "url with plus": lambda text: "q=" + quote(text, safe=" ").replace(" ", "+") + "&page=2",
    "escaped": lambda text: "".join(
        char if char.isalnum() or char == " " else f"\\u{ord(char):04x}" for char in text
    ),
}
