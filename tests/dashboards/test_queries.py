"""The shipped KQL, run as text on rows as Azure keeps them, answers what plain Python answers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from dashboards.builder.texts import VALUES
from foundry_telemetry import observation
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.parameters import ALL, TimeRange
from tests.dashboards.answers import Choice, answer, calls_of
from tests.dashboards.engine import Workspace, near
from tests.dashboards.rows import END, SERVICES, SHOWN, Row, make_rows

SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4)))
"""One in the quick loop, and all of them otherwise."""


@cache
def ledger(seed: int) -> tuple[list[Row], Workspace]:
    """The rows of a seed and a workspace that holds them."""
    rows = make_rows(seed)
    return rows, Workspace(rows)


@cache
def empty() -> Workspace:
    """A workspace without any row."""
    return Workspace([])


def choice_of(seed: int) -> Choice:
    """Everything for the first seed, what chance chooses for the others."""
    rows, _ = ledger(seed)
    chance = Random(seed)  # noqa: S311 - seeded, so that runs are alike
    longest = max(calls_of(rows), key=len)[0]
    some = chance.choice([row for row in rows if row.apim_request_id])
    azure_id = str(some.apim_request_id).upper()
    pasted = f"Failed with {{'apim-request-id': '{azure_id}'}}, call {longest.call_id}."
    everything = Choice(call_id=longest.call_id, pasted=pasted)
    if seed == 0:
        return everything
    filters: list[dict[str, Any]] = [
        {"deployments": ("claude-sonnet-5-5", "support-chat-prod")},
        {"services": tuple(chance.sample(SERVICES, 2))},
        {"models": ("claude-sonnet-5-5",), "services": (chance.choice(SERVICES),)},
    ]
    hours = chance.choice((1, 3, 6))
    time = TimeRange(END - timedelta(hours=hours), END, timedelta(minutes=chance.choice((5, 30, 60))))
    return replace(everything, time=time, **filters[seed - 1])


OF_EVENTS = {"call_content"}
"""The only query that reads events beside the ledger's, which no seed has: `tests/content` asks it."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", compose.names())
def test_a_query_answers_what_python_answers(name: str, seed: int) -> None:
    """Each query gives every row, column and number, in order, whatever is chosen."""
    rows, workspace = ledger(seed)
    choice = choice_of(seed)
    expected = answer(name, rows, choice)
    reported = workspace.ask(name, choice.values)
    assert reported == near(expected)
    assert [list(row) for row in reported] == [list(row) for row in expected]
    if seed == 0 and name not in OF_EVENTS:
        assert reported, "the first seed must leave no query without an answer"


VARIANTS = (
    *(("calls", {"call_order": order}) for order in VALUES["call_order"]),
    *(("calls", {"call_outcome": outcome, "call_order": "newest"}) for outcome in VALUES["calls_shown"]),
    *(("distribution", {"distribution": what}) for what in VALUES["distribution"]),
    *(("distribution_over_time", {"distribution": what}) for what in VALUES["distribution"]),
    ("slowest_by_tag", {"tag_key": "feature"}),
    ("call_tiles", {"tag_values": ("acme",)}),
    ("call_tiles", {"versions": ("2026.11", "3")}),
    ("usage_by", {"tag_values": ("globex",), "versions": ("1.4.2",)}),
)


@pytest.mark.parametrize(("name", "chosen"), VARIANTS)
def test_each_option_answers_what_python_answers(name: str, chosen: dict[str, Any]) -> None:
    """Whatever is pressed, whichever tag or version is chosen: the rows are those of plain Python."""
    rows, workspace = ledger(0)
    choice = replace(choice_of(0), **chosen)
    reported = workspace.ask(name, choice.values)
    assert reported
    assert reported == near(answer(name, rows, choice))


@pytest.mark.slow
@pytest.mark.parametrize("name", compose.names())
def test_an_empty_workspace_gives_no_rows(name: str) -> None:
    """Without any attempt every query gives no row at all, so that the step can say why."""
    assert empty().ask(name, choice_of(0).values) == []


@pytest.mark.parametrize("name", sorted({*compose.names()} - {"stored"}))
def test_a_query_reads_no_older_records_than_it_needs(name: str) -> None:
    """Each bounds its time by itself, for steps bind none; `stored` tells how far back the records go."""
    own = files.query(name)
    parts = [files.query(part) for part in compose.PARTS if part not in (files.VIEW, "chosen")]
    used = [part for part in parts if compose.defined(part) & compose.words(compose.whole(name))]
    assert "| where TimeGenerated >" in "".join([own, *used])


def test_empty_bins_are_there() -> None:
    """A bin without calls counts zero calls and zero tokens, but has no latency and no share of success."""
    rows, workspace = ledger(0)
    values = Choice().values
    quiet = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert not [row for row in rows if quiet <= row.at < quiet + SHOWN.grain]
    for name, empty in (
        ("calls_over_time", 0),
        ("tokens_over_time", 0),
        ("latency_over_time", None),
        ("first_token_over_time", None),
        ("success_over_time", None),
    ):
        [row] = [row for row in workspace.ask(name, values) if row["TimeGenerated"] == quiet]
        row.pop("target_percent", None)
        assert set(row.values()) == {quiet, empty}, name


def test_choosing_a_model_keeps_its_failures() -> None:
    """An attempt that failed before a model answered counts for the models of its deployment alone."""
    failed = Row(
        at=END - timedelta(minutes=1), call_id="a" * 16, deployment="prod", error_type="rate_limited"
    )
    well = replace(failed, call_id="b" * 16, error_type=None, model="claude-opus-5-5")
    other = replace(failed, call_id="c" * 16, deployment="pilot")
    workspace = Workspace([failed, well, other])
    reported = workspace.ask("call_tiles", Choice(models=("claude-opus-5-5",)).values)
    assert [row["value"] for row in reported][:5] == [2, 2, 1, None, None]
    reported = workspace.ask("call_tiles", Choice(models=("claude-sonnet-5-5",)).values)
    assert reported == []


PASTES = (
    "{id}",
    "  {id}\r\n",
    "request-id: {id}",
    '"request_id":"{id}"',
    "Error code: 529 - {{'error': {{'message': 'Overloaded'}}, 'request_id': '{id}'}}.",
    "'; AppEvents | take 5 //{id}",
    "`{id}` \\",
)


@pytest.mark.slow
@pytest.mark.parametrize("paste", PASTES)
def test_an_id_is_found_in_any_paste(paste: str) -> None:
    """The search finds the id in what people paste, and no paste can become part of the query."""
    rows, workspace = ledger(0)
    wanted = next(row for row in rows if row.request_id)
    reported = workspace.ask("attempts_by_id", Choice(pasted=paste.format(id=wanted.request_id)).values)
    assert [row["request_id"] for row in reported] == [wanted.request_id]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["apim_request_id", "request_id", "response_id", "call_id", "OperationId", "entra_trace_id"]
)
def test_every_id_can_be_searched(name: str) -> None:
    """Each id of the ledger finds its attempt."""
    rows, workspace = ledger(0)
    wanted = next(row for row in rows if getattr(row, name))
    reported = workspace.ask("attempts_by_id", Choice(pasted=getattr(wanted, name)).values)
    assert wanted.call_id in {row["call_id"] for row in reported}


@pytest.mark.parametrize(
    "paste",
    [
        "{code}",
        "Error (code:{code}).",
        "{lower}",
        "{bare}",
        "{bare_lower} please",
        "ref=FT{five}-{rest};",
        "FT {five} {rest}",
    ],
)
def test_a_support_code_finds_its_call(paste: str) -> None:
    """A code finds its call alone: in any case, with dashes or without, in any text."""
    rows, workspace = ledger(0)
    call = max(calls_of(rows), key=len)
    code = observation.support_code(call[0].call_id)
    bare = code.replace("-", "")
    forms = {"code": code, "lower": code.lower(), "bare": bare, "bare_lower": bare.lower()}
    pasted = paste.format(**forms, five=code[3:8], rest=code[9:])
    reported = workspace.ask("attempts_by_id", Choice(pasted=pasted).values)
    assert {row["call_id"] for row in reported} == {call[0].call_id}
    assert {row["support_code"] for row in reported} == {code}
    assert len(reported) == len(call)


@pytest.mark.parametrize(
    "paste", ["", "too short", "''", "FT-00000-00000", "FT-15B23-93D2", "XFT-15B23-93D27"]
)
def test_a_paste_without_an_id_finds_nothing(paste: str) -> None:
    """Attempts without an id are not those looked for, though what no word is found in has no word either."""
    assert ledger(0)[1].ask("attempts_by_id", Choice(pasted=paste).values) == []


@pytest.mark.parametrize("name", files.queries())
def test_what_is_not_found_is_no_word(name: str) -> None:
    """Kusto's ``extract_all`` gives null where nothing matches, and ``mv-expand`` a row for it: it goes."""
    text = compose.minimise(files.query(name))
    for found in re.findall(r"(\w+) = extract_all\(", text):
        assert f"\n| mv-expand {found} to typeof(string)\n| where isnotempty({found})\n" in text


@pytest.mark.parametrize("name", files.queries())
def test_distinct_names_columns_alone(name: str) -> None:
    """``distinct`` is documented for columns, ``summarize by`` for what is computed."""
    for listed in re.findall(r"\| distinct ([^\n|]*)", compose.minimise(files.query(name))):
        assert re.fullmatch(r"[\w, ]+", listed.rstrip(";")), listed


def test_names_that_could_end_a_string_cannot_be_chosen() -> None:
    """A name with a quote comes from a request and goes unescaped into queries: it is in no drop-down."""
    rows, workspace = ledger(0)
    assert any(row.deployment == "o'brien" for row in rows)
    names = [row["deployment"] for row in workspace.ask("deployment_names", Choice().values)]
    assert names
    assert not [name for name in names if "'" in name]


def test_all_is_all() -> None:
    """With "All" chosen everywhere, what has no name that could be chosen is still counted."""
    rows, workspace = ledger(0)
    reported = workspace.ask("call_tiles", Choice(deployments=ALL).values)
    inside = [row for row in rows if SHOWN.start <= row.at < SHOWN.end]
    assert reported[1]["value"] == len(inside)
