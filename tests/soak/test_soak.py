"""The soak in small, and what its report makes of runs that went wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.soak import __main__ as command
from tests.soak.calls import EVERY, how, is_abandoned
from tests.soak.pairs import paired, ratios
from tests.soak.report import LEAKS, MEGA, Figure, Report, abandoned, accounted, memory, retained
from tests.soak.stage import Run, run
from tests.support.marked import markers, update

CALLS = 500
AT_ONCE = 100
OPEN = "attempts, spans, dropped bodies, threads left open"


@pytest.fixture(scope="module")
def small() -> Run:
    """Five hundred calls over real sockets, through the real exporter."""
    return run({"calls": CALLS})


@pytest.mark.slow
@pytest.mark.row(86)
def test_every_attempt_is_delivered_once(small: Run) -> None:
    """Of calls of every kind each served attempt arrives as one event with its own ids and tokens."""
    assert small.served == small.delivered == list(range(1, CALLS + 1))
    assert small.mixed == 0
    assert small.outcomes == {"ok": CALLS - CALLS // EVERY, "abandoned": CALLS // EVERY}


@pytest.mark.slow
@pytest.mark.row(86)
def test_nothing_leaks(small: Run) -> None:
    """When all calls have ended no attempt and no span is open, and no thread is more than at the start."""
    assert {name: small.facts[name] for name in LEAKS} == {**dict.fromkeys(LEAKS, 0), "threads": []}
    assert (small.code, small.errors) == (0, "")


@pytest.mark.slow
@pytest.mark.row(52)
def test_many_at_once() -> None:
    """Streams that are open at the same time are recorded each for itself, and all are."""
    found = run({"at_once": AT_ONCE})
    assert found.facts["open_at_once"] == AT_ONCE
    assert all(figure.is_kept for figure in accounted(found))
    assert found.outcomes == {"ok": len(found.served)}


@pytest.mark.slow
def test_a_control_records_nothing() -> None:
    """A control makes the same calls, and nothing of ours is there to record them."""
    found = run({"calls": 30}, control=True)
    assert (len(found.served), found.delivered, found.code, found.errors) == (30, [], 0, "")


def test_calls_are_of_every_kind() -> None:
    """Among the calls are those of every family, plain and streamed, and one in ten is abandoned somehow."""
    kinds = {how(number) for number in range(1, 300)}
    shapes = ("plain", "stream", "closed", "dropped")
    assert kinds == {(family, shape) for family in ("httpx", "httpx2", "sdk") for shape in shapes}
    assert all(is_abandoned(number) == (how(number)[1] in ("closed", "dropped")) for number in range(300))


def sound(**changes: object) -> Run:
    """A run in which all went well, but for these fields."""
    samples = [{"done": 100.0 * n, "seconds": float(n), "rss": 100.0 * MEGA} for n in range(1, 11)]
    nothing = dict.fromkeys(LEAKS, 0)
    numbers = list(range(1, 21))
    facts = {"samples": samples, "facts": nothing, "served": numbers, "delivered": numbers}
    return Run(**{**facts, "outcomes": {"ok": 18, "abandoned": 2}, **changes})  # type: ignore[arg-type]


def broken(figures: list[Figure]) -> list[str]:
    """The names of the bounds that are not kept."""
    return [figure.name for figure in figures if not figure.is_kept]


def test_a_sound_run_keeps_every_bound() -> None:
    """No bound is broken by a run in which all went well."""
    found = sound()
    assert broken([*accounted(found), abandoned(found), *memory(found, sound())]) == []


@pytest.mark.parametrize(
    ("changes", "bound"),
    [
        ({"delivered": list(range(1, 20))}, "served, not delivered"),
        ({"delivered": [*range(1, 21), 20]}, "delivered, not served, or twice"),
        ({"mixed": 1}, "events with the ids or tokens of another call"),
        (
            {"outcomes": {"ok": 17, "abandoned": 2, "error": 1}},
            "attempts recorded as neither ok nor abandoned",
        ),
        ({"outcomes": {"ok": 19, "abandoned": 1}}, "abandoned streams not recorded as such"),
        ({"facts": {}}, OPEN),
        ({"facts": dict.fromkeys(LEAKS, 0) | {"threads": ["x"]}}, OPEN),
        ({"facts": dict.fromkeys(LEAKS, 0) | {"open_spans": 1}}, OPEN),
        ({"code": 1}, "failures of the process"),
        ({"errors": "Traceback"}, "failures of the process"),
    ],
    ids=[
        "lost",
        "twice",
        "mixed",
        "error",
        "not abandoned",
        "ended early",
        "thread",
        "span",
        "code",
        "errors",
    ],
)
def test_what_is_wrong_breaks_its_bound(changes: dict[str, object], bound: str) -> None:
    """Each thing that may go wrong breaks the bound that is about it."""
    found = sound(**changes)
    assert bound in broken([*accounted(found), abandoned(found)])


@pytest.mark.parametrize("last", [94.9, 105.1])
def test_memory_that_moves_breaks_its_bound(last: float) -> None:
    """Memory may move by five megabytes either way; what it does while all warms up does not count."""
    found = sound()
    found.samples[0]["rss"] = 1.0
    assert broken(memory(found)) == []
    found.samples[-1]["rss"] = last * MEGA
    assert broken(memory(found)) == ["memory moved since by"]


def test_slope() -> None:
    """The slope is that of a line through the samples, in megabytes an hour."""
    found = sound()
    for sample in found.samples:
        sample["rss"] += sample["seconds"] * 1024
    slopes = [figure.found for figure in memory(found) if figure.name.startswith("slope")]
    assert slopes == [pytest.approx(3600 / 1024)]


def test_retained_is_what_telemetry_adds() -> None:
    """What an open stream retains is counted beside the same stream without telemetry."""
    facts = {"retained": 1_000_000, "open_at_once": 100}
    figures = retained(sound(facts=facts), sound(facts={"retained": 100_000}), 100)
    assert [figure.found for figure in figures] == [100, 0, 9_000]
    assert broken(figures) == ["memory of an open stream, telemetry alone"]


def at_speed(calls_a_second: float, **changes: object) -> Run:
    """A sound run that makes so many calls a second."""
    samples = [{"done": calls_a_second * n, "seconds": float(n), "rss": 0.0} for n in range(1, 11)]
    return sound(**{"samples": samples, **changes})


@pytest.mark.parametrize(
    ("with_spans", "own", "broken_bounds"),
    [
        (at_speed(60), at_speed(66), []),
        (at_speed(59), at_speed(66), ["SDK spans on: part of those without telemetry"]),
        (at_speed(60), at_speed(65), ["own span: part of those without telemetry"]),
        (at_speed(60), at_speed(66, delivered=list(range(1, 20))), ["own span: not delivered once"]),
        (at_speed(60), at_speed(66, code=1), ["failures of the process"]),
        (at_speed(60), at_speed(66, samples=[]), ["own span: part of those without telemetry"]),
    ],
    ids=["kept", "slow with spans", "slow with our own", "lost", "failed", "ended early"],
)
def test_pairs_have_bounds(with_spans: Run, own: Run, broken_bounds: list[str]) -> None:
    """Speed with telemetry is compared with that without in the same round; a failed run is no pass."""
    found = {"without telemetry": [at_speed(100)], "SDK spans on": [with_spans], "own span": [own]}
    assert broken(ratios(found)) == broken_bounds


def test_a_round_is_of_one_moment() -> None:
    """A machine that is slower in one round changes no ratio, and every second round goes backwards."""
    made: list[str] = []

    def make(title: str, plan: dict[str, object], *, control: bool) -> Run:
        made.append(title)
        assert control == ("sdk_spans" not in plan)
        return at_speed((100 if control else 70) / (1 if title.endswith("1 of 2") else 3))

    figures = paired(2, make)
    kinds = ["without telemetry", "SDK spans on", "own span"]
    assert [title.split(",")[0] for title in made] == [*kinds, *reversed(kinds)]
    assert [round(figure.found, 3) for figure in figures if figure.unit == "ratio"] == [0.7, 0.7]
    assert "at least 0.60" in Report({"in pairs": figures}).markdown()


def test_report_names_every_run_and_verdict() -> None:
    """The table has a line for each figure, and one bound that is broken spoils the report."""
    report = Report({"ten calls": [Figure("kept", 1, 2), Figure("size", 1234.5, unit="MB")]})
    assert report.is_kept
    assert report.markdown().splitlines()[-2:] == ["| kept | 1 | 2 |", "| size | 1,234.5 MB |  |"]
    report.figures["more"] = [Figure("broken", 3, 2, "bytes")]
    assert not report.is_kept
    assert "| broken |  | 3 bytes **FAIL** | 2 bytes |" in report.markdown()
    assert report.as_json()["more"] == [
        {"name": "broken", "found": 3, "most": 2, "unit": "bytes", "least": None, "kept": False}
    ]


@pytest.mark.parametrize(("found", "code"), [(sound(), 0), (sound(mixed=1), 1)], ids=["sound", "mixed"])
def test_exit_code(
    found: Run, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 1 when a bound is not kept, and prints the figures either way."""
    monkeypatch.setattr(command, "run", lambda plan, **_: found)
    assert command.main(["--calls", "20"]) == code
    assert "|  | 20 calls | at most |" in capsys.readouterr().out


def test_what_is_run() -> None:
    """Without options all four parts are run; the page is written from all of them or not at all."""
    chosen = command.arguments([])
    assert (chosen.calls, chosen.at_once, chosen.minutes, chosen.rounds) == (50_000, 1_000, 10, 5)
    chosen = command.arguments(["--minutes", "1"])
    assert (chosen.calls, chosen.at_once, chosen.minutes, chosen.rounds) == (None, None, 1, None)
    with pytest.raises(SystemExit):
        command.arguments(["--calls", "5", "--update-docs"])


def test_progress_is_one_line_and_has_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a line is written over; elsewhere there is one now and then; neither has an escape."""
    for is_terminal, expected in ((True, 3), (False, 1)):
        out = io.StringIO()
        out.isatty = lambda is_terminal=is_terminal: is_terminal  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stderr", out)
        report = command.progress("ten calls")
        for done in (1.0, 2.0, 3.0):
            report({"done": done, "seconds": 1.0, "rss": 100.0 * MEGA})
        assert out.getvalue().count("ten calls: ") == expected
        assert "\x1b" not in out.getvalue()


def test_update_replaces_only_its_own_part(tmp_path: Path) -> None:
    """What stands between the markers of a name is replaced, and nothing else; without markers nothing is."""
    readme = tmp_path / "README.md"
    start, end = markers("soak")
    readme.write_text(f"a\n{start}\nold\n{end}\nb\n", encoding="utf-8")
    update(readme, "soak", "new")
    assert readme.read_text(encoding="utf-8") == f"a\n{start}\nnew\n{end}\nb\n"
    with pytest.raises(SystemExit, match=r"README\.md must have the line"):
        update(readme, "benchmarks", "new")
