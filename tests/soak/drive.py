"""The measured process: `python -m tests.soak.drive PLAN`, with the plan as JSON.

It reports after every batch, and at the end what leaks. Without ``connection_string`` the plan is
that of a control: the same calls, and nothing of ours.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import foundry_telemetry
from tests.soak.calls import PATIENCE_S, Async, in_turns, sync_clients

BATCH = 200
THREADS = 4
AT_ONCE = 16
FAMILIES = ("httpx", "httpx2")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Plan(Struct, frozen=True, kw_only=True):
    """What to do."""

    base_url: str
    connection_string: str | None = None
    calls: int | None = None
    """How many calls in all."""
    seconds: float | None = None
    """For how long, in place of that."""
    sdk_spans: bool = True
    """Whether the SDK makes spans of its own, where there is a tracer provider."""
    at_once: int | None = None
    """How many streams to keep open at the same time, in place of both."""


def rss_bytes() -> int:
    """Memory of this process that is in the machine's."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def report(**facts: Any) -> None:
    """Report to the parent."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def batches(plan: Plan) -> Iterator[range]:
    """Numbers of calls, from 1, until there are enough of them or the time is over."""
    started, first = time.monotonic(), 1
    while plan.seconds is None or time.monotonic() - started < plan.seconds:
        last = first + BATCH if plan.calls is None else min(first + BATCH, plan.calls + 1)
        if first == last:
            return
        yield range(first, last)
        first = last


def soak(plan: Plan) -> None:
    """Make calls batch by batch: one half in threads, the other as tasks."""
    started = time.monotonic()
    with (
        sync_clients(plan.base_url, sdk_spans=plan.sdk_spans) as sync,
        asyncio.Runner() as loop,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        clients = Async(plan.base_url, sdk_spans=plan.sdk_spans)
        loop.run(clients.__aenter__())
        for numbers in batches(plan):
            half = len(numbers) // 2
            in_threads = [pool.submit(sync.call, number) for number in numbers[:half]]
            loop.run(in_turns(clients, numbers[half:], AT_ONCE))
            for done in in_threads:
                done.result()
            gc.collect()
            report(done=numbers[-1], seconds=time.monotonic() - started, rss=rss_bytes())
        loop.run(clients.__aexit__())


async def keep_open(plan: Plan, first: int, count: int) -> int:
    """Open so many streams, and read on when all are open.

    Returns:
        Bytes that were allocated at that moment, more than before.
    """
    everybody, opened = asyncio.Event(), 0
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    retained = 0

    async def call(clients: Async, number: int) -> None:
        nonlocal opened, retained
        async with clients.opened(number, FAMILIES[number % len(FAMILIES)]) as pieces:
            opened += 1
            if opened == count:
                gc.collect()
                retained = tracemalloc.get_traced_memory()[0] - before
                report(open_at_once=open_attempts())
                everybody.set()
            await everybody.wait()
            async for _ in pieces:
                pass

    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(Async(plan.base_url, connections=count))
        async with asyncio.TaskGroup() as tasks:
            for number in range(first, first + count):
                tasks.create_task(call(clients, number))
    return retained


def at_once(plan: Plan, count: int) -> None:
    """Keep many streams open, after a few that warm everything up."""
    few = min(count, 20)
    tracemalloc.start()
    asyncio.run(keep_open(plan, 1, few))
    started = time.monotonic()
    retained = asyncio.run(keep_open(plan, few + 1, count))
    tracemalloc.stop()
    report(done=few + count, seconds=time.monotonic() - started, rss=rss_bytes(), retained=retained)


def open_attempts() -> int:
    """Attempts that have not ended."""
    from foundry_telemetry.attempt import Attempt

    return counted(lambda one: type(one) is Attempt and one.is_open)


def counted(is_one: Callable[[Any], bool]) -> int:
    """How many of all objects are such.

    No other thread may run meanwhile: to refer to a tuple that it is just making, as this does with all
    objects, would fail it with a `SystemError`.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(PATIENCE_S)
    try:
        return sum(map(is_one, gc.get_objects()))
    finally:
        sys.setswitchinterval(usual)


def leaks(threads: set[str]) -> dict[str, Any]:
    """What should not be there any more once all calls have ended."""
    from opentelemetry.sdk.trace import Span

    from foundry_telemetry import abandoned_bodies

    gc.collect()
    abandoned_bodies.flush_abandoned_bodies()
    gc.collect()
    return {
        "open_attempts": open_attempts(),
        "open_spans": counted(lambda one: isinstance(one, Span) and one.is_recording()),
        "dropped_unreported": len(abandoned_bodies._abandoned) + len(abandoned_bodies._deferred),
        "threads": sorted({thread.name for thread in threading.enumerate()} - threads),
        "losses": _losses(),
    }


def _losses() -> int:
    from foundry_telemetry.internal_errors import internal_errors

    return internal_errors.count


def configure(plan: Plan) -> None:
    """Set everything up as a service would."""
    if plan.connection_string is not None:
        foundry_telemetry.configure(connection_string=plan.connection_string, hosts=(plan.base_url,))


def main() -> None:
    """Make the calls, report what leaks, and deliver what waits."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    configure(plan)
    threads = {thread.name for thread in threading.enumerate()}
    if plan.at_once is None:
        soak(plan)
    else:
        at_once(plan, plan.at_once)
    report(**leaks(threads))


if __name__ == "__main__":
    main()
