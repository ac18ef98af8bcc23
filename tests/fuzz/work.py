"""How the work of a reader grows with its input, in machine instructions: `python -m tests.fuzz --work`.

Calls can be counted in a test, but what a function in C does inside is no call: copying the rest of an input
for each of its parts is quadratic all the same. Callgrind sees that, and needs no clock.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import callgrind
from tests.benchmarks.child import Segments, counting
from tests.fuzz.harness import load

SMALL = 128 * 1024
"""Bytes; above the sizes from which a reader goes another way, such as the piece of a stream that is cut."""
FACTOR = 4
"""The large input is so many times the small one."""
MOST = 1.5
"""By how much the work may grow faster than the input. What is quadratic grows by `FACTOR` times as much."""
FIXED = 500_000
"""Instructions that do not depend on the input, generously; so that a cheap reader is not judged by noise."""


@dataclass(frozen=True)
class Grown:
    """The work of one shape of input."""

    name: str
    shape: str
    small: int
    large: int

    @property
    def is_linear(self) -> bool:
        """Whether the work grew as the input did."""
        return self.large <= FACTOR * MOST * self.small + FIXED

    def cells(self) -> list[str]:
        """A row of a table."""
        shown = (f"{count / 1e6:,.1f}" for count in (self.small, self.large))
        return [f"{self.name}: {self.shape}", *shown, "" if self.is_linear else "**FAIL**"]


HEAD = ["million instructions", f"{SMALL // 1024} KiB", f"{FACTOR * SMALL // 1024} KiB", ""]


def grown(name: str) -> list[Grown]:
    """Measure every shape of a harness.

    Raises:
        SystemExit: Callgrind is not installed, or the child failed.
    """
    callgrind.require()
    child, counts = callgrind.run("tests.fuzz.work", name)
    reported = dict(zip(child["segments"], counts, strict=True))
    return [
        Grown(name, shape, reported[f"{shape}/1"], reported[f"{shape}/{FACTOR}"])
        for shape in load(name).growing
    ]


def main(name: str) -> list[str]:
    """In the child: read each input once, and mark where that ends. Returns the names of the segments."""
    harness, segments = load(name), Segments()
    shapes = harness.growing.items()
    inputs = {f"{shape}/{times}": grow(SMALL * times) for shape, grow in shapes for times in (1, FACTOR)}
    for grow in harness.growing.values():
        harness.check(grow(1024))
    gc.collect()
    gc.disable()  # it would come at odd moments, and look at all that was ever imported
    counting("on")
    for case, data in inputs.items():
        segments.mark()
        harness.check(data)
        segments.mark(case)
    counting("off")
    return segments.names


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps({"segments": main(sys.argv[1])}), encoding="utf-8")
    os._exit(0)
