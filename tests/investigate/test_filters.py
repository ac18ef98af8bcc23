"""The filters of ``incident``: what they let through, and that no value is more than a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from dashboards.builder import kusto
from foundry_telemetry.investigate.filters import FilterError, Filters, kql
from foundry_telemetry.investigate.incident import report as engine
from foundry_telemetry.investigate.incident.finding import Term
from foundry_telemetry.investigate.sources import Source, choose
from foundry_telemetry.kql import compose
from foundry_telemetry.kql.literals import literal
from foundry_telemetry.kql.parameters import TimeRange, substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate import reports
from tests.investigate.commands import Said, run
from tests.investigate.test_hostile import ATTACKS
from tests.support.kusto import need_parser
from tests.support.telemetry import envelope, fill

_USED: Final = "AppRoleName, deployment, model, Properties"
"""What predicates use of the view, which is cut down to what a query names."""
NOW: Final = datetime.now(UTC)
WITHIN: Final = TimeRange(NOW - timedelta(hours=1), NOW + timedelta(hours=1), timedelta(minutes=1))
QUOTES: Final = ("a'b", 'a"b', "\\", "\\'", "a\\", "''", "// a", "a\tb\nc\rd", "\u2028", "\x1b", "é", "")
ROWS: Final = (
    ("orders", "chat", "haiku", "acme", ""),
    ("orders", "chat", "", "acme", "overloaded"),
    ("orders", "fast", "opus", "globex", ""),
    ("search", "fast", "", "globex", "timeout"),
    ("search", "chat", "haiku", "", ""),
    ("it's\\", 'a"b', "haiku", "' or 1 == 1 //", ""),
)
"""Service, deployment, model, tenant and failure of the attempts."""


def stored(number: int, row: tuple[str, ...]) -> dict[str, Any]:
    """An attempt."""
    service, deployment, model, tenant, error = row
    properties = {
        "foundry.call.id": f"{number:016x}",
        "gen_ai.request.model": deployment,
        "gen_ai.response.model": model,
        "foundry.tag.tenant": tenant,
        "error.type": error,
    }
    reported = {name: value for name, value in properties.items() if value}
    return envelope(
        "EventData", {"name": "foundry.attempt", "properties": reported}, NOW, tags={"ai.cloud.role": service}
    )


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    """A store with these attempts."""
    with LocalAzureMonitor() as azure:
        fill(azure.store, [stored(number, row) for number, row in enumerate(ROWS)])
        with choose("local", None, azure.url, {}) as chosen:
            yield chosen


@pytest.mark.parametrize("text", [*ATTACKS, *QUOTES])
def test_a_literal_is_its_text(source: Source, text: str) -> None:
    """Quotes, backslashes, control characters and braces: the query engine reads what was meant."""
    query = substitute("print found = {Text}, one = 1", {"Text": literal(text)})
    assert source.answer(query, raw=frozenset({"found"})) == [
        {"found": text, "one": 1} if text else {"one": 1}
    ]


def test_half_a_character_is_no_literal() -> None:
    """What no query can carry is refused."""
    with pytest.raises(ValueError, match="UTF-8"):
        literal("\ud800")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {0, 1, 2, 3, 4, 5}),
        (Filters(services=("orders",)), {0, 1, 2}),
        (Filters(services=("orders", "it's\\")), {0, 1, 2, 5}),
        (Filters(services=("orders",), deployments=("chat",)), {0, 1}),
        (Filters(deployments=('a"b',)), {5}),
        (Filters(models=("haiku",)), {0, 1, 4, 5}),
        (Filters(models=("opus",)), {2, 3}),
        (Filters(models=("none",)), set()),
        (Filters(tags=(("tenant", "acme"),)), {0, 1}),
        (Filters(tags=(("tenant", "acme"), ("tenant", "globex"))), {0, 1, 2, 3}),
        (Filters(tags=(("tenant", "acme"), ("plan", "free"))), set()),
        (Filters(tags=(("tenant", "' or 1 == 1 //"),)), {5}),
        (Filters(services=("' or true or '",)), set()),
    ],
)
def test_what_a_filter_lets_through(source: Source, filters: Filters, expected: set[int]) -> None:
    """One of the values of each kind; of a model also what failed before it was named, where it is served."""
    query = f"// Which?\nfoundry_attempts | where {kql(filters, WITHIN)} | project call_id, {_USED}"
    found = source.answer(compose.composed(query), raw=frozenset({"Properties"}))
    assert {int(row["call_id"], 16) for row in found} == expected


@pytest.mark.slow
def test_microsofts_parser_takes_filters() -> None:
    """Azure reads the predicates and literals as the local engine does."""
    need_parser()
    every = Filters(
        services=("it's\\",), deployments=('a"b',), models=("haiku", "x"), tags=(("a.b-c", "'//"),)
    )
    queries = {
        name: compose.composed(
            f"// Which?\nfoundry_attempts | where {kql(filters, WITHIN)} | project call_id, {_USED}"
        )
        for name, filters in (("none", Filters()), ("every", every))
    }
    queries |= {f"literal {text!r}": f"print {literal(text)}" for text in (*ATTACKS, *QUOTES)}
    found = {name: verdict.problems for name, verdict in kusto.check(queries).items() if verdict.problems}
    assert found == {}


@pytest.mark.parametrize(
    "given",
    [
        {"tags": (("a b", "x"),)},
        {"tags": (("", "x"),)},
        {"tags": (("x'] or true //", "x"),)},
        {"tags": (("é", "x"),)},
        {"tags": (("k" * 65, "x"),)},
        {"tags": (("tenant", ""),)},
        {"services": ("",)},
        {"services": ("\x1b[2J",)},
        {"models": ("m" * 257,)},
    ],
)
def test_what_is_no_filter(given: dict[str, Any]) -> None:
    """Keys of tags have few characters; values can be read. The message is harmless too."""
    with pytest.raises(FilterError) as refused:
        Filters(**given)
    assert str(refused.value).isprintable()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Filters]:
    """Stands for the engine; has the filters that it was asked with."""
    found: list[Filters] = []

    def investigate(*_: object, filters: Filters) -> object:
        found.append(filters)
        return reports.report(
            filters=tuple(Term(dimension=name, value=value, number=1) for name, value in filters.named)
        )

    monkeypatch.setattr(engine, "investigate", investigate)
    return found


def ask(*arguments: str) -> Said:
    """Ask ``incident``; nobody answers at the address, and nobody is asked."""
    return run("incident", "--url", "http://127.0.0.1:9", *arguments)


def test_options_are_filters(asked: list[Filters]) -> None:
    """Each option can be repeated; a value of a tag may hold an equals sign. The report names them."""
    options = ("--service", "a", "--service", "b", "--deployment", "d", "--model", "m", "--tag", "tenant=x=y")
    said = ask(*options, "--json")
    expected = Filters(services=("a", "b"), deployments=("d",), models=("m",), tags=(("tenant", "x=y"),))
    assert asked == [expected]
    assert said.code == 0
    assert [(one["dimension"], one["value"]) for one in said.reported["filters"]] == [
        ("service", "a"),
        ("service", "b"),
        ("deployment", "d"),
        ("model", "m"),
        ("tag tenant", "x=y"),
    ]
    assert "only service a, service b, deployment d, model m, tag tenant x=y" in " ".join(
        ask(*options).out.split()
    )


@pytest.mark.parametrize(
    "options", [("--tag", "acme"), ("--tag", "=x"), ("--tag", "a b=c"), ("--service", "")]
)
def test_a_filter_that_is_none_is_refused(asked: list[Filters], options: tuple[str, ...]) -> None:
    """It says what would be one, before anybody is asked."""
    said = ask(*options)
    assert said.code == 2
    assert "expected" in said.err
    assert asked == []


@pytest.mark.parametrize(
    ("stored", "keys"),
    [
        ([""], []),
        (["[1]"], []),
        (["{"], []),
        (["[" * 100_000], []),
        (['{"a": ' * 100_000], []),
        (['{"foundry.tag.\\u001b": "x", "foundry.tag.a b": "x", "other": 1}'], []),
        (['{"foundry.tag.b": "x"}', '{"foundry.tag.b": "y", "foundry.tag.a": {}}', "{"], ["b", "a"]),
    ],
)
def test_keys_of_tags_are_read_from_whatever_is_stored(stored: list[str], keys: list[str]) -> None:
    """What is no object has no tags, and what is no key is none: it would stand in a query."""
    assert engine._tag_keys(stored) == keys
