"""A service at its start, measured: `python -m tests.benchmarks.start FAMILY RESULT`.

It uses one family of HTTP clients. The other is imported at the end only, to see what it would cost: so much
is saved as long as families are patched when they are imported, and not imported to be patched.
"""

import logging
import os
import sys
import time
from importlib import import_module

import opentelemetry.trace  # noqa: F401  (what every application with telemetry has imported already)

from tests.benchmarks.imports import mark

FAMILIES = ("httpx2", "httpx")


def main(family: str, result: str) -> None:
    """Import and instrument, then import the other family; write seconds of processor time as JSON."""
    other = FAMILIES[1 - FAMILIES.index(family)]
    import_module(family)
    # Of the warning that nothing is exported: here that is known.
    logging.disable()
    mark()
    started = time.process_time()
    import foundry_telemetry

    foundry_telemetry.instrument()
    instrumented = time.process_time()
    mark()
    is_loaded = "true" if other in sys.modules else "false"
    import_module(other)
    imported = time.process_time()
    mark()
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123  (as in `imports`)
        file.write(
            f'{{"start_s": {instrumented - started}, "other_s": {imported - instrumented}, '
            f'"other_is_loaded": {is_loaded}}}'
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
