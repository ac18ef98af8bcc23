"""``python -m tests.investigate.readme`` writes what the commands print after one drill into the README."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.investigate.commands import run
from tests.investigate.scenarios import DRILLS, play
from tests.investigate.service import running

README = Path(__file__).parents[2] / "README.md"
DRILL = "role missing"
WIDTH = "100"

_CLOCK = r"\d\d:\d\d:\d\d(\.\d+)?"
_DAY = r"\d{4}-\d\d-\d\d"
_CHANGES = (
    (r"FT-[0-9A-F]{5}-[0-9A-F]{5}", "CODE"),
    (r"\b(?!0{8})[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "GUID"),
    (r"\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b", "HEX"),
    (rf"(({_DAY}|[A-Z][a-z]{{2}} \d\d) )?{_CLOCK}", "TIME"),
    (_DAY, "DAY"),
    (r"(<|\b)\d[\d.,]*( (d|h|min|s|ms)\b)( \d+ (h|min|s)\b)?", "LONG"),
    (r"(?<=/)\d+\.\d[\w.+-]*", "VERSION"),
)
"""What differs from run to run (ids, times, how long things took) or with a release of what is installed."""

_BLOCK = r"(<!-- {name}:start -->\n```\n).*?(```\n<!-- {name}:end -->)"


def printed() -> dict[str, str]:
    """What the commands print after the drill, by the name of the block in the README."""
    drill = next(drill for drill in DRILLS if drill.name == DRILL)
    with running(("127.0.0.1",)) as (service, azure):
        play(drill, service)
        source = ("--url", azure.url)
        incident = run("incident", *source, COLUMNS=WIDTH).out
        code = re.findall(r"ticket (FT-\S+)", incident)[0]
        ticket = run("ticket", code, *source, COLUMNS=WIDTH).out
        url = azure.url
    reported = {
        "incident": f"$ foundry-telemetry incident\n{incident}",
        "ticket": f"$ foundry-telemetry ticket {code}\n{ticket}",
    }
    # A service that runs for longer has its local Azure Monitor on the usual port.
    return {name: text.replace(url, "http://127.0.0.1:4319") for name, text in reported.items()}


def blocks() -> dict[str, str]:
    """The blocks that the README has."""
    text = README.read_text("utf-8")
    found = {}
    for name in ("incident", "ticket"):
        match = re.search(_BLOCK.format(name=name), text, re.DOTALL)
        assert match, f"the README has no block {name}"
        found[name] = match[0].partition("```\n")[2].rpartition("```")[0]
    return found


def shape(text: str) -> list[str]:
    """The words of a text, with a name in the place of all that another run or another release changes."""
    text = " ".join(text.split())
    for pattern, name in _CHANGES:
        text = re.sub(pattern, name, text)
    return text.split()


def main() -> int:
    """Write the blocks."""
    text = README.read_text("utf-8")
    for name, reported in printed().items():
        text = re.sub(
            _BLOCK.format(name=name),
            lambda found, reported=reported: found[1] + reported + found[2],
            text,
            flags=re.DOTALL,
        )
    README.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
