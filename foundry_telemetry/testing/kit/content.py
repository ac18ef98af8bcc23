"""The check that nothing a test sent, was answered, or signed in with was recorded.

*Sample*: a text that passed through the fake, and what it is. *Piece*: a part of it, long enough that it does
not stand anywhere by chance; a text shorter than `SHORTEST` is not searched. *Form*: a piece as an encoding
writes it.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus

import msgspec

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.response import FakeResponse

SHORTEST: Final = 8
"""Characters."""
_PIECE: Final = 24
_STEP: Final = 12
_LONGEST: Final = 6000
"""Characters of a text that are searched: half of them from its start, half from its end."""
_FEWEST_LETTERS: Final = 4
"""Different characters of a piece: a ruler of dashes stands in many places."""
_SHOWN: Final = 24

_SECRET_HEADERS: Final = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
    }
)
_PERSONAL_CLAIMS: Final = ("email", "name", "oid", "preferred_username", "sub", "unique_name", "upn")
_CONTENT: Final = ("messages", "system", "metadata", "stop_sequences", "tools")
"""Fields of a request that have the application's content."""
_FRAME: Final = frozenset(
    {"cache_control", "id", "media_type", "name", "role", "tool_use_id", "ttl", "type", "model"}
)
"""Fields inside of them that have words of the API."""
_ANSWER_TEXTS: Final = frozenset(
    {"cited_text", "data", "message", "partial_json", "signature", "text", "thinking", "title", "url"}
)
"""Fields of an answer that have content of the model, or of an error."""


class Sample(NamedTuple):
    """A text that must not be recorded."""

    what: str
    text: str
    is_secret: bool = False
    """Whether a message may not show it."""


class Find(NamedTuple):
    """Where a sample was found."""

    sample: Sample
    where: str

    def __str__(self) -> str:
        shown = "" if self.sample.is_secret else f" ({self.sample.text[:_SHOWN]!r}...)"
        return f"{self.sample.what}{shown} stands in {self.where}"


def of_request(number: int, request: ReceivedRequest) -> Iterator[Sample]:
    """Content and credentials of a request."""
    for name, value in request.headers.items():
        if name in _SECRET_HEADERS:
            yield from _secret(f"header {name!r} of request {number}", value)
    for name, value in parse_qsl(request.query):
        yield Sample(f"query {name!r} of request {number}", value, is_secret=True)
    body = request.json
    if not isinstance(body, dict):
        yield Sample(f"the body of request {number}", request.body.decode("utf-8", "replace"))
        return
    for field in _CONTENT:
        for path, text in _leaves(body.get(field), field, lambda name: name not in _FRAME):
            yield Sample(f"{path} of request {number}", text)


def _secret(what: str, value: str) -> Iterator[Sample]:
    bare = value.rpartition(" ")[2]
    yield Sample(what, bare, is_secret=True)
    parts = bare.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims and signature of a token
        return
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return
    for name in _PERSONAL_CLAIMS if isinstance(claims, dict) else ():
        if isinstance(claims.get(name), str):
            yield Sample(f"claim {name!r} in {what}", claims[name], is_secret=True)


def of_response(number: int, response: FakeResponse) -> Iterator[Sample]:
    """Content of an answer. Compressed ones are omitted: no part of them can be read."""
    if response.header("content-encoding") is not None:
        return
    what = f"the answer to request {number}"
    documents = list(_documents(response.body))
    deltas: dict[str, str] = {}
    for document in documents:
        for path, text in _leaves(document, "", lambda _: True):
            field = path.rpartition(".")[2].partition("[")[0]
            if field in _ANSWER_TEXTS:
                deltas[field] = deltas.get(field, "") + text
            if ".input." in path or path.startswith("input."):
                yield Sample(f"a tool's input in {what}", text)
    for field, text in deltas.items():
        yield Sample(f"{field} of {what}", text)


def _documents(body: bytes) -> Iterator[Any]:
    """The JSON of a body: at once, or in the events of a stream."""
    events = [line[5:] for line in body.splitlines() if line.startswith(b"data:")]
    for text in events or [body]:
        try:
            yield msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue


def _leaves(value: Any, path: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """The texts inside a value of JSON, each with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if wanted(name):
                yield from _leaves(inner, f"{path}.{name}".lstrip("."), wanted)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]", wanted)


def find(samples: Iterable[Sample], recorded: Iterable[tuple[str, str]], allowed: str) -> list[Find]:
    """Where samples stand in what was recorded: at most one find for each.

    Args:
        samples: What must not be there.
        recorded: Places and their texts.
        allowed: Texts that are recorded on purpose, such as the model's name; a piece of a sample that
            stands in one of them proves nothing.
    """
    places = [(where, text) for where, text in recorded if len(text) >= SHORTEST]
    everything = "\n".join(text for _, text in places)
    finds = []
    for sample in samples:
        found = _first(sample, places, everything, allowed)
        if found is not None:
            finds.append(Find(sample, found))
    return finds


def _first(sample: Sample, places: list[tuple[str, str]], everything: str, allowed: str) -> str | None:
    for piece in pieces(sample.text):
        if piece in allowed:
            continue
        for form in forms(piece):
            if form in everything:
                return next((where for where, text in places if form in text), "several places together")
    return None


def pieces(text: str) -> Iterator[str]:
    """Parts of a text to search."""
    text = text.strip()
    if len(text) > _LONGEST:
        text = text[: _LONGEST // 2] + text[-_LONGEST // 2 :]
    last = max(len(text) - _PIECE, 0)
    for start in dict.fromkeys((*range(0, last, _STEP), last)):
        piece = text[start : start + _PIECE]
        if len(piece) >= SHORTEST and len(set(piece)) >= _FEWEST_LETTERS:
            yield piece


@lru_cache(maxsize=4096)
def forms(piece: str) -> frozenset[str]:
    """A piece as it is, and as JSON, Python, URLs, base64 and hex write it."""
    raw = piece.encode("utf-8", "surrogatepass")
    written = {
        piece,
        json.dumps(piece)[1:-1],
        json.dumps(piece, ensure_ascii=False)[1:-1],
        repr(piece)[1:-1],
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        raw.hex(),
    }
    return frozenset(written | {form for offset in range(3) for form in _base64(raw, offset)})


def _base64(raw: bytes, offset: int) -> Iterator[str]:
    """What base64 makes of a piece that begins at this offset in a group of three bytes."""
    encoded = (b"\0" * offset) + raw
    first, last = math.ceil(offset * 8 / 6), len(encoded) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(encoded).decode()[first:last]


def texts(value: object) -> Iterator[str]:
    """Every text inside a recorded value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(name)
            yield from texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from texts(inner)
    elif value is not None:
        yield str(value)
