"""A branch that no row takes is not in the statement; the answer and its columns stay what they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.kql import compose
from foundry_telemetry.local.engine import translation
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.support.telemetry import NOON, fill, ledger

VIEW = f"{compose.view_text()}\n"
READ = "foundry_attempts | extend x = {} | project x"
NAMED = "foundry_attempts | project {}"
DECIDED = {
    "case('a' == 'a', deployment, 'a' == 'b', model, 'c')": "deployment",
    "case('a' == 'b', deployment, 'a' == 'a', model, 'c')": "model",
    "case('a' == 'c', deployment, 'a' == 'b', model, 'c')": "'c'",
    "iff('a' == 'b' and deployment == 'a', deployment, model)": "model",
    "iff('a' == 'a' and 'b' == 'b', iif('a' == 'A', deployment, model), 'c')": "model",
    "case('a' == 'b', 'c', deployment == 'a', 'd', model)": "case(deployment == 'a', 'd', model)",
    "case(deployment == 'a', 'd', 'a' == 'a', model, 'c')": "case(deployment == 'a', 'd', model)",
}
"""What a row takes, and the same in fewer words."""
OPEN = (
    "iff('a' == deployment, 'c', model)",
    "iff(deployment == 'a' and 'a' == 'a', 'c', model)",
    "iff('a' =~ 'A', deployment, model)",
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Two attempts of two deployments."""
    with Store() as store:
        fill(
            store, [ledger({"gen_ai.request.model": one, "gen_ai.response.model": "m"}, NOON) for one in "ab"]
        )
        yield store


@pytest.mark.parametrize(("given", "left"), DECIDED.items())
def test_what_is_decided_is_not_planned(store: Store, given: str, left: str) -> None:
    """The statement is that of the text without the branches that no row takes."""
    translator = Query(store)._translator
    found, expected = (translator.translate(VIEW + READ.format(one)).sql for one in (given, left))
    assert found == expected


@pytest.mark.parametrize("text", [*DECIDED, *OPEN])
@pytest.mark.parametrize("read", [READ, NAMED])
def test_the_answer_is_the_same(store: Store, text: str, read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is chosen, rows and columns are those of the query as it stands, named or not."""
    kql = VIEW + read.format(text)
    found = Query(store).run(kql)
    monkeypatch.setattr(translation, "with_choices", lambda query, _: query)
    translation._lowered.cache_clear()
    expected = Query(store).run(kql)
    translation._lowered.cache_clear()
    assert (found.columns, sorted(found.rows)) == (expected.columns, sorted(expected.rows))


@pytest.mark.parametrize("text", ["iff('a' == 'a', deployment, nowhere)", "case('a' == 'b', nowhere, model)"])
def test_a_branch_that_names_what_is_not_there_is_refused(store: Store, text: str) -> None:
    """Kusto resolves every name, though no row takes the branch."""
    with pytest.raises(QueryError, match="nowhere"):
        Query(store).run(VIEW + READ.format(text))
