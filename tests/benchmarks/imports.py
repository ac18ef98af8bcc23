"""The process in which importing the library is measured: `python -m tests.benchmarks.imports RESULT`.

It imports as little as it can before, so that a standard module that only we need is ours to pay.
"""

import os
import sys
import time

import opentelemetry.trace  # noqa: F401  (what every application with telemetry has imported already)


def mark() -> None:
    """End a segment of callgrind's; see `callgrind.MARKER`. Nothing happens without callgrind."""
    os.getpriority(os.PRIO_PROCESS, 0)


def main(result: str) -> None:
    """Import the package, then what its face loads on first use, and write the seconds of each as JSON."""
    mark()
    started = time.perf_counter()
    import foundry_telemetry

    imported = time.perf_counter()
    mark()
    built = hasattr(foundry_telemetry, "instrument")
    loaded = time.perf_counter()
    mark()
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123  (pathlib would be imported for it)
        built_json = "true" if built else "false"
        file.write(
            f'{{"built": {built_json}, "import_s": {imported - started}, "first_use_s": {loaded - imported}}}'
        )


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)
