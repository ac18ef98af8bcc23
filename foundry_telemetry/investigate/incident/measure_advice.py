"""Advice on measures that are no failures: what a change means, and what to do first.

The advice on failures is `foundry_telemetry.advice`; what the evidence adds to both is `why`. In commands
``{options}`` and ``{doctor_options}`` choose the source, ``{by}`` is the dimension of the affected, and
``{since}`` the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from foundry_telemetry.advice.entry import Step


class MeasureAdvice(Struct, frozen=True, kw_only=True):
    """What a change of a measure means and what to do about it."""

    title: str
    """What it is called on a screen."""
    meaning: str
    next_step: str
    steps: tuple[Step, ...] = ()
    share: str = "{share} of {count} attempts"
    """Of a share: how it is said."""


COST_BY: Final = "foundry-telemetry cost --by {by} --from {since}{options}"
DOCTOR: Final = "foundry-telemetry doctor{doctor_options}"
_COMPARE_COST: Final = Step("Compare the spend of the affected with the others.", COST_BY)
_CHECK_TELEMETRY: Final = Step("Check the telemetry of the service.", DOCTOR)
_SHARE_OF_RESPONSES: Final = "{share} of {count} responses"

MEASURES: Final[Mapping[str, MeasureAdvice]] = {
    "latency": MeasureAdvice(
        title="latency",
        meaning="Responses of the same length take longer than the baseline.",
        next_step="Compare the affected with the others; check Azure Service Health for the region.",
    ),
    "time_to_first_token": MeasureAdvice(
        title="time to first token",
        meaning="The first token arrives later than the baseline.",
        next_step="Check prompt size, cache hit rate and load of the deployment; check Azure Service Health.",
    ),
    "time_per_output_token": MeasureAdvice(
        title="time per output token",
        meaning="Output tokens arrive more slowly than the baseline.",
        next_step="Check Azure Service Health; compare another deployment or region of the same model.",
    ),
    "stop_reason:max_tokens": MeasureAdvice(
        title="stop_reason max_tokens",
        meaning="More responses reach max_tokens and are cut off.",
        next_step="Compare max_tokens and prompt with those of before; raise max_tokens if it is too low.",
        share=_SHARE_OF_RESPONSES,
    ),
    "stop_reason:refusal": MeasureAdvice(
        title="stop_reason refusal",
        meaning="The model refuses more requests.",
        next_step="Compare the prompts of refused calls with those of before.",
        share=_SHARE_OF_RESPONSES,
    ),
    "stop_reason:tool_use": MeasureAdvice(
        title="stop_reason tool_use",
        meaning="More responses end with a tool call.",
        next_step="Check the tool definitions and the tool loop for calls that repeat.",
        share=_SHARE_OF_RESPONSES,
    ),
    "input_tokens": MeasureAdvice(
        title="input tokens",
        meaning="Prompts are longer than the baseline; longer prompts cost more and count against the limit.",
        next_step="Find what makes the prompt longer: history, documents or tool definitions.",
        steps=(_COMPARE_COST,),
    ),
    "output_tokens": MeasureAdvice(
        title="output tokens",
        meaning="Responses are longer than the baseline; longer responses cost more and take longer.",
        next_step="Compare the prompt with that of before; lower max_tokens or ask for shorter responses.",
        steps=(_COMPARE_COST,),
    ),
    "cache_hit_rate": MeasureAdvice(
        title="cache hit rate",
        meaning="Fewer calls read their prompt from the cache; uncached input costs more and counts against "
        "the limit.",
        next_step="Compare the beginning of the prompt with that of before: a change before cache_control "
        "loses the cache.",
        steps=(_COMPARE_COST,),
        share="{share} of {count} responses read from the cache",
    ),
    "cost": MeasureAdvice(
        title="cost per call",
        meaning="A call costs more than the baseline.",
        next_step="Compare model, tokens and cache hit rate with those of before.",
        steps=(_COMPARE_COST,),
    ),
    "price": MeasureAdvice(
        title="price per million tokens",
        meaning="The same tokens cost more than the baseline: another model responds, or at another rate.",
        next_step="Compare model, deployment type and rates with those of before.",
        steps=(_COMPARE_COST,),
    ),
    "attempts": MeasureAdvice(
        title="attempts per call",
        meaning="Calls need more attempts; retries add load and time.",
        next_step="Find the errors that are retried, the most frequent first, and remove their causes.",
        share="{share} of {count} attempts are retries",
    ),
    "volume:silent": MeasureAdvice(
        title="call volume",
        meaning="No calls are recorded, although the baseline has calls at this time.",
        next_step="Check that the service runs and has requests; if it does, check its telemetry.",
        steps=(_CHECK_TELEMETRY,),
    ),
    "volume:more": MeasureAdvice(
        title="call volume",
        meaning="More calls are made than the baseline suggests.",
        next_step="Find the job or caller that makes the additional calls; set a limit or a budget for it.",
        steps=(_COMPARE_COST,),
    ),
    "duplicates": MeasureAdvice(
        title="duplicate records",
        meaning="Attempts are recorded more than once; totals of calls, tokens and cost are too high.",
        next_step="Find the second exporter or integration of the service, and remove it.",
        steps=(_CHECK_TELEMETRY,),
        share="{share} of {count} attempts recorded more than once",
    ),
    "clock_skew": MeasureAdvice(
        title="clock skew",
        meaning="The clock of the client differs from that of the server; times of its telemetry are wrong.",
        next_step="Synchronise the clock of the host with NTP.",
        steps=(Step("Check the clock where the service runs.", "timedatectl status"),),
        share="{share} of {count} responses differ by 30 s or more",
    ),
}
"""By measure."""


def measure_advice(measure: str) -> MeasureAdvice:
    """The advice on a measure; general for one that only a newer version knows."""
    known = MEASURES.get(measure)
    if known is not None:
        return known
    title = measure.replace("stop_reason:", "stop_reason ").replace("_", " ")
    return MeasureAdvice(
        title=title,
        meaning="The value differs from the baseline.",
        next_step="Compare the affected with the others.",
    )


def is_failure(cause: str, unit: str) -> bool:
    """Whether a cause is a class of failures, rather than a measure."""
    return unit == "share" and cause not in MEASURES and ":" not in cause
