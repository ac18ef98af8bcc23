"""What the fake service answers, and how many tokens it served.

*Part*: which answer a request gets. The load names it in a header, so that no answer depends on the order in
which requests arrive.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import structs

from foundry_telemetry.testing import FakeResponse, ReceivedRequest, answer, error

Part = Literal[
    "cache_read",
    "cache_written",
    "closed_early",
    "cut",
    "failed_inside",
    "limited",
    "no_access",
    "no_deployment",
    "no_role",
    "overloaded",
    "success",
]

PART_HEADER: Final = "x-demo-part"
UNPRICED: Final = "pilot-2027"
"""A deployment whose answers name no model that has a list price."""

_MODELS: Final = {"support-chat-prod": "claude-sonnet-5-5"}
"""Model of the answer where it is not the name of the deployment."""
_SLOWNESS: Final = {"claude-haiku-5-5": 0.4, "claude-opus-5-5": 1.5}
"""How long a deployment takes, as a multiple of the others."""
_WORDS: Final = ("The ", "invoice ", "was ", "paid ", "on ", "the ", "second ", "of ", "May. ")
_RETRY_AFTER_S: Final = 0.3
_LEADING_EVENTS: Final = 3
"""Events of a stream before its first delta."""


class Service:
    """Answers each request by the part it names, and counts the tokens of what is sent.

    The counts are read back from the bytes with nothing of the library's own, so that the ledger can be
    checked against them.
    """

    def __init__(self) -> None:
        self.input_tokens = 0
        """All input: uncached, written to the cache, and read from it."""
        self.output_tokens = 0
        self._random = random.Random(11)  # noqa: S311 - seeded, so that runs are alike
        self._never = threading.Event()

    def respond(self, request: ReceivedRequest) -> FakeResponse:
        """Answer one request."""
        part = _PARTS.get(request.headers.get(PART_HEADER, ""), Service._success)
        # As it is from here on: a response that is made anew would not be the one that is counted.
        response = structs.replace(part(self, request).played(request), make=None)
        counted_input, counted_output = _count(self._sent(response))
        self.input_tokens += counted_input
        self.output_tokens += counted_output
        return response

    def _sent(self, response: FakeResponse) -> bytes:
        """What of a body leaves the service."""
        held = (index for index, pause in response.pauses if pause is self._never)
        return b"".join(response.chunks[: next(held, None)])

    def _success(self, request: ReceivedRequest) -> FakeResponse:
        return self._answer(request)

    def _cache_written(self, request: ReceivedRequest) -> FakeResponse:
        lives = {"ephemeral_5m_input_tokens": 6144, "ephemeral_1h_input_tokens": 2048}
        return self._answer(request, cache_creation_input_tokens=8192, cache_creation=lives)

    def _cache_read(self, request: ReceivedRequest) -> FakeResponse:
        return self._answer(request, cache_read_input_tokens=8192)

    def _limited(self, request: ReceivedRequest) -> FakeResponse:
        return self._answer(request) if _is_retry(request) else error(429, retry_after_s=_RETRY_AFTER_S)

    def _overloaded(self, request: ReceivedRequest) -> FakeResponse:
        return self._answer(request) if _is_retry(request) else error(529)

    def _no_access(self, _: ReceivedRequest) -> FakeResponse:
        return error("auth_token_rejected")

    def _no_role(self, _: ReceivedRequest) -> FakeResponse:
        return error("authz_missing_role")

    def _no_deployment(self, _: ReceivedRequest) -> FakeResponse:
        return error("deployment_not_found")

    def _closed_early(self, request: ReceivedRequest) -> FakeResponse:
        # The rest never comes, so what is counted is what the client can have seen.
        return self._answer(request).paused(self._never, before=_LEADING_EVENTS + 4)

    def _cut(self, request: ReceivedRequest) -> FakeResponse:
        response = self._answer(request).played(request)
        return response.cut(after_bytes=sum(map(len, response.chunks[: _LEADING_EVENTS + 6])))

    def _failed_inside(self, request: ReceivedRequest) -> FakeResponse:
        response = self._answer(request).played(request)
        reported = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        event = b"event: error\ndata: " + json.dumps(reported).encode() + b"\n\n"
        return structs.replace(response, chunks=(*response.chunks[: _LEADING_EVENTS + 5], event))

    def _answer(self, request: ReceivedRequest, **usage: Any) -> FakeResponse:
        chance = self._random
        slowness = _SLOWNESS.get(request.model or "", 1.0)
        counters = {"input_tokens": chance.randint(180, 2400), "output_tokens": chance.randint(60, 900)}
        return answer(
            _WORDS,
            model=_MODELS.get(request.model or ""),
            usage=counters | usage,
            first_delta_after=slowness * chance.uniform(0.15, 0.5),
            between_deltas=0.03 * slowness,
        )


_PARTS: Final[Mapping[str, Callable[[Service, ReceivedRequest], FakeResponse]]] = {
    "cache_read": Service._cache_read,  # noqa: SLF001 - this is the table of its parts; same below
    "cache_written": Service._cache_written,  # noqa: SLF001
    "closed_early": Service._closed_early,  # noqa: SLF001
    "cut": Service._cut,  # noqa: SLF001
    "failed_inside": Service._failed_inside,  # noqa: SLF001
    "limited": Service._limited,  # noqa: SLF001
    "no_access": Service._no_access,  # noqa: SLF001
    "no_deployment": Service._no_deployment,  # noqa: SLF001
    "no_role": Service._no_role,  # noqa: SLF001
    "overloaded": Service._overloaded,  # noqa: SLF001
}


def _is_retry(request: ReceivedRequest) -> bool:
    return request.headers.get("x-stainless-retry-count", "0") != "0"


def _count(body: bytes) -> tuple[int, int]:
    """Input and output tokens that a body reports; output only where it is final."""
    usage: dict[str, Any] = {}
    final = False
    for reported in _json_values(body):
        usage |= reported.get("message", reported).get("usage", {})
        final = final or reported.get("type") in ("message", "message_delta")
    kinds = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(usage.get(kind, 0) for kind in kinds), usage.get("output_tokens", 0) if final else 0


def _json_values(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON object a body is, or those of its events; ``message`` of an error body is no object."""
    if body.startswith(b"event:"):
        for line in body.split(b"\n"):
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))
        return
    value = json.loads(body)
    if value.get("type") == "message":
        yield value
