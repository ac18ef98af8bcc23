"""The process that fuzzes: `python -m tests.fuzz.child HARNESS [flags of libFuzzer] CORPUS`."""

from __future__ import annotations

import sys

import atheris

from tests.fuzz.harness import WATCHED, load


def main() -> None:
    """Fuzz; libFuzzer ends the process itself."""
    name, *flags = sys.argv[1:]
    with atheris.instrument_imports(include=list(WATCHED[name])):
        harness = load(name)
    atheris.Setup([name, *flags], harness.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
