"""Rows of ours lack what the table of omissions names and nothing else; the rest of the row gives it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorTraceExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind

from foundry_telemetry.azure.exporter_rules import LOG, SPAN
from foundry_telemetry.azure.omissions import NOT_WRITTEN, OMISSIONS, Omission
from foundry_telemetry.azure.pipelines import QUIET
from foundry_telemetry.azure.request_bodies import Compression
from foundry_telemetry.azure.row_building import speed_up
from foundry_telemetry.observation import NO_USAGE, Observation, TokenUsage
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.derived import DERIVED, restored
from foundry_telemetry.schema.value import SCOPE
from foundry_telemetry.signals.ledger_event import PendingEvent, record_of
from tests.azure.test_exporter_rules import CONNECTION_STRING, RESOURCE_, log, span
from tests.benchmarks import bill
from tests.benchmarks.omissions import NAME, PAGE, text
from tests.support import both_ways
from tests.support.marked import markers

OURS = InstrumentationScope(SCOPE)
CALL_ID = "00f067aa0ba902b7"
USAGE = TokenUsage(
    input_tokens=14,
    output_tokens=180,
    cache_read_input_tokens=0,
    cache_creation_input_tokens=0,
    cache_creation_5m=0,
    cache_creation_1h=0,
    complete=True,
)
PLAIN = Observation(
    call_id=CALL_ID,
    operation="chat",
    deployment="claude-sonnet-5-5",
    status_code=200,
    outcome="ok",
    path="/anthropic/v1/messages",
    server_address="example-resource.services.ai.azure.com",
    resource="example-resource",
    usage=USAGE,
    started_ns=1_795_340_600 * 10**9,
    duration_s=0.25,
)
"""The plain call of the benchmark, as far as omissions are concerned."""


@pytest.fixture(scope="module")
def exporters() -> Any:
    """As `configure` sets them up; they send nothing."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in QUIET.items():
            patched.setenv(name, value)
        options = {"connection_string": CONNECTION_STRING, "disable_offline_storage": True}
        made = SimpleNamespace(
            traces=AzureMonitorTraceExporter(**options), logs=AzureMonitorLogExporter(**options)
        )
        speed_up(vars(made).values(), Compression(is_on=False))
        return made


def event(observation: Observation = PLAIN, span_id: int = int(CALL_ID, 16)) -> ReadableLogRecord:
    """The ledger event of an attempt."""
    pending = PendingEvent(observation, 0x1234, span_id, 1, RESOURCE_, OURS, None)
    return ReadableLogRecord(record_of(pending), RESOURCE_, OURS)


def lacking(made: Any, record: Any) -> set[str]:
    """The attributes of a log record that its row lacks."""
    return set(record.log_record.attributes) - {names.CUSTOM_EVENT} - set(made.data.base_data.properties)


def parts(made: Any) -> dict[str, int]:
    """Bytes by column and part of one, as the bill has them."""
    bags = {"Properties": made.data.base_data.properties, "Measurements": made.data.base_data.measurements}
    return bill.sizes_of({bag: None if value is None else json.dumps(value) for bag, value in bags.items()})


def check_sizes(omissions: list[Omission], whole: Any, made: Any) -> None:
    """The table has each part with its bytes that one row has and the other has not."""
    before, after = parts(whole), parts(made)
    assert {name: size for name, size in before.items() if name not in after} == {
        each.part: each.size for each in omissions
    }
    assert after.items() <= before.items()


def test_sizes_of_an_event(exporters: Any) -> None:
    """The row of the plain call lacks what the table names for a ledger event, each with its bytes."""
    record = event()
    made = both_ways.assert_same(exporters.logs, LOG, record)
    unchanged = AzureMonitorLogExporter._log_to_envelope(exporters.logs, record)
    check_sizes([each for each in OMISSIONS if each.row == "ledger event"], unchanged, made)


OWN_SPAN = {
    "gen_ai.system": "anthropic",
    "peer.service": "example-resource.services.ai.azure.com",
    names.RESOURCE_PROVIDER: "Microsoft.CognitiveServices",
    names.RESOURCE: "example-resource",
}


def test_sizes_of_a_span(exporters: Any) -> None:
    """The row of a span of ours lacks what the table names for one, each with its bytes."""
    record = span(OWN_SPAN, kind=SpanKind.CLIENT, instrumentation_scope=OURS)
    made = both_ways.assert_same(exporters.traces, SPAN, record)
    unchanged = AzureMonitorTraceExporter._span_to_envelope(exporters.traces, record)
    check_sizes([each for each in OMISSIONS if each.row == "our span"], unchanged, made)


def usage(**counts: Any) -> Observation:
    """The plain call with another usage."""
    return msgspec.structs.replace(PLAIN, usage=msgspec.structs.replace(USAGE, **counts))


def other(**facts: Any) -> Observation:
    """The plain call with other facts."""
    return msgspec.structs.replace(PLAIN, **facts)


WRITTEN: dict[str, tuple[Observation, set[str]]] = {
    "another call": (other(call_id="a" * 16), {names.CALL_ID}),
    "another host": (other(server_address="example-resource.openai.azure.com"), {names.SERVER_ADDRESS}),
    "a gateway": (other(server_address="gw.example.com", resource=None), {names.SERVER_ADDRESS}),
    "capitals": (other(server_address="Example-Resource.services.ai.azure.com"), {names.SERVER_ADDRESS}),
    "another path": (other(path="/claude/v1/messages"), {names.URL_TEMPLATE}),
    "another operation": (other(operation="count_tokens"), {names.URL_TEMPLATE}),
    "another method": (other(method="GET"), {names.METHOD}),
    "incomplete": (usage(complete=False), {names.USAGE_COMPLETE}),
    "output is unknown": (usage(output_tokens=None, complete=False), {names.USAGE_COMPLETE}),
    "cached": (usage(cache_read_input_tokens=5, cache_creation_input_tokens=7, cache_creation_1h=7), set()),
    "another lifetime": (usage(cache_creation_input_tokens=7), {names.CACHE_WRITE_5M_TOKENS}),
    "a lifetime is unknown": (
        usage(cache_creation_input_tokens=7, cache_creation_1h=None),
        {names.CACHE_WRITE_5M_TOKENS},
    ),
}
"""An attempt, and what its row has though that of the plain call leaves it out."""


@pytest.mark.parametrize("case", WRITTEN)
def test_what_does_not_follow_is_written(case: str, exporters: Any) -> None:
    """A value that the rest of the row does not give stands in it; put back, the row is the exporter's."""
    observation, written = WRITTEN[case]
    record = event(observation)
    made = both_ways.assert_same(exporters.logs, LOG, record)
    assert both_ways.is_plain(made)
    assert lacking(made, record) == {each.name for each in DERIVED} - written


@pytest.mark.parametrize(
    ("observation", "unknown"),
    [
        (other(usage=NO_USAGE), {names.USAGE_COMPLETE, names.CACHE_WRITE_5M_TOKENS}),
        (
            usage(cache_creation_input_tokens=None, cache_creation_5m=None, cache_creation_1h=None),
            {names.CACHE_WRITE_5M_TOKENS},
        ),
        (other(operation=None, path="/anthropic/v1/models"), {names.OPERATION}),
        (other(server_address=None, resource=None), {names.SERVER_ADDRESS}),
    ],
    ids=["no usage", "no cache", "no operation", "no host"],
)
def test_unknown_stays_unknown(observation: Observation, unknown: set[str], exporters: Any) -> None:
    """What the record does not have, the row does not give."""
    made = both_ways.assert_same(exporters.logs, LOG, event(observation))
    assert not unknown & restored(made.data.base_data.properties, made.tags["ai.operation.parentId"]).keys()


def test_call_without_a_span(exporters: Any) -> None:
    """Without a span there is no parent, so the id of the call is written."""
    made = both_ways.assert_same(exporters.logs, LOG, event(span_id=0))
    assert made.data.base_data.properties[names.CALL_ID] == CALL_ID


@pytest.mark.parametrize("scope", [InstrumentationScope("foundry"), InstrumentationScope(""), None], ids=repr)
def test_other_scopes(scope: Any, exporters: Any) -> None:
    """A record of another scope, even with all our fields, has the row of the unchanged exporter."""
    attributes = dict(event().log_record.attributes or {})
    record = log("a line", attributes)
    record = ReadableLogRecord(record.log_record, RESOURCE_, scope)
    assert not lacking(both_ways.assert_same(exporters.logs, LOG, record), record)
    made = both_ways.assert_same(exporters.traces, SPAN, span(OWN_SPAN, instrumentation_scope=scope))
    assert made.data.base_data.properties[names.RESOURCE] == "example-resource"


@pytest.mark.parametrize("name", ["another.event", None])
def test_other_events_of_ours(name: str | None, exporters: Any) -> None:
    """A line or another event of our scope keeps everything."""
    attributes = dict(event().log_record.attributes or {}) | {names.CUSTOM_EVENT: name}
    record = log("a line", {key: value for key, value in attributes.items() if value is not None})
    record = ReadableLogRecord(record.log_record, RESOURCE_, OURS)
    made = both_ways.assert_same(exporters.logs, LOG, record)
    assert not lacking(made, record)
    assert made.data.base_data.properties["logger_name"] == SCOPE


def test_no_derived_field_is_made_of_another() -> None:
    """Fields that a row may lack give no others."""
    columns = {f"{{{names.BY_NAME[each.name].column}}}" for each in DERIVED}
    assert not [each.name for each in DERIVED for column in columns if column in each.kql + each.sql]


def test_table_in_the_docs() -> None:
    """The page about the price has the table of the code."""
    start, end = markers(NAME)
    assert PAGE.read_text("utf-8").partition(start)[2].partition(end)[0].strip() == text()
    assert all(each.size > 0 and each.why for each in (*OMISSIONS, *NOT_WRITTEN))
