"""One harness under the fuzzer: a process of its own, fed with seeds, read line by line."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fuzz.harness import CORPUS, Harness, dictionary, kept, load

ROOT = Path(__file__).parents[2]
SLOWEST_S = 10
"""Seconds after which an input counts as a finding; the slowest take milliseconds."""

_PULSE = re.compile(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+) .*?exec/s: (\d+) rss: (\d+)Mb")
_FINDING = re.compile(r"Test unit written to (\S+)")
_STAT = re.compile(r"stat::(\w+):\s+(\d+)")
_STATS = {"number_of_executed_units": "runs", "average_exec_per_sec": "runs_per_s", "peak_rss_mb": "peak_mb"}
_TAIL = 40
"""Lines that are shown of a run that failed."""


@dataclass
class Found:
    """What came of one run."""

    name: str
    runs: int = 0
    runs_per_s: int = 0
    peak_mb: int = 0
    coverage: int = 0
    features: int = 0
    findings: tuple[str, ...] = ()
    code: int = 0
    """Of the process."""

    def as_json(self) -> dict[str, object]:
        """All of it."""
        return asdict(self)

    def cells(self) -> list[str]:
        """A row of the table."""
        speed = self.runs_per_s or "-"  # libFuzzer tells none of less than a second
        figures = (self.runs, speed, f"{self.peak_mb} MB", self.coverage, self.features)
        shown = (f"{one:,}" if isinstance(one, int) else one for one in figures)
        return [self.name, *shown, " ".join(self.findings) or ("-" if not self.code else f"exit {self.code}")]


def fuzz(name: str, runs: int, seed: int = 0) -> Found:
    """Fuzz one harness in a process of its own.

    Args:
        name: Of the harness.
        runs: Inputs; the seeds count.
        seed: Of the random numbers; 0 for another each time.
    """
    found, tail = Found(name), deque[str](maxlen=_TAIL)
    with tempfile.TemporaryDirectory() as folder:
        flags = prepared(name, load(name), Path(folder), runs, seed)
        command = [sys.executable, "-m", "tests.fuzz.child", name, *flags]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, errors="replace", cwd=ROOT
        ) as child:
            assert child.stderr is not None
            for line in child.stderr:
                tail.append(line)
                if read(line, found):
                    say(found, runs)
    found.code = child.returncode
    sys.stderr.write("\n" * sys.stderr.isatty())
    if found.code or found.findings:
        sys.stderr.writelines(tail)
    return found


def prepared(name: str, harness: Harness, folder: Path, runs: int, seed: int) -> list[str]:
    """Write the corpus and the dictionary; the flags that name them."""
    corpus, words, findings = folder / "corpus", folder / "words.dict", CORPUS / name
    corpus.mkdir()
    findings.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*harness.seeds(), *(path.read_bytes() for path in kept(name))]):
        if len(data) <= harness.longest:  # the others are for the tests, which need not be fast
            (corpus / f"{number:04}").write_bytes(data)
    words.write_text(dictionary(harness.words), encoding="ascii")
    return [
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={harness.longest}",
        f"-rss_limit_mb={harness.megabytes}",
        f"-timeout={SLOWEST_S}",
        f"-dict={words}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
        "-verbosity=1",
        str(corpus),
    ]


def read(line: str, found: Found) -> bool:
    """Note what a line of libFuzzer tells; whether it is one of those that only show how far it is."""
    pulse, finding, stat = _PULSE.match(line), _FINDING.search(line), _STAT.match(line)
    if pulse:
        found.runs, found.coverage, found.features = int(pulse[1]), int(pulse[3]), int(pulse[4])
        found.runs_per_s, found.peak_mb = int(pulse[5]), max(found.peak_mb, int(pulse[6]))
    elif finding:
        found.findings += (Path(finding[1]).name,)
    elif stat and stat[1] in _STATS:
        setattr(found, _STATS[stat[1]], int(stat[2]))
    return pulse is not None and pulse[2] == "pulse"


def say(found: Found, runs: int) -> None:
    """One line of progress, written over where that can be seen."""
    share = 100 * found.runs // max(runs, 1)
    line = f"{found.name}: {share} %, {found.runs_per_s:,} runs/s, {found.features:,} features"
    sys.stderr.write(f"\r{line} " if sys.stderr.isatty() else f"{line}\n")
    sys.stderr.flush()
