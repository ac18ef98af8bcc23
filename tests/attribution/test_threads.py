"""Tags through threads, executors, processes and Celery."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from foundry_telemetry.attribution import attribute, block_of, current_tags
from foundry_telemetry.attribution.celery import carry_through_celery
from foundry_telemetry.attribution.threads import CarryingExecutor, carry_tags
from foundry_telemetry.observation import NO_TAGS

ACME = {"tenant": "acme"}


@pytest.fixture(autouse=True)
def _leaves_no_tags() -> Iterator[None]:
    """No test may leave a tag behind."""
    yield
    assert current_tags() is NO_TAGS


def tags_here(_: object = None) -> dict[str, str]:
    """The tags in force where this runs."""
    return dict(current_tags())


def test_thread() -> None:
    """A thread has the tags of where its function was bound, and that block may be over by then."""
    seen: list[dict[str, str]] = []
    with attribute(**ACME):
        thread = threading.Thread(target=carry_tags(lambda: seen.append(tags_here())))
    with attribute(tenant="other"):
        thread.start()
        thread.join()
    assert seen == [ACME]


def test_executor_leaves_nothing_in_its_threads() -> None:
    """One thread works for many: each piece of work has its own tags, and none stays in the thread."""
    with ThreadPoolExecutor(1) as pool:
        carrying = CarryingExecutor(pool)
        found = []
        for tenant in ("a", "b"):
            with attribute(tenant=tenant):
                found += [carrying.submit(tags_here).result(), *carrying.map(tags_here, range(2))]
        assert found == [{"tenant": "a"}] * 3 + [{"tenant": "b"}] * 3
        assert pool.submit(tags_here).result() == {}
        assert carrying.submit(tags_here).result() == {}


def test_executor_hands_on() -> None:
    """Arguments, results and exceptions pass, and shutting it down shuts the executor down."""
    pool = ThreadPoolExecutor(1)
    with CarryingExecutor(pool) as carrying:
        assert carrying.submit(int, "12", base=8).result() == 10
        with pytest.raises(ValueError, match="invalid literal"):
            carrying.submit(int, "x").result()
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_executor_of_an_event_loop() -> None:
    """`run_in_executor` takes no context along; with the executor wrapped it takes the tags."""

    async def main() -> None:
        with ThreadPoolExecutor(1) as pool, attribute(**ACME):
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(pool, tags_here) == {}
            assert await loop.run_in_executor(CarryingExecutor(pool), tags_here) == ACME

    asyncio.run(main())


def test_process() -> None:
    """The tags go to another process with the function."""
    spawn = multiprocessing.get_context("spawn")
    with CarryingExecutor(ProcessPoolExecutor(1, spawn)) as carrying, attribute(**ACME):
        assert carrying.submit(tags_here).result() == ACME


def test_what_is_carried_is_not_hashed_again() -> None:
    """A person keeps one hash, through however many threads."""
    with attribute(user="jane"):
        assert carry_tags(carry_tags(tags_here))() == tags_here()


def test_carrying_never_raises() -> None:
    """Where both sides have too many together, those carried are in force, then the others again."""
    with attribute(**{f"k{number}": "v" for number in range(6)}):
        carried = carry_tags(tags_here)
        six = tags_here()
    with attribute(**{f"j{number}": "v" for number in range(6)}):
        assert carried() == six
        assert len(tags_here()) == 6
        with block_of(six), attribute(k0="w"):
            assert tags_here()["k0"] == "w"


class Signal:
    """As much of a Celery signal as we use."""

    def __init__(self) -> None:
        self.receivers: dict[str, Callable[..., object]] = {}

    def connect(self, receiver: Callable[..., object], *, weak: bool, dispatch_uid: str) -> None:
        """Keep a receiver."""
        assert not weak
        self.receivers[dispatch_uid] = receiver

    def send(self, **reported: Any) -> None:
        """Call the receivers."""
        for receiver in self.receivers.values():
            receiver(**reported)


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The three signals, in the place of Celery's; the real one needs a broker and is no dependency."""
    reported = {name: Signal() for name in ("before_task_publish", "task_prerun", "task_postrun")}
    package, module = ModuleType("celery"), ModuleType("celery.signals")
    vars(module).update(reported)
    vars(package)["signals"] = module
    monkeypatch.setitem(sys.modules, "celery", package)
    monkeypatch.setitem(sys.modules, "celery.signals", module)
    carry_through_celery()
    carry_through_celery()
    return SimpleNamespace(**reported)


@pytest.mark.parametrize("as_attribute", [True, False])
def test_celery(signals: SimpleNamespace, as_attribute: bool) -> None:
    """A task runs with the tags of who sent it, in either place that Celery puts headers; then without."""
    assert len(signals.task_prerun.receivers) == 1
    headers: dict[str, Any] = {}
    with attribute(**ACME):
        signals.before_task_publish.send(sender="work", headers=headers, body=())
    request = SimpleNamespace(**headers) if as_attribute else SimpleNamespace(headers=headers)
    task = SimpleNamespace(request=request)
    signals.task_prerun.send(task=task, task_id="1")
    assert current_tags() == ACME
    signals.task_postrun.send(task=task, task_id="1", state="SUCCESS")
    assert current_tags() is NO_TAGS


@pytest.mark.parametrize("reported", [{}, {"headers": None}, {"headers": {"foundry_telemetry_tags": "x"}}])
def test_celery_without_tags(signals: SimpleNamespace, reported: dict[str, Any]) -> None:
    """Messages without tags, or with what are none, run as without us, and none are added to them."""
    headers: dict[str, Any] = {}
    signals.before_task_publish.send(headers=headers)
    signals.before_task_publish.send(headers=None)
    assert headers == {}
    task = SimpleNamespace(request=SimpleNamespace(**reported))
    signals.task_prerun.send(task=task)
    assert current_tags() is NO_TAGS
    signals.task_postrun.send(task=task)


def test_without_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Celery is not installed, connecting says so."""
    monkeypatch.setitem(sys.modules, "celery", None)
    with pytest.raises(ModuleNotFoundError, match="celery"):
        carry_through_celery()
