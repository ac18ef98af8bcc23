"""``python -m tests.docs.screens`` writes every screen that README and documentation show.

A screen is what a command prints, or a library raises, after something that is played here. It stands between
two marker lines with its name (`tests.support.marked`).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import wrap
from typing import Final

import anthropic

import foundry_telemetry
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, FoundryKit
from tests.cli import process
from tests.dashboards.rows import Row
from tests.docs import release
from tests.investigate.commands import run
from tests.investigate.cost_changes import case, envelopes
from tests.investigate.cost_exports import COLUMN_SETS, other_row, row, text_of
from tests.investigate.ledgers import attempt, put
from tests.investigate.scenarios import DRILLS, play
from tests.investigate.service import running
from tests.support.marked import markers, update
from tests.support.telemetry import fill

ROOT: Final = Path(__file__).parents[2]
PAGES: Final[Mapping[str, str]] = {
    "before": "README.md",
    "after": "README.md",
    "incident": "docs/guides/incident.md",
    "ticket": "docs/guides/incident.md",
    "release": "docs/guides/incident.md",
    "note": "docs/guides/instrument.md",
    "cost": "docs/guides/cost.md",
    "cost_why": "docs/guides/cost.md",
    "reconcile": "docs/guides/cost.md",
    "doctor": "docs/guides/no-data.md",
}
"""The file that shows each screen."""

DRILL: Final = "role missing"
WIDTH: Final = 100
_USUAL_PORT: Final = "http://127.0.0.1:4319"
"""A service that runs for longer has its local Azure Monitor here."""
_SHOWN_FIELDS: Final = (
    ("error.type", "foundry.error.owner", "foundry.retryable"),
    ("foundry.token.expires_in_s", "foundry.token.audience"),
    ("azure.service.request.id", "http.response.status_code"),
    ("gen_ai.request.model", "foundry.attempt.number", "foundry.duration_ms"),
)
"""Of the event, line by line."""

_CLOCK: Final = r"\d\d:\d\d:\d\d(\.\d+)?"
_DAY: Final = r"\d{4}-\d\d-\d\d"
_CHANGES: Final = (
    (r"FT-[0-9A-F]{5}-[0-9A-F]{5}", "CODE"),
    (r"\b(?!0{8})[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "GUID"),
    (r"\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b", "HEX"),
    (rf"{_DAY}T\d\d:\d\d", "TIME"),
    (rf"(({_DAY}|[A-Z][a-z]{{2}} \d\d) )?{_CLOCK}", "TIME"),
    (_DAY, "DAY"),
    (r"(<|\b)\d[\d.,]*( (d|h|min|s|ms)\b)( \d+ (h|min|s)\b)?", "LONG"),
    (r"(?<=/)\d+\.\d[\w.+-]*", "VERSION"),
)
"""What differs from run to run (ids, times, how long things took) or with a release of what is installed."""


def printed() -> dict[str, str]:
    """Every screen, made anew."""
    return {
        name: text
        for make in (_of_an_exception, _of_an_incident, _of_a_release, _of_cost, _of_invoice, _of_doctor)
        for name, text in make()
    }


def _of_an_exception() -> Iterator[tuple[str, str]]:
    """A call with an expired token: the exception without us, the event, and the exception with a note."""
    yield "before", _raised(exception_notes=False)[0]
    raised, event = _raised(exception_notes=True)
    lines = ("   ".join(f"{name}={event[name]}" for name in names) for names in _SHOWN_FIELDS)
    yield "after", "\n                  ".join(("foundry.attempt   " + next(lines), *lines)) + "\n"
    yield "note", raised


def _raised(*, exception_notes: bool) -> tuple[str, dict[str, object]]:
    with FoundryKit() as foundry:
        foundry_telemetry.configure(exception_notes=exception_notes)
        foundry.incident("expired_token")
        client = anthropic.AnthropicFoundry(resource="my-resource", azure_ad_token_provider=lambda: "any")
        try:
            client.messages.create(
                model="support-chat-prod", max_tokens=64, messages=[{"role": "user", "content": "Hello"}]
            )
        except anthropic.APIError as error:
            text = "".join(traceback.format_exception_only(error))
            return "".join(
                f"{line}\n" for given in text.splitlines() for line in wrap(given, 110)
            ), foundry.ledger[-1]
    raise AssertionError("the call should have failed")


def _of_an_incident() -> Iterator[tuple[str, str]]:
    drill = next(drill for drill in DRILLS if drill.name == DRILL)
    with running(("127.0.0.1",)) as (service, azure):
        play(drill, service)
        source = ("--url", azure.url)
        incident = run("incident", *source, COLUMNS=str(WIDTH)).out
        code = re.findall(r"ticket (FT-\S+)", incident)[0]
        ticket = run("ticket", code, *source, COLUMNS=str(WIDTH)).out
    yield "incident", f"$ foundry-telemetry incident\n{incident}".replace(azure.url, _USUAL_PORT)
    yield "ticket", f"$ foundry-telemetry ticket {code}\n{ticket}".replace(azure.url, _USUAL_PORT)


def _of_a_release() -> Iterator[tuple[str, str]]:
    """No call fails, and each costs twice as much."""
    with LocalAzureMonitor() as azure:
        release.put(azure.store)
        out = run("incident", "--since", "1h", "--url", azure.url, COLUMNS=str(WIDTH)).out
    yield "release", f"$ foundry-telemetry incident --since 1h\n{out}".replace(azure.url, _USUAL_PORT)


def _of_cost() -> Iterator[tuple[str, str]]:
    with LocalAzureMonitor() as azure:
        put(azure, _spending(datetime.now(UTC) - timedelta(minutes=5)))
        out = run("cost", "--by", "tag.tenant", "--since", "1d", "--url", azure.url, COLUMNS="110").out
    yield "cost", f"$ foundry-telemetry cost --by tag.tenant --since 1d\n{out}"
    with LocalAzureMonitor() as azure:
        fill(azure.store, envelopes(case("prompts + volume of a tenant", 3).attempts))
        out = run("cost", "--why", "--url", azure.url, COLUMNS="110").out
    yield "cost_why", f"$ foundry-telemetry cost --why\n{out}"


def _of_invoice() -> Iterator[tuple[str, str]]:
    """A week of which one day has calls without telemetry, and the last one is not complete in the export."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=5)
    usd = (31.5, 42.25, 38.0, 40.75, 12.0)
    with LocalAzureMonitor() as azure, _folder() as folder:
        days = [noon + timedelta(days=number) for number in range(len(usd))]
        put(azure, [attempt(day, number, cost_usd=usd[number]) for number, day in enumerate(days)])
        rows = [
            row(f"{day:%Y-%m-%d}", f"{one}", f"{100 * one}")
            for day, one in zip(days, (31.5, 47.04, 38.0, 40.75, 2.5), strict=True)
        ]
        rows += [row(rows[0]["date"], "12.1", chargetype="Tax"), other_row(rows[0]["date"], "7")]
        text = text_of(COLUMN_SETS["EA 2024-08-01"], rows)
        (folder / "part_0_0001.csv").write_text(text, encoding="utf-8")
        out = run("reconcile", str(folder), "--url", azure.url, COLUMNS=str(WIDTH)).out
    yield "reconcile", f"$ foundry-telemetry reconcile export-folder/\n{out}"


def _spending(at: datetime) -> Iterator[Row]:
    """Two tenants; reads of a cache, a retry, an abandoned answer, and a model without a price."""
    acme, globex = (("tenant", "acme"),), (("tenant", "globex"),)
    for number in range(1, 41):
        yield attempt(
            at,
            number,
            tags=acme,
            cost_usd=0.0125,
            input_tokens=3_000,
            cache_read_tokens=2_000,
            output_tokens=420,
        )
    for number in range(41, 61):
        yield attempt(at, number, tags=globex, cost_usd=0.0082, output_tokens=310)
    yield attempt(at, 61, tags=acme, status=429, outcome="error", error_type="rate_limited", cost_usd=None)
    yield attempt(at, 61, tags=acme, attempt_number=2, cost_usd=0.0125)
    yield attempt(
        at, 62, tags=acme, outcome="abandoned", cost_usd=None, output_tokens=None, partial_cost_usd=0.003
    )
    yield attempt(at, 63, tags=globex, model="claude-next", cost_usd=None)


def _of_doctor() -> Iterator[tuple[str, str]]:
    """A base URL with a path that is too long, and a sampler that somebody forgot."""
    with (
        FakeFoundry("err_401_missing_credential") as foundry,
        _folder() as folder,
        LocalAzureMonitor() as azure,
    ):
        out = process.run(
            folder,
            "doctor",
            COLUMNS=str(WIDTH),
            ANTHROPIC_FOUNDRY_BASE_URL=f"{foundry.base_url}/v1",
            ANTHROPIC_FOUNDRY_API_KEY="k" * 84,
            APPLICATIONINSIGHTS_CONNECTION_STRING=azure.connection_string,
            OTEL_TRACES_SAMPLER="trace_id_ratio",
            OTEL_TRACES_SAMPLER_ARG="0.1",
        ).out
    out = out.replace(azure.url, _USUAL_PORT).replace(foundry.base_url, "http://127.0.0.1:8080/anthropic")
    yield "doctor", f"$ foundry-telemetry doctor\n{out}"


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def without_trailing_space(text: str) -> str:
    """As it stands in a file."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def shown(name: str) -> str:
    """A screen as its page has it."""
    start, end = markers(name)
    text = (ROOT / PAGES[name]).read_text(encoding="utf-8")
    inside = text.partition(start)[2].partition(end)[0].strip()
    return inside.removeprefix("```\n").removesuffix("```")


def shape(text: str) -> list[str]:
    """The words of a text, with a name in the place of all that another run or another release changes."""
    text = " ".join(text.split())
    for pattern, name in _CHANGES:
        text = re.sub(pattern, name, text)
    return text.split()


def labels(text: str) -> list[str]:
    """The words of each line that has more than the day of the month and the numbers of this run in it."""
    lines = (line for line in text.splitlines() if not line.lower().startswith(("forecast", "month")))
    return [word for line in lines for word in line.split() if not re.search(r"\d", word)]


SAME_BY: Final[Mapping[str, Callable[[str], object]]] = {
    "before": str,
    "after": str,
    "note": str,
    "incident": shape,
    "ticket": shape,
    "release": shape,
    "cost": labels,
    "reconcile": shape,
    "doctor": labels,
}
"""By what a screen is compared with a fresh one."""


def main() -> int:
    """Write the screens; the tokens of the servers that they ask are kept in a folder of their own."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        _write()
    return 0


def _write() -> None:
    for name, text in printed().items():
        update(ROOT / PAGES[name], name, f"```\n{without_trailing_space(text)}```")


if __name__ == "__main__":
    sys.exit(main())
