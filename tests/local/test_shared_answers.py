"""Who asks the same of the same rows gets one answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from foundry_telemetry.local.engine import shared_answers
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.engine.shared_answers import SharedAnswers
from foundry_telemetry.local.store.store import Store
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import NOON, event, fill


def nothing() -> None:
    """Nobody ends the waiting."""


class Asked:
    """Counts how often it is asked, and waits for leave where it is told to."""

    def __init__(self, rows: int = 1, *, waits: bool = False) -> None:
        self.times = 0
        self.begun, self.leave = threading.Event(), threading.Event()
        self._rows, self._waits = rows, waits

    def __call__(self) -> list[int]:
        """Rows that say which time it is."""
        self.times += 1
        self.begun.set()
        if self._waits:
            assert self.leave.wait(PATIENCE_S)
        return [self.times] * self._rows


def test_the_same_is_asked_once_for_each_state_of_the_rows() -> None:
    """A kept answer is given until rows come or go."""
    version = [1]
    shared = SharedAnswers[list[int]](lambda: version[0], len)
    ask = Asked()
    assert [shared.answer("q", ask, nothing) for _ in range(2)] == [[1], [1]]
    assert shared.answer("another", ask, nothing) == [2]
    version[0] += 1
    assert shared.answer("q", ask, nothing) == [3]


def test_nothing_of_the_rows_before_is_held() -> None:
    """What was erased is in no kept answer, whoever asks next."""
    version = [1]
    shared = SharedAnswers[list[int]](lambda: version[0], len)
    shared.answer("q", Asked(), nothing)
    version[0] += 1
    shared.answer("another", Asked(), nothing)
    assert list(shared._kept) == ["another"]


def test_two_at_a_time_are_one_question() -> None:
    """The second one waits for the answer of the first."""
    shared = SharedAnswers[list[int]](lambda: 0, len)
    ask, waiting = Asked(waits=True), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.answer, "q", ask, nothing)
        assert ask.begun.wait(PATIENCE_S)
        second = pool.submit(shared.answer, "q", ask, waiting.set)
        assert waiting.wait(PATIENCE_S)
        ask.leave.set()
        assert (first.result(PATIENCE_S), second.result(PATIENCE_S)) == ([1], [1])


def test_who_waits_can_leave() -> None:
    """A query that is stopped while it waits for another one ends then."""

    def stopped() -> None:
        raise TimeoutError

    shared = SharedAnswers[list[int]](lambda: 0, len)
    ask = Asked(waits=True)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.answer, "q", ask, nothing)
        assert ask.begun.wait(PATIENCE_S)
        with pytest.raises(TimeoutError):
            shared.answer("q", ask, stopped)
        ask.leave.set()
        assert first.result(PATIENCE_S) == [1]


def test_a_failure_is_for_the_one_who_asked() -> None:
    """The next one asks anew."""

    def fails() -> list[int]:
        raise ValueError

    shared = SharedAnswers[list[int]](lambda: 0, len)
    with pytest.raises(ValueError, match=r"^$"):
        shared.answer("q", fails, nothing)
    assert shared.answer("q", Asked(), nothing) == [1]


def test_large_and_old_answers_are_not_kept() -> None:
    """The memory that answers take has a limit."""
    shared = SharedAnswers[list[int]](lambda: 0, len)
    large, small = Asked(shared_answers.MOST_BYTES + 1), Asked()
    for _ in range(2):
        shared.answer("large", large, nothing)
    assert large.times == 2
    for question in [*range(shared_answers.MOST_ANSWERS + 1), 0]:
        shared.answer(question, small, nothing)
    assert small.times == shared_answers.MOST_ANSWERS + 2


@pytest.mark.parametrize("change", ["add", "delete", "trim"])
def test_an_answer_has_every_row_that_was_promised(change: str) -> None:
    """After rows came, or went by request or by age, the same question has another answer."""
    with Store(retention_days=1, clock=lambda: now[0]) as store:
        now = [NOON]
        query = Query(store)
        fill(store, [event(NOON)])
        (before,) = query.run("AppEvents | count").rows
        if change == "add":
            fill(store, [event(NOON)])
        elif change == "delete":
            store.delete("AppEvents", '"Name" <> ?', [""])
        else:
            now[0] += timedelta(days=2)
            store.trim()
        assert query.run("AppEvents | count").rows != [before]
    assert before == (1,)


def test_the_present_is_asked_for_anew() -> None:
    """What depends on the clock is no answer for others."""
    with Store() as store:
        query = Query(store)
        assert query.run("print now()").rows != query.run("print now()").rows
