"""The words of ``cost --why``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHANGED: Final = "Cost {now}: {usd}, {change}{percent} vs {before} {when}{band}"
USUAL: Final = "Cost {now}: {usd}, {change}{percent} vs {before} {when}: no change beyond the usual{band}"
NO_DATA: Final = "Cost {now}: {usd}. No attempt with a cost {missing}: there is nothing to compare"
PERCENT: Final = " ({percent:+.0f}%)"
BAND: Final = "; days vary by {low:.0f}% to {high:+.0f}%"
NO_BAND: Final = "; too few earlier days to know how much days vary"
MAIN: Final = "Main cause: {cause}"
NEXT: Final = "Next: {cause}"
NO_CAUSE: Final = "Main cause: none stands out; the parts below add up to the change"
NO_NEXT: Final = "Next: no further cause beyond the usual"
CAUSE: Final = "{name}{where}{evidence}: {usd}{share}{versions}"
SHARE: Final = ", {share:.0f}% of the change"
WHERE: Final = " ({terms})"
TERM: Final = "{dimension} {value}"
ALL: Final = "all traffic"
REST: Final = "all other traffic"
VERSIONS: Final = "; new version {versions}"

FACTORS: Final[Mapping[str, str]] = {
    "volume": "volume",
    "model_mix": "model mix",
    "new_input": "new input tokens",
    "cache_read": "cache read tokens",
    "cache_write": "cache write tokens",
    "cache_share": "cache share",
    "cache_write_kind": "kind of cache write (5 min or 1 h)",
    "output": "output tokens",
    "thinking": "thinking tokens",
    "web_searches": "web searches",
    "price_list": "price list",
    "price_tier": "price tier of long prompts",
    "multiplier": "price multiplier",
    "retries": "billed retries",
    "abandoned": "abandoned responses",
    "cost_per_call": "cost per call, rates unknown here",
}
"""By the factor."""

SHORT: Final[Mapping[str, str]] = {
    **FACTORS,
    "cache_write_kind": "kind of cache write",
    "price_tier": "price tier",
    "cost_per_call": "cost per call",
}
"""The same below the bars of a chart."""

EVIDENCE: Final[Mapping[str, str]] = {
    "calls": ", {before:,.0f} to {now:,.0f} calls",
    "tokens per call": ", {before:,.0f} to {now:,.0f} per call",
    "share": ", {before:.0%} to {now:.0%} {name}",
    "per call": ", {before:.2f} to {now:.2f} per call",
    "factor": ", {before:.4g} to {now:.4g} times the list price",
    "usd per call": ", ${before:.4g} to ${now:.4g} per call",
}
"""By the measure of the evidence."""

COLUMNS: Final = ("Factor", "Traffic", "Change", "Cost")
BEFORE: Final = "cost before"
NOW: Final = "cost now"
METHOD: Final = (
    "Each part is the Shapley value of its factor: its mean effect over all orders in which the "
    "factors could have changed. The parts add up to the change."
)
WITHOUT: Final = "{count} of {of} attempts{where} without usage or rate: not in the split"
"""Incomplete and unpriced attempts."""
WITHOUT_WHERE: Final = " of {service} to {deployment}"
WITHOUT_KINDS: Final = " ({incomplete:,} incomplete, {unpriced:,} unpriced)"
"""What is missing."""
UNKNOWN: Final = "(unknown)"
