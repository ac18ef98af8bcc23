"""A reading is stopped where it can be: in the modules that read, and nowhere else."""

from __future__ import annotations

import threading

import pytest

from foundry_telemetry.kql import lexer
from foundry_telemetry.local.engine import stop as module
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.stop import Stop

LOOKS = 3
"""Times that the watch looks before a test goes on."""


def test_nothing_is_raised_outside_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback of the garbage collector would swallow it, and Python would say so on the terminal."""
    looks: list[bool] = []
    looked = threading.Event()
    reads = module._reads

    def noted(thread: int) -> bool:
        looks.append(reads(thread))
        if len(looks) == LOOKS:
            looked.set()
        return looks[-1]

    monkeypatch.setattr(module, "_reads", noted)
    stop = Stop(seconds=60, share=10_000)
    went_on = False
    with pytest.raises(QueryError), stop.watched(), stop.reading():
        stop.now()
        assert looked.wait(30)
        went_on = True
        while True:
            list(lexer.tokens("print 1"))
    assert went_on
    assert not any(looks[:LOOKS])


def test_what_was_lost_is_raised_again() -> None:
    """Code between may keep what is raised, once or twice; the reading ends all the same."""
    lost = 0
    stop = Stop(seconds=60, share=10_000)
    with pytest.raises(QueryError), stop.watched(), stop.reading():
        stop.now()
        while True:
            try:
                while True:
                    list(lexer.tokens("print 1"))
            except BaseException:
                lost += 1
                if lost == LOOKS:
                    raise
    assert lost == LOOKS
