"""`python -m tests.incident_drills`: how many drills `foundry-telemetry incident` answers rightly.

Every drill is played on a local Azure Monitor and asked about; the answer is judged by the drill's truth. The
exit code is 1 unless all are right.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.incident_drills.answer import read
from tests.incident_drills.composed import MANY, SEED, composed
from tests.incident_drills.judge import CRITERIA, Judged, Verdict, judge
from tests.incident_drills.named import NAMED
from tests.incident_drills.scenarios import Drill, Played, play
from tests.incident_drills.stage import Stage
from tests.incident_drills.world import World

VERDICTS: tuple[Verdict, ...] = ("right", "partly", "wrong")


@dataclass(frozen=True)
class Result:
    """A drill that was played and judged."""

    played: Played
    judged: Judged


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incident_drills", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="drills with this in their names")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the composed drills (by default {SEED})")
    parser.add_argument("--many", type=int, default=MANY, help=f"composed drills (by default {MANY})")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Returns the exit code: 1 unless all are right."""
    options = arguments(given)
    world = World.made()
    drills = [*NAMED, *composed(world, options.seed, options.many)]
    chosen = [one for one in drills if not options.only or any(name in one.name for name in options.only)]
    if not chosen:
        sys.stderr.write(f"no drill has {' or '.join(options.only)} in its name\n")
        return 2
    results = []
    for result in _played(world, chosen):
        results.append(result)
        if not options.json:
            _say("\n".join(_lines(result)))
    if options.json:
        _say(json.dumps(as_object(results), indent=1))
    else:
        _say("\n".join(summary(results)))
    return int(any(one.judged.verdict != "right" for one in results))


def _played(world: World, drills: Iterable[Drill]) -> Iterator[Result]:
    with Stage(world) as stage:
        for drill in drills:
            played = play(drill, world)
            stage.play(played)
            yield Result(played, judge(played, read(stage.ask(played))))


def _lines(result: Result) -> Iterator[str]:
    yield f"{result.judged.verdict:7} {result.played.drill.name}"
    yield from (f"          {note}" for note in result.judged.notes)


def summary(results: list[Result]) -> Iterator[str]:
    """The tables: all, by what was judged, by measure."""
    verdicts = Counter(one.judged.verdict for one in results)
    yield ""
    yield f"{len(results)} drills: " + ", ".join(f"{verdicts[name]} {name}" for name in VERDICTS)
    yield ""
    yield f"{'judged':24} right  of"
    for name in CRITERIA:
        judged = [one.judged.criteria[name] for one in results if name in one.judged.criteria]
        yield f"{name:24} {sum(judged):5} {len(judged):3}"
    yield ""
    yield f"{'measure':24} right partly wrong  smallest found"
    for name, own in sorted(_by_measure(results).items()):
        counts = Counter(one.judged.verdict for one in own)
        figures = f"{counts['right']:5} {counts['partly']:6} {counts['wrong']:5}"
        yield f"{name:24} {figures}  {_smallest(name, own)}".rstrip()


def _by_measure(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        for name in {one.cause for one in result.played.truth} or {"(healthy)"}:
            found.setdefault(name, []).append(result)
    return found


def _smallest(name: str, results: Iterable[Result]) -> str:
    """The fewest changed calls with which it was found, of how many of the slice."""
    sizes = [
        (finding.changed, len(finding.affected))
        for one in results
        for finding in one.played.truth
        if finding.cause == name and name in one.judged.found
    ]
    return "{} of {} calls".format(*min(sizes)) if sizes else ""


def as_object(results: Iterable[Result]) -> list[dict[str, object]]:
    """The results as what JSON can hold."""
    return [
        {
            "name": one.played.drill.name,
            "verdict": one.judged.verdict,
            "criteria": one.judged.criteria,
            "notes": one.judged.notes,
            "end": one.played.drill.end.isoformat(),
            "asked_minutes": one.played.drill.asked.total_seconds() / 60,
            "truth": [
                {
                    "cause": finding.cause,
                    "direction": finding.direction,
                    "owners": finding.owners,
                    "since": finding.since.isoformat(),
                    "over": finding.over,
                    "who": dict(finding.slice),
                    "who_not": dict(finding.others),
                    "next_step": finding.steps,
                    "changed": finding.changed,
                    "of": len(finding.affected),
                }
                for finding in one.played.truth
            ],
        }
        for one in results
    ]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
