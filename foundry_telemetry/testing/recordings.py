"""The recorded answers: what Foundry sends, case by case, byte for byte.

A *case* is one recorded request with the answer it got, and what is true of that answer. Every id, key and
name in a case is made up. Some cases have no answer at all: there the request never got one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

RecordedEnds = Literal["complete", "early_eof", "transport_error"]
"""How a recorded body ends: in full; cleanly but too soon; or by an error of the connection."""

Headers = tuple[tuple[str, str], ...]


class RecordedAuth(Struct, frozen=True, kw_only=True):
    """The credential a recorded request carried."""

    mode: str
    claims: Mapping[str, Any] | None = None
    """Claims of the bearer token; no token is stored."""
    now: int | None = None
    """The clock to judge the claims by, in seconds since the epoch."""


class RecordedRequest(Struct, frozen=True, kw_only=True):
    """The request of a case."""

    method: str
    scheme: str
    host: str
    path: str
    """Path and query."""
    headers: Headers
    auth: RecordedAuth
    body: Mapping[str, Any] | None = None

    @property
    def url(self) -> str:
        """The complete URL."""
        return f"{self.scheme}://{self.host}{self.path}"


class RecordedCase(Struct, frozen=True, kw_only=True):
    """One recorded exchange."""

    id: str
    title: str
    provenance: str
    """How sure the shape is: ``confirmed``, ``composite`` of documented parts, or ``inferred``."""
    request: RecordedRequest
    status: int | None
    """``None`` when the request got no answer."""
    headers: Headers
    body: bytes
    ends: RecordedEnds | None
    """``None`` when the request got no answer."""
    chunk_sizes: tuple[int, ...]
    """Sizes of the first pieces of the body, in bytes; the rest is one more piece. Empty: unknown."""
    expect: Mapping[str, Any]
    """What is true of the answer; see ``fields`` in ``index.json``."""

    @property
    def chunks(self) -> tuple[bytes, ...]:
        """The body in the recorded pieces; where they are unknown, one piece per event, or all at once."""
        if self.chunk_sizes:
            return split(self.body, self.chunk_sizes)
        if not self.is_stream:
            return (self.body,)
        events = self.body.split(b"\n\n")
        return tuple(event + b"\n\n" for event in events[:-1]) + ((events[-1],) if events[-1] else ())

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of server-sent events."""
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return kind.startswith("text/event-stream")


class RecordedSequence(Struct, frozen=True, kw_only=True):
    """Cases that follow one another in one call."""

    id: str
    title: str
    sequence: tuple[str, ...]
    """Ids of the cases, which is a script for ``FakeFoundry``."""
    expect: Mapping[str, Any]


class _Response(Struct, kw_only=True):
    status: int
    headers: Headers
    body_file: str
    ends: RecordedEnds
    chunk_sizes: tuple[int, ...] = ()


class _Entry(Struct, kw_only=True):
    id: str
    title: str
    provenance: str
    request: RecordedRequest
    response: _Response | None
    expect: Mapping[str, Any]


class _Index(Struct, kw_only=True):
    cases: list[_Entry]
    sequences: list[RecordedSequence]


def find_folder(package: Path) -> Path:
    """Where the recorded answers are.

    A wheel carries them inside the package. A checkout keeps them with the tests, and an editable install
    sees only the checkout.

    Args:
        package: The folder of ``foundry_telemetry.testing``.

    Raises:
        FileNotFoundError: Neither place has them.
    """
    places = (package / "recorded", package.parents[1] / "tests" / "data" / "wire")
    for place in places:
        if (place / "index.json").is_file():
            return place
    searched = " and ".join(repr(str(place)) for place in places)
    raise FileNotFoundError(
        f"no recorded responses: expected index.json in {searched}; run "
        "`pip install --force-reinstall 'foundry-telemetry[testing]'`"
    )


@cache
def cases() -> Mapping[str, RecordedCase]:
    """All recorded cases by id, in the order of the index."""
    folder = _folder()
    return {entry.id: _case(entry, folder) for entry in _index().cases}


def case(case_id: str) -> RecordedCase:
    """The case with this id.

    Raises:
        ValueError: There is no such case; the message names the nearest ids.
    """
    found = cases().get(case_id)
    if found is None:
        raise ValueError(f"unknown recorded response {case_id!r}: expected {nearest(case_id, cases())}")
    return found


@cache
def sequences() -> Mapping[str, RecordedSequence]:
    """All recorded sequences by id."""
    return {sequence.id: sequence for sequence in _index().sequences}


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The known names most like a wrong one, as text for an error message."""
    names = list(known)
    like = difflib.get_close_matches(wrong, names, n=3, cutoff=0.4)
    return "one of " + ", ".join(map(repr, like or names))


def split(body: bytes, sizes: Iterable[int]) -> tuple[bytes, ...]:
    """Cut a body into pieces of these sizes in bytes, then the rest."""
    pieces, start = [], 0
    for size in sizes:
        pieces.append(body[start : start + size])
        start += size
    pieces.append(body[start:])
    return tuple(piece for piece in pieces if piece)


@cache
def _folder() -> Path:
    return find_folder(Path(__file__).parent)


@cache
def _index() -> _Index:
    return msgspec.json.decode((_folder() / "index.json").read_bytes(), type=_Index)


def _case(entry: _Entry, folder: Path) -> RecordedCase:
    answer = entry.response
    return RecordedCase(
        id=entry.id,
        title=entry.title,
        provenance=entry.provenance,
        request=entry.request,
        status=answer.status if answer else None,
        headers=answer.headers if answer else (),
        body=(folder / answer.body_file).read_bytes() if answer else b"",
        ends=answer.ends if answer else None,
        chunk_sizes=answer.chunk_sizes if answer else (),
        expect=entry.expect,
    )
