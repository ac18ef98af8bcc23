"""The fuzzer's harnesses in the normal test run: on their seeds, on what they found, and on hypothesis."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz import ingest
from tests.fuzz.harness import CORPUS, WATCHED, dictionary, kept, load
from tests.fuzz.running import ROOT, Found, read
from tests.fuzz.work import Grown
from tests.hostile.fuzz import fuzz

GROWING = [(name, shape) for name in WATCHED for shape in load(name).growing]
SMALL, LARGE = 32 * 1024, 64 * 1024
FIXED = 500
"""Calls that an input costs whatever its size, generously."""


@pytest.fixture(autouse=True)
def _stored() -> Iterator[None]:
    """What the ingestion accepted in a test is stored at its end, and its database forgotten."""
    yield
    ingest.finish()


@pytest.mark.parametrize("name", WATCHED)
def test_seeds(name: str) -> None:
    """Every property holds for every seed and for every input that once broke one."""
    harness = load(name)
    inputs = [*harness.seeds(), *(path.read_bytes() for path in kept(name)), b"", b"\0" * 9]
    assert len(inputs) > 10
    for data in inputs:
        harness.check(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", WATCHED)
def test_mutated_seeds(name: str) -> None:
    """The properties hold for seeds that were cut, spliced and peppered with words."""
    harness = load(name)
    part = st.one_of(
        st.sampled_from(list(harness.seeds())), st.sampled_from(harness.words), st.binary(max_size=30)
    )
    places = st.tuples(st.floats(0, 1), st.floats(0, 1))

    @settings(fuzz, max_examples=100)
    @given(st.lists(st.tuples(part, places), min_size=1, max_size=6), st.binary(max_size=7))
    def run(parts: list[tuple[bytes, tuple[float, float]]], head: bytes) -> None:
        spliced = [bytes_[int(at * len(bytes_)) : int(end * len(bytes_)) + 1] for bytes_, (at, end) in parts]
        harness.check((head + b"".join(spliced))[: harness.longest])

    run()


def calls(name: str, data: bytes) -> int:
    """Function calls, of Python and of C, that an input costs."""
    harness = load(name)
    harness.check(data)  # what is remembered, imported or compiled once is no part of it
    count = 0

    def profile(_: object, what: str, __: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(profile)
    try:
        harness.check(data)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(("name", "shape"), GROWING, ids=" ".join)
def test_work_is_linear(name: str, shape: str) -> None:
    """Twice the bytes are at most twice the calls, whatever the bytes are made to hurt."""
    grown = load(name).growing[shape]
    small, large = (calls(name, grown(size)) for size in (SMALL, LARGE))
    assert large <= 2.2 * small + FIXED


def test_dictionary_is_in_the_fuzzers_own_form() -> None:
    """Each word is a line of printable ASCII in quotes, with everything else as its number."""
    assert dictionary([b'a"\\\x00\xff z\n', b"~"]) == '"a\\x22\\x5c\\x00\\xff z\\x0a"\n"~"\n'


def test_figures_are_read_from_what_the_fuzzer_says() -> None:
    """Runs, speed, memory, coverage and findings come from the lines of libFuzzer."""
    found = Found("sse")
    for line in (
        "#65536\tpulse  cov: 393 ft: 830 corp: 90/12Kb lim: 4096 exec/s: 4096 rss: 80Mb",
        "artifact_prefix='x/'; Test unit written to x/crash-0a6b321d",
        "stat::number_of_executed_units: 70000",
        "stat::peak_rss_mb:              81",
    ):
        read(line, found)
    assert found.cells() == ["sse", "70,000", "4,096", "81 MB", "393", "830", "crash-0a6b321d"]


def test_a_missing_fuzzer_is_reported_with_its_repair(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without atheris the command says which pip command brings it, and ends with 2."""
    monkeypatch.setattr(sys, "argv", ["fuzz", "sse"])
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert command.main() == 2
    assert "pip install 'foundry-telemetry[fuzz]'" in capsys.readouterr().err


@pytest.mark.parametrize("given", [[], ["nothing"], ["sse", "nothing"]], ids=" ".join)
def test_a_wrong_name_is_reported(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A harness that is none is refused with the names of those that are."""
    monkeypatch.setattr(sys, "argv", ["fuzz", *given])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    reported = capsys.readouterr().err
    assert all(name in reported for name in WATCHED)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed; it is an extra")
def test_the_fuzzer_runs() -> None:
    """The command runs the fuzzer and says how much it did."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "tokens", "--runs", "500"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"\| tokens \| [5-9]\d\d \|", done.stdout)


@pytest.mark.parametrize(("large", "code"), [(4 * 10**9, 0), (16 * 10**9, 1)], ids=["linear", "square"])
def test_work_that_grows_too_fast_is_reported(
    large: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four times the input may be four times the work, not sixteen times; then the command ends with 1."""
    monkeypatch.setattr(sys, "argv", ["fuzz", "sse", "--work"])
    monkeypatch.setattr(command, "grown", lambda name: [Grown(name, "x", 10**9, large)])
    assert command.main() == code
    assert f"| sse: x | 1,000.0 | {large / 1e6:,.1f} | {'**FAIL**' * code} |" in capsys.readouterr().out


def test_kept_inputs_belong_to_a_harness() -> None:
    """No input is kept where nobody replays it."""
    assert {path.name for path in CORPUS.glob("*")} <= {*WATCHED, "README.md"}
