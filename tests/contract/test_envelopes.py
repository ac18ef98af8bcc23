"""What reaches Azure is what reached it before the names changed, but for the rows of two tables."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from tests.contract.envelopes import changes, comparison, emission, stored
from tests.contract.envelopes.placeholders import normal
from tests.support.families import has_both, sdk_has_spans

SCENARIOS_SHOWN = 12

BEFORE = {
    "one": [
        {
            "kind": "EventData",
            "name": "an.event",
            "properties/an.owner": "them",
            "properties/an.id": "<id16:1>",
        },
        {
            "kind": "MetricData",
            "metrics/0/name": "a.metric",
            "metrics/0/value": 2,
            "properties/an.owner": "us",
        },
    ]
}


@pytest.mark.slow
@pytest.mark.skipif(not (has_both and sdk_has_spans), reason="stored with both families and spans of the SDK")
def test_envelopes_are_as_before(tmp_path: Path) -> None:
    """Every scenario gives the envelopes of before, as `RENAMED`, `MOVED` and `CHANGED` have it."""
    versions, stored_before = stored.read()
    before = changes.moved(stored_before)
    after = emission.emit(tmp_path)
    if versions["anthropic"] != version("anthropic"):
        before, after = comparison.only_ours(before), comparison.only_ours(after)
    found = comparison.differences(changes.compared(changes.renamed(before)), changes.compared(after))
    shown = "\n".join(found[:SCENARIOS_SHOWN])
    assert not found, f"{len(found)} of {len(before)} scenarios differ:\n{shown}"
    assert not changes.unused(before, after), "these rows change nothing"


def test_stored_envelopes_hold_no_secret() -> None:
    """No key, token, prompt or answer of a recording has reached the stored file."""
    text = stored.BEFORE.read_text("utf-8")
    assert "CANARY" not in text
    assert "jane@example.com" not in text


def test_names_are_applied() -> None:
    """A row renames attributes, metrics, events and single values; the order of keys has no part in it."""
    table = {
        "an.owner": "the.owner",
        "an.owner=them": "the.owner=you",
        "a.metric": "the.metric",
        "an.event": "the.event",
        "an.id": "z.id",
    }
    after = {
        "one": [
            {
                "kind": "EventData",
                "name": "the.event",
                "properties/the.owner": "you",
                "properties/z.id": "<id16:1>",
            },
            {
                "kind": "MetricData",
                "metrics/0/name": "the.metric",
                "metrics/0/value": 2,
                "properties/the.owner": "us",
            },
        ]
    }
    now = changes.compared(changes.renamed(BEFORE, table), ())
    assert comparison.differences(now, changes.compared(after, ())) == []
    assert changes.unused(BEFORE, after, table, ()) == []


def test_rows_that_change_nothing_are_named() -> None:
    """An old name that is not there, and a field that is the same in both, are reported."""
    table, excluded = {"no.such": "name", "an.owner=nobody": "an.owner=x"}, ("an.owner",)
    assert changes.unused(BEFORE, BEFORE, table, excluded) == ["no.such", "an.owner=nobody", "an.owner"]


def test_excluded_fields() -> None:
    """A field or metric of `CHANGED` is not compared; all else is."""
    event = BEFORE["one"][0]
    after = {"one": [{**event, "properties/an.owner": "else", "properties/new": "1"}]}
    found = comparison.differences(
        changes.compared(BEFORE, ("an.owner", "a.metric")), changes.compared(after, ("an.owner", "a.metric"))
    )
    assert found == ["one: EventData properties/new: None -> '1'"]


def test_differences_are_reported_by_key() -> None:
    """A message names scenario, kind and key with both values; what is missing or new is named as such."""
    event, metric = BEFORE["one"]
    after = {"one": [{**event, "name": "other"}], "two": [metric]}
    first, second = comparison.differences(BEFORE, after)
    assert first.startswith("one: EventData name: 'an.event' -> 'other'; a.metric is missing: ")
    assert second.startswith("two: a.metric is new: ")


def test_placeholders_keep_type_and_relation() -> None:
    """A duration that is no number stays as it is, and an id has one placeholder wherever it stands."""
    envelope = {
        "time": "2026-11-22T10:00:00.001Z",
        "tags": {"ai.operation.parentId": "0123456789abcdef", "ai.cloud.roleInstance": "host"},
        "data": {
            "baseType": "EventData",
            "baseData": {
                "properties": {
                    "foundry.call.id": "0123456789abcdef",
                    "foundry.duration_ms": "1.5",
                    "foundry.connect_ms": "None",
                    "server.port": "40123",
                }
            },
        },
    }
    (found,) = normal([envelope])
    assert found == {
        "kind": "EventData",
        "properties/foundry.call.id": "<id16:1>",
        "properties/foundry.connect_ms": "None",
        "properties/foundry.duration_ms": "<number>",
        "properties/server.port": "<port>",
        "tags/ai.cloud.roleInstance": "<text>",
        "tags/ai.operation.parentId": "<id16:1>",
        "time": "<time>",
    }


def test_stored_form_is_whole(tmp_path: Path) -> None:
    """What is written is read back as it was, and a file that is there is not written over."""
    path = tmp_path / "schema-1.jsonl"
    stored.write(BEFORE, {"anthropic": "1"}, path)
    assert stored.read(path) == ({"anthropic": "1"}, BEFORE)
    with pytest.raises(FileExistsError):
        stored.write(BEFORE, {}, path)


def test_another_version_of_the_sdk() -> None:
    """Of a span of another SDK only what nobody but us writes is compared, and all of everything else."""
    span = {
        "kind": "RemoteDependencyData",
        "properties/foundry.outcome": "ok",
        "properties/gen_ai.system": "x",
        "name": "POST",
    }
    emitted = {"sdk-spans/a": [span, BEFORE["one"][0]], "sdk/a": [span]}
    without = {path: value for path, value in span.items() if path != "properties/gen_ai.system"}
    assert comparison.only_ours(emitted) == {"sdk-spans/a": [without, BEFORE["one"][0]], "sdk/a": [span]}
