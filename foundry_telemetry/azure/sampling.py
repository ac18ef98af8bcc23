"""Who decides which traces are kept: the call of `configure`, else the environment, else nobody.

By default, the Azure Monitor distro keeps five spans a second and drops the rest without a word.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SAMPLER: Final = "OTEL_TRACES_SAMPLER"
SAMPLER_ARG: Final = "OTEL_TRACES_SAMPLER_ARG"

_ACCEPTED_SAMPLERS: Final = frozenset(
    {
        "always_off",
        "always_on",
        "microsoft.fixed.percentage",
        "microsoft.fixed_percentage",
        "microsoft.rate_limited",
        "parentbased_always_off",
        "parentbased_always_on",
        "parentbased_trace_id_ratio",
        "trace_id_ratio",
    }
)
_RENAMED_SAMPLERS: Final = {
    "traceidratio": "trace_id_ratio",
    "parentbased_traceidratio": "parentbased_trace_id_ratio",
}
"""Names of the OpenTelemetry specification that the distro refuses, and falls back to five spans a second."""


class _Default(float):
    """A number nobody passed, so that an explicit 1.0 can win over the environment and ours cannot."""

    __slots__ = ()


KEEP_ALL: Final = _Default(1.0)


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """A decision."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Keywords for the distro."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """Variables that hold for the set-up only; ``None`` hides one."""
    asked: str | None = None
    """The keyword of the call that decided, in words."""
    warnings: tuple[str, ...] = ()


_NO_SAMPLER: Final[Mapping[str, str | None]] = {SAMPLER: None, SAMPLER_ARG: None}


def read_sampling(
    ratio: float, options: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> Sampling:
    """Decide.

    Args:
        ratio: ``sampling_ratio`` of the call; `KEEP_ALL` when it was not given.
        options: The other keywords of the call.
        environ: Where the variables are.

    Raises:
        ValueError: A number that makes no sense, or two keywords that exclude each other.
    """
    _check_ratio(ratio)
    _check_rate(options)
    if isinstance(ratio, _Default):
        if "traces_per_second" not in options:
            return _from_environment(environ)
        return Sampling(environment=_NO_SAMPLER, asked=f"traces_per_second={options['traces_per_second']:g}")
    if "traces_per_second" in options:
        raise ValueError("sampling_ratio= and traces_per_second=: expected one of them")
    # The variables are hidden, because the distro lets them win over its own keywords.
    return Sampling(
        options={"sampling_ratio": float(ratio)}, environment=_NO_SAMPLER, asked=f"sampling_ratio={ratio:g}"
    )


def _from_environment(environ: Mapping[str, str]) -> Sampling:
    name = environ.get(SAMPLER, "").strip().lower()
    if name in _ACCEPTED_SAMPLERS:
        return Sampling(environment={SAMPLER: name})
    if name in _RENAMED_SAMPLERS:
        accepted = _RENAMED_SAMPLERS[name]
        warning = (
            f"{SAMPLER}={name}: not supported by the Azure Monitor distro, using {accepted}. With "
            "microsoft.fixed_percentage Azure corrects counts for sampling"
        )
        return Sampling(environment={SAMPLER: accepted}, warnings=(warning,))
    known = ", ".join(sorted(_ACCEPTED_SAMPLERS))
    unknown = f"{SAMPLER}={name!r}: expected one of {known}; every trace is kept"
    return Sampling(
        options={"sampling_ratio": 1.0}, environment=_NO_SAMPLER, warnings=(unknown,) if name else ()
    )


def _check_ratio(ratio: object) -> None:
    if isinstance(ratio, bool) or not isinstance(ratio, (int, float)) or not 0 <= ratio <= 1:
        raise ValueError(f"sampling_ratio={ratio!r}: expected a number from 0 (none) to 1 (every trace)")


def _check_rate(options: Mapping[str, Any]) -> None:
    rate = options.get("traces_per_second", 1.0)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not math.isfinite(rate) or rate < 0:
        raise ValueError(f"traces_per_second={rate!r}: expected a number, 0 or more")
