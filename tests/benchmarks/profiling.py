"""Which Python functions a call spends its added time in. Callgrind sees only the interpreter.

The profiler of the standard library slows small functions more than large ones: read the calls as exact and
the times as a ranking.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.variants import VARIANTS, NotBuiltError, Telemetry
from tests.benchmarks.workloads import Workload, workload_sets

if TYPE_CHECKING:
    from collections.abc import Mapping

Function = tuple[str, int, str]
Cost = tuple[float, float, float]
"""Calls, seconds in the function itself, seconds with what it calls; for each call of the workload."""

ROUNDS = 20


def profile(variant_name: str, workload_name: str, *, lines: int = 45) -> str:
    """A listing of the functions that cost more after the variant was installed than before."""
    variant, telemetry = VARIANTS[variant_name], Telemetry()
    with asyncio.Runner() as runner:
        if variant.prepare is not None:
            variant.prepare(telemetry)
        before, after = workload_sets(variant, telemetry, runner)
        base = _costs(_pick(before, workload_name))
        if variant.install is not None:
            try:
                variant.install(telemetry, [workload.client for workload in before])
            except NotBuiltError as error:
                raise SystemExit(str(error)) from error
        costs = _costs(_pick(after, workload_name))
    added = {key: _less(cost, base.get(key, (0, 0, 0))) for key, cost in costs.items()}
    return _listing(added, lines)


def _pick(workloads: list[Workload], name: str) -> Workload:
    for workload in workloads:
        if workload.name == name:
            return workload
    known = ", ".join(workload.name for workload in workloads)
    raise SystemExit(f"no workload {name!r}; this variant has {known}")


def _costs(workload: Workload) -> dict[Function, Cost]:
    workload.run(workload.calls)
    profiler = cProfile.Profile()
    profiler.enable()
    workload.run(workload.calls * ROUNDS)
    profiler.disable()
    calls = workload.calls * ROUNDS
    stats: Any = pstats.Stats(profiler)
    return {
        key: (count / calls, own / calls, whole / calls)
        for key, (_, count, own, whole, _) in stats.stats.items()
    }


def _less(cost: Cost, base: Cost) -> Cost:
    return (cost[0] - base[0], cost[1] - base[1], cost[2] - base[2])


def _listing(added: Mapping[Function, Cost], lines: int) -> str:
    # What runs as often as before is listed only for its noise.
    new = {key: cost for key, cost in added.items() if abs(cost[0]) > 1e-3}
    ranked = sorted(new.items(), key=lambda item: -item[1][1])[:lines]
    rows = [f"{'calls':>9} {'own µs':>9} {'total µs':>9}  function; added for each call of the workload"]
    for (file, line, function), (calls, own, whole) in ranked:
        place = "" if file == "~" else f"{'/'.join(Path(file).parts[-2:])}:{line} "
        rows.append(f"{calls:9.2f} {own * 1e6:9.2f} {whole * 1e6:9.2f}  {place}{function}")
    return "\n".join(rows)
