"""`python -m tests.mutants [name ...]` tries mutants in a copy of the project; 1 if one survives."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutants.mutant import Mutant, Trial, control, copied, tried
from tests.mutants.table import MUTANTS

_COLOURS: Final = {"caught": "32", "SURVIVED": "31;1", "BROKEN": "33;1"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants and report each as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="mutants to try; all by default")
    parser.add_argument("--list", action="store_true", help="name the mutants and try none")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - {mutant.name for mutant in MUTANTS})
    if unknown:
        parser.error(f"no mutant {unknown[0]!r}; --list names them")
    chosen = tuple(mutant for mutant in MUTANTS if not asked.names or mutant.name in asked.names)
    if asked.list:
        for mutant in chosen:
            _say(f"{mutant.name:<{_width(chosen)}}  {mutant.file}")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        return _try_all(chosen, copied(Path(folder)))


def _try_all(mutants: tuple[Mutant, ...], copy: Path) -> int:
    _say(f"mutants: {len(mutants)}; first their tests without any ...")
    reason = control(mutants, copy)
    if reason is not None:
        _say(f"{_coloured('BROKEN')} without a mutant: {reason}")
        return 1
    trials = []
    for number, mutant in enumerate(mutants, 1):
        trials.append(tried(mutant, copy))
        _say(f"{number:>2}/{len(mutants)}  {_line(trials[-1], _width(mutants))}")
    caught = sum(trial.fate == "caught" for trial in trials)
    _say(f"{caught} of {len(trials)} caught")
    return int(caught < len(trials))


def _line(trial: Trial, width: int) -> str:
    name = trial.mutant.name
    return f"{_coloured(trial.fate)}  {name:<{width}}  {trial.seconds:5.1f} s  {trial.words}"


def _width(mutants: tuple[Mutant, ...]) -> int:
    return max(len(mutant.name) for mutant in mutants)


def _coloured(fate: str) -> str:
    padded = f"{fate:<8}"
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return padded
    return f"\x1b[{_COLOURS[fate]}m{padded}\x1b[0m"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a command


if __name__ == "__main__":
    sys.exit(main())
