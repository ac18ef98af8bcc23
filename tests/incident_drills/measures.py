"""What can go wrong: each measure as the change that it makes to a call.

*Strength*: a share of the calls, or a factor, as `Measure.strengths` has it from the least that matters on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random

from foundry_telemetry.wire.causes import CLASSES
from tests.incident_drills.shapes import KINDS, Kind
from tests.incident_drills.topology import OPUS
from tests.incident_drills.world import Call

Change = Callable[[Call, float, Random], "Iterable[Call]"]
"""What becomes of one affected call: other calls, or none."""

UNKNOWN = ""
"""The owner where nothing shows one."""
RELEASED = ("version", "instance", "client", "max_tokens", "tag tenant", "tag feature", "operation", "stream")
"""Dimensions of the one who calls; the others are those of what answers."""

CAUSES = (
    "auth_invalid_key",
    "authz_missing_role",
    "authz_network_denied",
    "client_timeout",
    "connection_error",
    "content_filtered",
    "deployment_not_found",
    "invalid_request",
    "overloaded",
    "prompt_too_long",
    "server_error",
    "service_unavailable",
    "stream_truncated",
    "timeout",
)
"""Failure classes that end calls in drills."""


@dataclass(frozen=True)
class Measure:
    """One thing that can change."""

    name: str
    """What the answer has to say is its cause: the class of the failures, or the name of the measure."""
    change: Change
    strengths: tuple[float, ...]
    """From the least that matters to the most."""
    is_share: bool
    """Whether strength is the share of the calls that are changed; else all are, by that factor."""
    fewest: int
    """Changed calls in the time that is asked for from which it must be found."""
    also: tuple[str, ...] = ()
    """Measures that move with it by their nature: to name them too is not misleading."""
    answerer: tuple[str, ...] = (UNKNOWN, "azure", "model_service")
    """Who may be named as owner where what answers has changed."""
    caller: tuple[str, ...] = (UNKNOWN, "caller_request", "client")
    """Who may be named as owner where the one who calls has changed."""
    direction: str = ""
    """``higher`` or ``lower``; nothing for failures."""
    streams_only: bool = False
    accepted: tuple[str, ...] = ()
    """Other names that are as right."""
    unstreamed: tuple[str, ...] = ()
    """The same where most calls do not stream: then nobody knows when the first token came."""
    shapes: tuple[Kind, ...] = KINDS
    """How it may come and go."""

    def owners(self, dimensions: Iterable[str]) -> tuple[str, ...]:
        """Who may be named as owner of a change in these dimensions."""
        return self.caller if set(dimensions) & set(RELEASED) else self.answerer


def _fail(cause: str, *, retried: int = 0, mended: bool = False, code: str = "") -> Change:
    def change(call: Call, _: float, __: Random) -> list[Call]:
        errors = (cause,) * (retried + 1)
        return [replace(call, errors=errors, failed=not mended, code=code)]

    return change


def _failures(cause: str, code: str = "") -> Measure:
    kind = CLASSES[cause]
    owners = (kind.owner or UNKNOWN,)
    change = _fail(cause, retried=2 if kind.retryable else 0, code=code)
    return Measure(cause, change, (0.2, 0.5, 1.0), True, 8, ("attempts",), owners, owners)


def _slow(field: str) -> Change:
    def change(call: Call, factor: float, _: Random) -> list[Call]:
        return [replace(call, **{field: getattr(call, field) * factor})]

    return change


def _slow_in_all(call: Call, factor: float, _: Random) -> list[Call]:
    return [replace(call, ttft_ms=call.ttft_ms * factor, tpot_ms=call.tpot_ms * factor)]


def _stop(reason: str) -> Change:
    def change(call: Call, _: float, __: Random) -> list[Call]:
        output = {"max_tokens": call.max_tokens, "refusal": 12}.get(reason, call.output_tokens)
        return [replace(call, stop_reason=reason, output_tokens=output)]

    return change


def _longer_prompt(call: Call, factor: float, _: Random) -> list[Call]:
    return [replace(call, uncached=round(call.uncached * factor), cache_read=round(call.cache_read * factor))]


def _longer_answer(call: Call, factor: float, _: Random) -> list[Call]:
    return [replace(call, output_tokens=min(call.max_tokens, round(call.output_tokens * factor)))]


def _uncached(call: Call, _: float, __: Random) -> list[Call]:
    return [replace(call, uncached=call.uncached + call.cache_read, cache_read=0)]


def _dearer_model(call: Call, _: float, __: Random) -> list[Call]:
    return [replace(call, model=OPUS)]


def _silent(_: Call, __: float, ___: Random) -> list[Call]:
    return []


def _more(call: Call, factor: float, own: Random) -> list[Call]:
    """The call, and others like it."""
    more = int(factor) - 1 + (own.random() < factor % 1)
    others = (
        replace(call, call_id=f"{own.getrandbits(64):016x}", errors=(), failed=False) for _ in range(more)
    )
    return [call, *others]


def _duplicated(call: Call, _: float, __: Random) -> list[Call]:
    return [replace(call, copies=2)]


def _skewed(call: Call, seconds: float, _: Random) -> list[Call]:
    return [replace(call, skew_s=seconds)]


_CALLER = (UNKNOWN, "client", "caller_request")

MEASURES = {
    measure.name: measure
    for measure in (
        *map(_failures, CAUSES),
        Measure(
            "rate_limited",
            _fail("rate_limited", mended=True),
            (0.15, 0.4, 0.9),
            True,
            10,
            ("attempts",),
            ("quota",),
            ("quota",),
            accepted=("throttling",),
        ),
        Measure(
            "attempts",
            _fail("overloaded", retried=1, mended=True),
            (0.2, 0.5),
            True,
            12,
            (),
            ("model_service",),
            ("model_service",),
            "higher",
            accepted=("overloaded",),  # one cause is one finding, whatever its attempts looked like
        ),
        Measure(
            "latency",
            _slow_in_all,
            (2.0, 3.0, 6.0),
            False,
            25,
            ("time_to_first_token", "time_per_output_token"),
            direction="higher",
        ),
        Measure(
            "time_to_first_token",
            _slow("ttft_ms"),
            (2.5, 4.0, 8.0),
            False,
            25,
            ("latency",),
            direction="higher",
            streams_only=True,
        ),
        Measure(
            "time_per_output_token",
            _slow("tpot_ms"),
            (2.0, 3.0),
            False,
            20,
            ("latency",),
            direction="higher",
            unstreamed=("latency",),
        ),
        Measure(
            "stop_reason:max_tokens",
            _stop("max_tokens"),
            (0.2, 0.5),
            True,
            15,
            ("output_tokens", "latency", "cost", "stop_reason:end_turn"),
            _CALLER,
            direction="higher",
        ),
        Measure(
            "stop_reason:refusal",
            _stop("refusal"),
            (0.15, 0.4),
            True,
            12,
            ("output_tokens", "latency", "cost", "stop_reason:end_turn"),
            direction="higher",
        ),
        Measure(
            "stop_reason:tool_use",
            _stop("tool_use"),
            (0.4, 0.8),
            True,
            35,
            ("stop_reason:end_turn",),
            _CALLER,
            direction="higher",
        ),
        Measure(
            "input_tokens", _longer_prompt, (2.0, 4.0), False, 45, ("cost",), _CALLER, direction="higher"
        ),
        Measure(
            "output_tokens", _longer_answer, (2.5, 4.0), False, 60, ("cost", "latency"), direction="higher"
        ),
        Measure("cache_hit_rate", _uncached, (0.6, 1.0), True, 45, ("cost",), direction="lower"),
        Measure(
            "cost",
            _dearer_model,
            (1.0,),
            True,
            40,
            ("price",),
            _CALLER,
            direction="higher",
            accepted=("price",),
        ),
        Measure(
            "volume:silent",
            _silent,
            (1.0,),
            True,
            50,
            (),
            _CALLER,
            direction="lower",
            shapes=("step", "ended"),
        ),
        Measure(
            "volume:more",
            _more,
            (3.5, 5.0),
            False,
            120,
            ("cost",),
            _CALLER,
            direction="higher",
            shapes=("step", "ended"),
        ),
        Measure(
            "duplicates",
            _duplicated,
            (0.2, 1.0),
            True,
            10,
            ("volume:more", "cost"),
            (UNKNOWN, "client", "azure"),
            (UNKNOWN, "client", "azure"),
            "higher",
        ),
        Measure(
            "clock_skew",
            _skewed,
            (150.0, 420.0),
            False,
            8,
            ("volume:more", "volume:silent"),
            ("client", UNKNOWN),
            ("client", UNKNOWN),
            shapes=("step", "ended"),
        ),
    )
}
"""By name."""


def with_code(name: str, code: str) -> Measure:
    """Failures of one class that have one code."""
    return _failures(name, code)
