"""`foundry-telemetry reconcile` over a local Azure Monitor: screen, JSON, CSV, exit codes, options."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import run
from tests.investigate.cost_exports import COLUMN_SETS, other_row, row, text_of
from tests.investigate.ledgers import attempt, put

NOON = datetime.combine(datetime.now(UTC) - timedelta(days=5), time(12), UTC)
DAYS = [f"{NOON + timedelta(days=number):%Y-%m-%d}" for number in range(3)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Four US dollars on one day, one attempt without a price on the next."""
    with LocalAzureMonitor() as azure:
        rows = [
            attempt(NOON, 1, cost_usd=3.0),
            attempt(NOON, 2, cost_usd=1.0),
            attempt(NOON + timedelta(days=1), 3, cost_usd=None),
        ]
        put(azure, rows)
        yield azure.url


def bill(folder: Path, *usd: str, currency: str = "USD") -> str:
    """An export with an amount for each of the days."""
    rows = [row(day, one, str(100 * float(one)), currency) for day, one in zip(DAYS, usd, strict=False)]
    path = folder / "usage.csv"
    path.write_text(text_of(COLUMN_SETS["EA 2024-08-01"], [*rows, other_row(DAYS[0], "7")]), "utf-8")
    return str(path)


def test_a_match(url: str, tmp_path: Path) -> None:
    """Exit code 0 within the tolerance, 3 beyond it."""
    path = bill(tmp_path, "4.10")
    beyond = run("reconcile", path, "--url", url)
    assert (beyond.code, beyond.err) == (3, "")
    assert "billed $4.10, recorded $4.00, difference +$0.10 (+2.4% of billed)" in " ".join(beyond.out.split())
    assert "DIFFERS: the difference is more than 1%" in " ".join(beyond.out.split())
    within = run("reconcile", path, "--url", url, "--tolerance", "2.5")
    assert (within.code, within.err) == (0, "")
    assert "MATCH: the difference is within 2.5%" in within.out


def test_the_unpriced_attempt_is_no_cause(url: str, tmp_path: Path) -> None:
    """A thousand dollars beside one unpriced attempt are not explained, and that is said."""
    ended = run("reconcile", bill(tmp_path, "4", "1000"), "--url", url)
    assert ended.code == 3
    assert "not explained: $1,000.00 (calls without telemetry?)" in " ".join(ended.out.split())
    assert "1 attempt unpriced" in ended.out


def test_json_and_csv(url: str, tmp_path: Path) -> None:
    """The same facts for programs."""
    path = bill(tmp_path, "4.40", "0", "0")
    reported = run("reconcile", path, "--url", url, "--json").reported
    assert (reported["billed_usd"], reported["ledger_usd"], reported["verdict"]) == (4.4, 4.0, "differs")
    assert (reported["unpriced"], reported["export"]["claude_rows"], reported["export"]["rows"]) == (1, 3, 4)
    lines = list(csv.DictReader(io.StringIO(run("reconcile", path, "--url", url, "--csv").out)))
    assert [(line["day"], line["units"]) for line in lines] == list(
        zip(DAYS, ("440.0", "0.0", "0.0"), strict=True)
    )


def test_some_days(url: str, tmp_path: Path) -> None:
    """A range leaves out the other days; one that has none is refused with what there is."""
    path = bill(tmp_path, "4", "1000", "0")
    assert run("reconcile", path, "--url", url, "--from", DAYS[0], "--to", DAYS[0]).code == 0
    ended = run("reconcile", path, "--url", url, "--from", "2020-01-01", "--to", "2020-01-02")
    assert ended.code == 2
    assert f"expected days of the export, {DAYS[0]} to {DAYS[2]}" in " ".join(ended.err.split())


def test_several_files(url: str, tmp_path: Path) -> None:
    """Files are given one by one, as a folder, or as a pattern that no shell has expanded."""
    for number, day in enumerate(DAYS):
        text = text_of(COLUMN_SETS["EA 2024-08-01"], [row(day, ("4", "0.01", "0")[number])])
        (tmp_path / f"part_{number}.csv").write_text(text, "utf-8")
    files = [str(tmp_path / f"part_{number}.csv") for number in range(3)]
    for given in (files, [str(tmp_path)], [str(tmp_path / "part_*.csv")]):
        ended = run("reconcile", *given, "--url", url)
        assert (ended.code, ended.err) == (0, "")
        assert "Read: 3 files, 3 rows" in ended.out


def test_a_rate(url: str, tmp_path: Path) -> None:
    """Another currency needs a rate, which the error asks for."""
    path = bill(tmp_path, "3.70", currency="EUR")
    ended = run("reconcile", path, "--url", url)
    assert ended.code == 1
    assert "add --rate EUR=NUMBER" in ended.err
    assert len(ended.err.splitlines()) == 1
    ended = run("reconcile", path, "--url", url, "--rate", "eur=1.08")
    assert ended.code == 0
    assert "converted by --rate, 1.08 US dollars for 1 EUR" in ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--rate", "EUR=cheap"), 2, "'EUR=cheap': expected US dollars for 1 of the billing currency"),
        (("--rate", "0"), 2, "above 0"),
        (("--dates", "ymd"), 2, "'ymd': expected mdy or dmy"),
        (("--decimal", "dot"), 2, "'dot': expected point or comma"),
        (("--tolerance", "-1"), 2, "expected a number from 0 to 100"),
        (("--json", "--csv"), 2, "--json and --csv: expected one of them"),
        (("--meter", "Storage"), 1, "no row of 2 rows is Claude in Foundry by 'Storage'"),
        (("--url", "http://127.0.0.1:9"), 1, "http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Each error has what is wrong and what is expected."""
    ended = run("reconcile", bill(tmp_path, "1"), *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert words in " ".join(ended.err.replace("│", " ").split())


def test_a_file_that_is_no_export(tmp_path: Path) -> None:
    """One line that has where to export."""
    (tmp_path / "usage.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    ended = run("reconcile", str(tmp_path / "usage.csv"))
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert "usage.csv: no column for the day; expected one of Date" in ended.err
    assert "Cost Management > Exports" in ended.err
