"""The README: its size, its numbers, its links, and its two commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs.builder import address, front_page
from foundry_telemetry.azure.shutdown import FLUSH_S
from foundry_telemetry.schema.inventory import INVENTORY
from tests.delivery.servers import ENDINGS, SERVERS
from tests.fault_injection.matrix import ROWS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _soak(row: str) -> list[int]:
    page = (ROOT / "docs" / "quality" / "soak.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\| {row} \|(.+)\|$", page, re.MULTILINE)
    return [int(cell.replace(",", "")) for cell in line.split("|") if re.fullmatch(r" [\d,]+ ", cell)]


def test_size() -> None:
    """It fits on three screens, and has the one example of twelve lines."""
    assert len(README.splitlines()) <= 140
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) <= 12


def test_commands_that_others_call() -> None:
    """The demo and the tests are begun as whoever tries the project does it."""
    for command in (
        "pip install '.[demo]' && foundry-telemetry demo",
        "pip install -e '.[dev]' && python -m pytest -n 3",
    ):
        assert f"```\n{command}\n```" in README
    assert "```\npip install foundry-telemetry\n```" in README


def test_made_parts() -> None:
    """Commands and badges are those of the code; `python -m docs.builder.front_page` writes them."""
    assert front_page.made(README) == README


def test_numbers_of_the_promises() -> None:
    """Each number is that of the table, the constant or the measurement that it comes from."""
    served, delivered = sum(_soak("attempts served")), sum(_soak("ledger events delivered"))
    promises = (
        f"each of the {len(ROWS)} rows",
        f"delivered {delivered:,} of {served:,} attempts",
        f"at most {FLUSH_S:g} seconds longer",
        f"{len(SERVERS)} [server set-ups](tests/delivery/README.md)",
        f"up to {len(ENDINGS)} kinds of shutdown",
        f"lists all {len({row.name for row in INVENTORY})} fields",
    )
    assert [text for text in promises if text not in README] == []
    assert sum(_soak("events with the ids or tokens of another call")) == 0


def test_support_matrix() -> None:
    """Versions of Python are those of the classifiers, and lower bounds those of the requirements."""
    pythons = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if "Python :: 3." in one]
    assert f"| Python | {', '.join(pythons)} |" in README
    bounds = dict(text.split(">=") for text in PROJECT["dependencies"] if ">=" in text and "<" not in text)
    for name in ("opentelemetry-sdk", "azure-monitor-opentelemetry"):
        assert f"{name} {bounds[name]} or later" in README


def test_links() -> None:
    """Each link is to a file of the repository; there is no public address to link to."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert len(links) > 20


@pytest.mark.parametrize("name", ["docs/contributing", "README.md"])
def test_page_of_an_index(name: str) -> None:
    """With an address, every link and picture of the page on an index is absolute; else it is as it is."""
    known = "https://github.com/owner/name"
    assert address.front_page(README, "") == README
    made = address.front_page(f"{README}\n[x]({name}) ![y](dashboards/preview.png) [z](#use)", known)
    assert f"[x]({known}/blob/HEAD/{name}) ![y]({known}/raw/HEAD/dashboards/preview.png) [z](#use)" in made
    assert not re.findall(r"\]\((?!https://|#)", made)
    assert address.badges(known).count(known) == 2
    assert address.badges("") == ""
