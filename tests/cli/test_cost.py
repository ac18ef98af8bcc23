"""`foundry-telemetry cost`, in processes of their own, over a local Azure Monitor."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundry_telemetry.investigate.sources import local
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.cli.process import Terminal, run
from tests.investigate.ledgers import attempt, put

pytestmark = pytest.mark.slow

AT = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Two tenants, a deployment each: 3 and 1 US dollars."""
    with LocalAzureMonitor() as azure:
        rows = [
            attempt(AT, 1, tags=(("tenant", "[bold]acme"),), cost_usd=3.0),
            attempt(AT, 2, tags=(("tenant", "globex"),), deployment="d", cost_usd=1.0),
        ]
        put(azure, rows)
        yield azure.url


def test_tables(url: str, tmp_path: Path) -> None:
    """On pipes too every part is there with its dollars, its name as it is; the sum stands above."""
    ended = run(tmp_path, "cost", "--by", "tag", "--since", "1d", "--url", url)
    assert (ended.code, ended.err) == (0, "")
    assert "$4.00 (2 attempts)" in ended.out
    rows = [line.split() for line in ended.out.splitlines()]
    assert ["[bold]acme", "$3.00"] in [row[:2] for row in rows]
    assert ["globex", "$1.00"] in [row[:2] for row in rows]
    for line in (
        "Month to date",
        "Forecast",
        "Failed attempts",
        "Cost of retries",
        "Abandoned",
        "Cache re-writes",
    ):
        assert line in ended.out


@pytest.mark.parametrize("columns", [80, 120])
def test_terminals(url: str, tmp_path: Path, columns: int) -> None:
    """At 80 columns the money is whole and stands in line; at 120 the tokens are there too."""
    terminal = Terminal(tmp_path, columns, "cost", "--since", "1d", "--url", url)
    assert terminal.end() == 0
    assert "…" not in "".join(line for line in terminal.lines if "querying" not in line)  # that is progress
    (head,) = (line for line in terminal.lines if line.startswith("Deployment"))
    assert (head.split()[-1] == "tokens") == (columns == 120)
    rows = [line for line in terminal.lines if re.match(r"(claude-sonnet-5-5|d) ", line)]
    assert [row.split()[1] for row in rows] == ["$3.00", "$1.00"]
    assert all(len(line) <= columns for line in (head, *rows))


def test_json_and_csv(url: str, tmp_path: Path) -> None:
    """One JSON object, or the split as CSV, and nothing beside it."""
    reported = json.loads(run(tmp_path, "cost", "--since", "1d", "--url", url, "--json").out)
    assert reported["usd"] == 4.0
    lines = csv.DictReader(io.StringIO(run(tmp_path, "cost", "--since", "1d", "--url", url, "--csv").out))
    assert {line["part"]: float(line["cost_usd"]) for line in lines} == {"claude-sonnet-5-5": 3.0, "d": 1.0}


def test_consumption_units_of_a_settings_file(url: str, tmp_path: Path) -> None:
    """The price of a unit comes from the settings, named on the command line or in the environment."""
    (tmp_path / "foundry.toml").write_text("[prices]\nusd_per_ccu = 0.02\n", encoding="utf-8")
    asked = ("cost", "--since", "1d", "--url", url, "--json")
    for ended in (
        run(tmp_path, *asked, "--settings", "foundry.toml"),
        run(tmp_path, *asked, FOUNDRY_TELEMETRY_SETTINGS="foundry.toml"),
    ):
        assert [part["units"] for part in json.loads(ended.out)["splits"][0]["parts"]] == [150.0, 50.0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--by", "region"), 2, "'region': expected deployment, model"),
        (("--since", "soon"), 2, "'soon': expected a duration (30m, 2h, 7d)"),
        (("--workspace", "y"), 2, "'y' is no"),
        (("--json", "--csv"), 2, "--json and --csv: expected one of them"),
        (("--url", "http://127.0.0.1:9"), 1, "http://127.0.0.1:9"),
        (("--settings", "none.toml"), 1, "none.toml: No such file"),
    ],
)
def test_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """The last line on stderr has what is wrong and what is expected; no traceback."""
    ended = run(tmp_path, "cost", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


def test_the_bill_of_the_demonstration(tmp_path: Path) -> None:
    """Its two tenants and its deployments split it exactly; ledger, metrics and command have one sum."""
    terminal = Terminal(tmp_path, 120, "demo", "--seconds", "1", "--no-browser")
    terminal.read_until(r"all recorded[\s\S]*Press Ctrl-C to stop")
    address = re.search(r"workbook +.*?(http://127\.0\.0\.1:\d+)", "\n".join(terminal.lines))
    assert address
    ask = local(address[1]).answer
    rows = ask(
        "AppEvents | where Name == 'foundry.attempt' "
        "| project tenant = tostring(Properties['foundry.tag.tenant']), "
        "deployment = tostring(Properties['gen_ai.request.model']), "
        "usd = todouble(Properties['foundry.cost.usd'])"
    )
    total = math.fsum(row.get("usd", 0) for row in rows)
    (metrics,) = ask("AppMetrics | where Name == 'foundry.client.cost' | summarize usd = sum(Sum)")
    assert metrics["usd"] == pytest.approx(total, rel=1e-9)
    for by, key in (("tag", "tenant"), ("deployment", "deployment")):
        reported = json.loads(
            run(tmp_path, "cost", "--by", by, "--since", "1h", "--url", address[1], "--json").out
        )
        assert reported["usd"] == pytest.approx(total, rel=1e-12)
        (split,) = reported["splits"]
        found = {part["part"]: part["cost_usd"] or 0 for part in split["parts"]}
        wanted: dict[str, list[float]] = {}
        for row in rows:
            wanted.setdefault(row.get(key, "(unknown)"), []).append(row.get("usd", 0))
        assert found == pytest.approx({part: math.fsum(each) for part, each in wanted.items()}, rel=1e-12)
        assert len([usd for usd in found.values() if usd]) >= {"tenant": 2, "deployment": 3}[key]
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 0
