"""Budgets: a warning when more was spent than was meant to be, in this process. No call is ever blocked.

*Budget*: so many US dollars in a *window*, for all calls, for each value of a tag, or for one value of it.
*Overrun*: a budget whose window has spent more; reported once for each window and value, through the log, a
metric and the callback. *Spent*: the costs of attempts, and the partial costs, which are spent as surely.

Windows are of UTC: an hour, a day, a week that begins on Monday, a calendar month. Each process counts for
itself; the alert ``spend`` of the dashboards counts over all.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from foundry_telemetry.observation import Observation

_log: Final = logging.getLogger("foundry_telemetry")

WINDOWS: Final = ("hour", "day", "week", "month")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_VALUES: Final = 10_000
"""Values of a tag counted in one window; further ones share one count, so that memory is bounded."""
_OTHER: Final = "other"


class Budget(Struct, frozen=True, kw_only=True):
    """So many US dollars in a window.

    Raises:
        TypeError: A field is of another type.
        ValueError: `usd` is not above 0, `window` none of ``hour``, ``day``, ``week``, ``month``, or `value`
            stands without `tag`.
    """

    usd: float
    window: str = "month"
    tag: str | None = None
    """Each value of this tag has the budget for itself."""
    value: str | None = None
    """Only this value of the tag has it."""

    def __post_init__(self) -> None:
        if isinstance(self.usd, bool) or not isinstance(self.usd, int | float):
            raise TypeError(f"Budget.usd is {self.usd!r}; expected US dollars, above 0")
        if not 0 < self.usd < float("inf"):
            raise ValueError(f"Budget.usd is {self.usd!r}; expected US dollars, above 0")
        if self.window not in WINDOWS:
            raise ValueError(f"Budget.window is {self.window!r}; expected one of {', '.join(WINDOWS)}")
        if self.tag is not None and _KEY.fullmatch(self.tag) is None:
            raise ValueError(f"Budget.tag is {self.tag!r}; expected the key of a tag, such as 'tenant'")
        if self.value is not None and self.tag is None:
            raise ValueError(f"Budget.value is {self.value!r} without a tag; expected tag='tenant' beside it")

    @property
    def name(self) -> str:
        """In a few words, the same in log and metric."""
        whom = f" {self.tag}" if self.tag else ""
        return f"{self.usd:g} USD per {self.window}{whom}{f'={self.value}' if self.value else ''}"


class Overrun(Struct, frozen=True, kw_only=True):
    """A budget that was overrun."""

    budget: Budget
    value: str | None
    """The value of the budget's tag, if it has one."""
    spent_usd: float
    """In the window so far."""
    window_start: datetime
    """In UTC."""


Callback = Callable[[Overrun], object]


class _Account:
    """What one budget has counted in its present window."""

    def __init__(self, budget: Budget, callback: Callback | None) -> None:
        self.budget = budget
        self._callback = callback
        self._start: datetime | None = None
        self._spent: dict[str | None, float] = {}

    def add(self, usd: float, tags: Mapping[str, str], at: datetime) -> None:
        """Count, and warn where that is too much."""
        budget = self.budget
        value = None
        if budget.tag is not None:
            value = tags.get(budget.tag)
            if value is None or budget.value not in (None, value):
                return
        start = window_start(budget.window, at)
        if self._start is None or start > self._start:
            self._start, self._spent = start, {}
        elif start < self._start:
            return  # began in a window that is over
        if value not in self._spent and len(self._spent) >= _MAX_VALUES:
            value = _OTHER
        before = self._spent.get(value, 0.0)
        self._spent[value] = before + usd
        if before <= budget.usd < before + usd:
            self._warn(Overrun(budget=budget, value=value, spent_usd=before + usd, window_start=start))

    def _warn(self, overrun: Overrun) -> None:
        overruns[self.budget.name] += 1
        # The value of a tag stays out of the log: the ledger has whose it is.
        _log.warning("budget exceeded: %s, %.2f USD spent", self.budget.name, overrun.spent_usd)
        if self._callback is not None:
            _calls.append((self._callback, overrun))


overruns: Final[Counter[str]] = Counter()
"""How many there were, by name of the budget."""

_accounts: tuple[_Account, ...] = ()
_spendings: Final[deque[tuple[float, Mapping[str, str], int]]] = deque()
_counting = threading.Lock()
_calls: Final[deque[tuple[Callback, Overrun]]] = deque()
_calling = threading.Lock()


def on_budget(
    callback: Callback | None,
    *,
    usd: float,
    window: str = "month",
    tag: str | None = None,
    value: str | None = None,
) -> None:
    """Warn when more than `usd` US dollars were spent in a window.

    Args:
        callback: Called with the `Overrun`, in a thread of its own; what it raises is logged. ``None`` for
            log and metric alone.
        usd: What is meant to be spent at most.
        window: ``hour``, ``day``, ``week`` or ``month``, of UTC.
        tag: Each value of this tag has the budget for itself.
        value: Only this value of the tag has it.

    Raises:
        TypeError: `callback` cannot be called, or a value is of another type.
        ValueError: As for `Budget`.
    """
    global _accounts  # noqa: PLW0603 - one assignment, so readers need no lock
    if callback is not None and not callable(callback):
        raise TypeError(f"on_budget(): {callback!r:.100}; expected a function that takes an Overrun")
    budget = Budget(usd=usd, window=window, tag=tag, value=value)
    _accounts = (*_accounts, _Account(budget, callback))


def set_budgets(budgets: Iterable[Budget]) -> None:
    """Replace all budgets, those of `on_budget` too, and forget what was counted.

    Args:
        budgets: For log and metric alone.
    """
    global _accounts  # noqa: PLW0603 - as above
    _accounts = tuple(_Account(budget, None) for budget in budgets)
    overruns.clear()


def declared() -> tuple[Budget, ...]:
    """All budgets, in the order in which they were set."""
    return tuple(account.budget for account in _accounts)


def is_untouched() -> bool:
    """Whether there is no budget."""
    return not _accounts


def spend(seen: Observation) -> None:
    """Count a finished attempt. Never waits: who meets another thread that counts leaves the work to it."""
    if not _accounts:
        return
    usd = seen.cost_usd or seen.partial_cost_usd
    if not usd:
        return
    _spendings.append((usd, seen.tags, seen.started_ns))
    while _spendings and _counting.acquire(blocking=False):
        try:
            _count()
        finally:
            _counting.release()
    if _calls and _calling.acquire(blocking=False):
        try:
            threading.Thread(target=_call, name="foundry-budget", daemon=True).start()
        except RuntimeError:  # the interpreter ends, or there are too many
            _calling.release()
            raise


def _count() -> None:
    while _spendings:
        usd, tags, started_ns = _spendings.popleft()
        at = datetime.fromtimestamp(started_ns / 1e9, UTC)
        for account in _accounts:
            account.add(usd, tags, at)


def _call() -> None:
    """Run the callbacks that wait; the lock, taken by who started this, says that somebody does."""
    while True:
        try:
            while _calls:
                callback, overrun = _calls.popleft()
                try:
                    callback(overrun)
                except Exception as error:
                    _log.warning("a budget callback raised %s", type(error).__name__)
        finally:
            _calling.release()
        if not (_calls and _calling.acquire(blocking=False)):  # one that came before the release
            return


def window_start(window: str, at: datetime) -> datetime:
    """When the window that holds `at` began."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    match window:
        case "hour":
            return hour
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            return day.replace(day=1)


def _after_fork() -> None:
    """A lock that another thread of the parent held would stay locked in the child."""
    global _counting, _calling
    _counting, _calling = threading.Lock(), threading.Lock()
    _spendings.clear()
    _calls.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
