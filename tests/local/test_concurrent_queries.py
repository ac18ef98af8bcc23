"""As many queries run at a time as there are processors; who waits does not wait for ever."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from foundry_telemetry.local.engine import concurrent_queries
from foundry_telemetry.local.engine.concurrent_queries import ConcurrentQueries
from tests.support.patience import PATIENCE_S

SOON_S = PATIENCE_S


def test_one_more_runs_when_another_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that finds all processors taken begins when one is free, and not before."""
    monkeypatch.setattr(concurrent_queries, "AT_ONCE", 2)
    monkeypatch.setattr(concurrent_queries, "PAUSE_S", 2 * SOON_S)
    queries, begun = ConcurrentQueries(), threading.Event()

    def run() -> None:
        with queries.others(2 * SOON_S):
            begun.set()

    with queries.others(SOON_S), ExitStack() as second:
        second.enter_context(queries.others(SOON_S))
        third = threading.Thread(target=run)
        third.start()
        assert not begun.wait(0.1)
        second.close()
        assert begun.wait(SOON_S)
    third.join()


def test_one_more_runs_though_none_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long queries do not keep short ones out: after a pause one more runs beside them."""
    monkeypatch.setattr(concurrent_queries, "AT_ONCE", 1)
    monkeypatch.setattr(concurrent_queries, "PAUSE_S", 0.0)
    queries = ConcurrentQueries()
    with queries.others(SOON_S), queries.others(SOON_S) as had_others:
        assert had_others()
