"""Tags are read from a column of their own, and no answer is another one for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.kql import compose
from foundry_telemetry.local.engine import tag_properties
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.ingest.row_builder import TAGS
from foundry_telemetry.local.store.store import Store
from tests.support.telemetry import fill, ledger

VIEW = f"{compose.view_text()}\n"
TENANT = "Properties['foundry.tag.tenant']"

PACKED = f"foundry_attempts | extend Properties = bag_pack('foundry.tag.tenant', tostring({TENANT}))"
"""As an agent's query sees its attempts."""

TAGS_ALONE = (
    f"let own = {PACKED}; own | summarize count() by tostring({TENANT})",
    f"foundry_attempts | summarize count() by tostring({TENANT})",
    f"foundry_attempts | where tostring({TENANT}) == 'a' | summarize sum(cost_usd * 2)",
    'foundry_attempts | project t = Properties["foundry.tag.tenant"], n = attempt_number * (2)',
    f"let a = foundry_attempts | extend t = tostring({TENANT}); a | summarize dcount(call_id) by t",
    f"foundry_attempts | where {TENANT} == 'a' | count",
)
MORE = (
    PACKED,
    f"{PACKED} | project p = tostring(Properties)",
    f"let own = {PACKED}; own | where Properties['error.type'] == 'x' | project tostring({TENANT})",
    f"foundry_attempts | extend Properties = bag_pack('a', Properties) | project tostring({TENANT})",
    "foundry_attempts | count",
    f"foundry_attempts | where tostring({TENANT}) == 'a'",
    f"foundry_attempts | where tostring({TENANT}) == 'a' | summarize arg_max(TimeGenerated, *) by call_id",
    f"foundry_attempts | where {TENANT} == 'a' | extend p = pack_all() | project p",
    f"foundry_attempts | where {TENANT} == 'a' | where * has 'gen_ai' | count",
    f"foundry_attempts | where {TENANT} == 'a' | project tostring(Properties)",
    f"foundry_attempts | where {TENANT} == 'a' | project-rename p = Properties | project p",
    f"foundry_attempts | where {TENANT} == 'a' | project p = Properties['error.type']",
    f"foundry_attempts | where {TENANT} == 'a' | project p = column_ifexists('Properties', dynamic({{}}))",
    f"foundry_attempts | where {TENANT} == 'a' | summarize take_any(Properties), take_any({TENANT})",
    "foundry_attempts | project p = tostring(Properties['foundry.tag.A b'])",
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Two attempts with tags, one without, and fields that look like tags."""
    with Store() as store:
        odd = {
            "foundry.tag.A b": "odd",
            "error.type": '"foundry.tag.tenant":"no"',
            "x.foundry.tag.tenant": "no",
        }
        fill(store, [ledger({"foundry.call.id": "c", "foundry.tag.tenant": "a", **odd}), ledger(odd)])
        yield store


@pytest.mark.parametrize("kql", TAGS_ALONE)
def test_tags_alone(store: Store, kql: str) -> None:
    """A query that takes tags out of the properties, and shows none, reads the tags' own column."""
    assert Query(store)._translator.translate(VIEW + kql).tags_alone


@pytest.mark.parametrize("kql", MORE)
def test_more_than_tags(store: Store, kql: str) -> None:
    """A query that reads, or shows, anything else of the properties has all of them."""
    assert not Query(store)._translator.translate(VIEW + kql).tags_alone


@pytest.mark.parametrize("kql", [*TAGS_ALONE, *MORE])
def test_the_answer_is_the_same(store: Store, kql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a query reads, its answer is that of one that reads all properties."""
    found = Query(store).run(VIEW + kql)
    monkeypatch.setattr(tag_properties, "are_alone", lambda *_: False)
    expected = Query(store).run(VIEW + kql)
    assert found.columns == expected.columns
    assert sorted(map(repr, found.rows)) == sorted(map(repr, expected.rows))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"foundry\.tag\.[a-z][a-z0-9_]{0,5}", fullmatch=True) | st.text('a".\\é', max_size=8),
        st.text(max_size=12) | st.sampled_from(['"foundry.tag.a":"x"', "\\", '\\"', '","foundry.tag.a":"x']),
        max_size=5,
    )
)
def test_the_column_has_the_tags_of_the_properties(properties: dict[str, str]) -> None:
    """Each tag of the properties, and nothing else, whatever texts stand in them."""
    with Store() as store, closing(store.cursor()) as cursor:
        fill(store, [ledger(properties)])
        ((tags,),) = cursor.execute(f'SELECT "{TAGS}" FROM foundry_attempts').fetchall()  # noqa: S608 - ours
    expected = {name: value for name, value in properties.items() if name.startswith("foundry.tag.")}
    assert json.loads(tags or "{}") == expected
