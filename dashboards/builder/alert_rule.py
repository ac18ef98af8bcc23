"""One alert rule: what is asked how often, what of the answer is too much, what it costs.

*Rule*: a scheduled query rule of Azure Monitor. It asks its query for the records of its *window* alone,
takes the *measure* of the rows of each combination of *dimensions* (a *time series*), and compares it with
the *threshold*. *Setting*: a number or text that stands in the query as ``{name}`` and comes from a parameter
of the template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from dashboards.builder import texts
from foundry_telemetry.advice import ALL
from foundry_telemetry.wire.causes import CLASSES

Aggregation = Literal["Maximum", "Total"]
"""How the measures of several rows become one; a combination of dimensions has one row, so both may do."""

Tab = Literal["auth", "cost", "health", "incident", "limits", "streams"]
"""Of the workbook."""

WINDOWS: Final = (
    *("PT5M", "PT10M", "PT15M", "PT30M", "PT45M"),
    *("PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"),
    *("P1D", "P2D"),
)
"""The windows that the service takes, shortest first."""

CALLER: Final = ("service", "deployment")
"""The dimensions of most rules."""

MOST_SERIES: Final = 100
"""Each query with dimensions returns at most so many rows, those with the highest measure."""

PRICES: Final[Mapping[str, tuple[float, float]]] = {
    "PT5M": (1.50, 0.15),
    "PT10M": (1.00, 0.10),
    "PT15M": (0.50, 0.05),
    "PT1H": (0.50, 0.05),
}
"""US dollars a month by frequency: of a rule with its first time series, and of each further time series.

The list price of Azure Monitor's log search alerts; a region or a contract may have another.
"""

PRICES_OF: Final = "November 2026"
"""When the list had these prices."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What the measure must exceed; whole numbers, because templates have no others."""

    default: int
    most: int
    least: int = 0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One alert rule."""

    key: str
    """What the names of its parameters begin with."""
    query: str
    """Name of its file in `alerts/`."""
    severity: Literal[1, 2, 3]
    """1 an error that users feel now, 2 a warning, 3 for information."""
    measure: str
    """Column of the answer."""
    threshold: Threshold
    window: str
    """By default, as ISO 8601 duration."""
    windows: tuple[str, ...]
    """Those offered; one alone is no parameter."""
    frequency: str
    """How often it is evaluated, as ISO 8601 duration."""
    delay_min: int
    """Records that arrive so many minutes late neither fire nor prevent it: the window of a later evaluation
    has them, or the query leaves out the last minutes."""
    tab: Tab
    """Where to look first."""
    aggregation: Aggregation = "Maximum"
    dimensions: tuple[str, ...] = CALLER
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting in the query: the template's parameter that it comes from."""
    needs: str | None = None
    """The parameter without which it makes no sense: it is deployed where that is above zero."""

    @property
    def title(self) -> str:
        """Its name."""
        return texts.alert(self.key, "title")

    @property
    def description(self) -> str:
        """What happened and what to do: it stands in the notification."""
        causes = {"causes": _next_steps()} if "cause" in self.dimensions else {}
        return f"{texts.alert(self.key, 'description', **causes)} {texts.DEPLOYED['alerts']['workbook']}"

    @property
    def meaning(self) -> str:
        """Unit and sense of the threshold, for who sets it."""
        return texts.alert(self.key, "threshold")

    @property
    def fires(self) -> str:
        """What must be exceeded, and compared with what, for the table of rules."""
        return texts.alert(self.key, "fires", threshold=f"{self.threshold.default:,}")

    @property
    def slug(self) -> str:
        """Its key in the form of resource names."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in self.key)

    @property
    def most_series(self) -> int:
        """How many time series it has at most."""
        return MOST_SERIES if self.dimensions else 1

    @property
    def usd_a_month(self) -> tuple[float, float]:
        """What it costs with one time series, and with the most."""
        first, further = PRICES[self.frequency]
        return first, round(first + further * (self.most_series - 1), 2)


def windows(first: str, last: str) -> tuple[str, ...]:
    """The windows that the service takes, from one to another."""
    return WINDOWS[WINDOWS.index(first) : WINDOWS.index(last) + 1]


def _next_steps() -> str:
    """The next step of each cause of an authentication failure, a line each."""
    refusals = [name for name, known in CLASSES.items() if known.auth_failure]
    return "\n".join(f"{name}: {ALL[name].next_step}" for name in refusals)
