# ruff: noqa: DTZ001, S608 - the database gives times in UTC without a zone; names of tables are our own
"""From posted envelopes to rows: every kind that the exporter sends, and what others send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.store.store import Receipt, Store
from foundry_telemetry.schema.content_table import CONTENT_COLUMNS, CONTENT_TABLE
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import NOON, Envelope, envelope, event

DATA = Path(__file__).parents[1] / "data"
ROWS: dict[str, dict[str, Any]] = json.loads((DATA / "azure_rows.json").read_text(encoding="utf-8"))
"""Recorded envelope to its row, without what is unknown and what is the same in every row."""

SAME_EVERYWHERE = {
    "ClientIP",
    "IKey",
    "ResourceGUID",
    "SourceSystem",
    "TenantId",
    "Type",
    "_BilledSize",
    "_IsBillable",
    "_ResourceId",
    "_SubscriptionId",
}


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory, which forgets nothing."""
    with Store(retention_days=36_500) as store:
        yield store


def post(store: Store, *envelopes: Envelope) -> Receipt:
    """Post envelopes, and wait until they are stored or refused."""
    body = [{"iKey": store.key, **one} for one in envelopes]
    return store.add(json.dumps(body).encode()).result(PATIENCE_S)


def rows(store: Store, sql: str) -> list[dict[str, Any]]:
    """The rows of a query in SQL."""
    with closing(store.cursor()) as cursor:
        found = cursor.execute(sql).fetchall()
        return [dict(zip([name for name, *_ in cursor.description or ()], row, strict=True)) for row in found]


def one(store: Store, table: str) -> dict[str, Any]:
    """The only row of a table."""
    (row,) = rows(store, f'SELECT * FROM "{table}"')
    return row


def refusals(store: Store, **changes: Any) -> list[str]:
    """Why an event with these changes is refused."""
    changed = {**event(name="x"), **changes}
    content = {name: value for name, value in changed.items() if value is not ...}
    return [refusal.message for refusal in post(store, content).refusals]


def long(kind: str, **base: object) -> Envelope:
    """An envelope of a kind with further fields."""
    fields = {"ver": 2, "properties": {}, **base}
    return {**event(name="x"), "data": {"baseType": kind, "baseData": fields}}


@pytest.mark.parametrize(
    ("posted", "column", "kept"),
    [
        (long("EventData", name="n" * 1_025), ("AppEvents", '"Name"'), 1_024),
        (long("RemoteDependencyData", name="n", data="d" * 8_193), ("AppDependencies", '"Data"'), 8_192),
        (
            long("RemoteDependencyData", name="n", resultCode="1" * 1_025),
            ("AppDependencies", '"ResultCode"'),
            1_024,
        ),
        (long("RequestData", id="1", url="u" * 2_049), ("AppRequests", '"Url"'), 2_048),
        (long("MessageData", message="m" * 32_769), ("AppTraces", '"Message"'), 32_768),
        (
            long("ExceptionData", exceptions=[{"message": "m" * 32_769}]),
            ("AppExceptions", '"OuterMessage"'),
            32_768,
        ),
        (long("MetricData", metrics=[{"name": "n" * 1_025, "value": 1}]), ("AppMetrics", '"Name"'), 1_024),
        (
            long("EventData", name="n", properties={"a": "💥" * 8_193}),
            ("AppEvents", "\"Properties\" ->> 'a'"),
            8_192,
        ),
        (long("EventData", name="n", properties={"k" * 151: "v"}), ("AppEvents", '"Properties"::VARCHAR'), 2),
    ],
)
def test_what_is_longer_than_azure_keeps_is_cut_and_counted(
    store: Store, posted: Envelope, column: tuple[str, str], kept: int
) -> None:
    """It loses its end at Azure's limit, a property with too long a name is left out, all else stays."""
    table, expression = column
    receipt = post(store, posted, event(name="short", value="v"))
    found = rows(store, f'SELECT length({expression}) AS kept FROM "{table}"')
    assert (receipt.accepted, receipt.cut, store.cut) == (2, 1, 1)
    assert kept in [row["kept"] for row in found]


def test_what_azure_keeps_is_not_cut(store: Store) -> None:
    """At its limit a value stays whole; content, which moves to its own table, may be longer than others."""
    content = next(iter(CONTENT_COLUMNS))
    properties = {"k" * 150: "v" * 8_192, content: "c" * 100_000}
    assert post(store, long("EventData", name="n" * 1_024, properties=properties)).cut == 0
    moved = one(store, CONTENT_TABLE)
    assert len(str(moved[CONTENT_COLUMNS[content]])) == 100_000
    assert post(store, long("EventData", name="n", properties={content: "c" * 262_145})).cut == 1


@pytest.mark.parametrize("name", ROWS)
def test_recorded_envelopes(store: Store, name: str) -> None:
    """Each recorded envelope becomes one row, in its table, with these values and no others.

    Content is read where its pointer says.
    """
    recorded = json.loads((DATA / "azure" / f"{name}.json").read_text(encoding="utf-8"))
    assert not post(store, {**recorded, "iKey": store.key}).refusals
    kept = {table: rows(store, f'SELECT * FROM "{table}"') for table in tables()}
    moved = {f"{CONTENT_TABLE}/{row['Id']}": row for row in kept.pop(CONTENT_TABLE)}
    (row,) = ({"table": table, **row} for table, found in kept.items() for row in found)
    content = {
        name: json.loads(value) if name in ("Details", "Measurements", "Properties") and value else value
        for name, value in row.items()
        if value not in ("", None) and name not in SAME_EVERYWHERE
    }
    content["TimeGenerated"] = content["TimeGenerated"].isoformat()
    for key, column in CONTENT_COLUMNS.items():
        if key in content.get("Properties", {}):
            whole = moved[content["Properties"][key]]
            content["Properties"][key] = whole[column]
    assert content == ROWS[name]


SECRET: Final = "what a person wrote"


@pytest.mark.parametrize("kind", ["EventData", "MessageData", "RemoteDependencyData"])
def test_content_is_moved(store: Store, kind: str) -> None:
    """Of content a pointer stays where it was; its table has the values, and the span they belong to."""
    properties = {"foundry.call.id": "c" * 16, "gen_ai.request.model": "opus"}
    base = {"name": "x", "message": "m", "id": "a" * 16, "duration": "00:00:01", "ver": 2}
    envelope = event(name="x") | {
        "tags": {"ai.operation.id": "b" * 32, "ai.operation.parentId": "d" * 16, "ai.cloud.role": "shop"},
        "data": {
            "baseType": kind,
            "baseData": base | {"properties": {**dict.fromkeys(CONTENT_COLUMNS, SECRET), **properties}},
        },
    }
    assert not post(store, envelope).refusals
    kept = {table: rows(store, f'SELECT * FROM "{table}"') for table in tables()}
    (row,) = kept.pop(CONTENT_TABLE)
    assert SECRET not in str(kept)
    (rest,) = (found for rows_ in kept.values() for found in rows_)
    pointers = json.loads(rest["Properties"])
    assert {pointers[key] for key in CONTENT_COLUMNS} == {f"{CONTENT_TABLE}/{row['Id']}"}
    assert {row[column] for column in CONTENT_COLUMNS.values()} == {SECRET}
    is_span = kind == "RemoteDependencyData"
    assert (row["TraceId"], row["SpanId"]) == ("b" * 32, ("a" if is_span else "d") * 16)
    assert (row["RoleName"], row["ModelName"]) == ("shop", "opus")
    assert json.loads(row["Attributes"]) == properties


def test_every_recorded_envelope_has_a_row() -> None:
    """The test above covers every recorded envelope."""
    assert set(ROWS) == {path.stem for path in (DATA / "azure").glob("*.json")}


def test_what_is_the_same_in_every_row(store: Store) -> None:
    """The workspace's own columns are filled, and the address of a client is masked as Azure masks it."""
    post(store, event(name="x"))
    row = {name: value for name, value in one(store, "AppEvents").items() if name in SAME_EVERYWHERE}
    assert row.pop("_BilledSize") > 100
    assert row == {
        "ClientIP": "0.0.0.0",
        "IKey": store.key,
        "ResourceGUID": store.key,
        "SourceSystem": "Azure",
        "TenantId": store.key,
        "Type": "AppEvents",
        "_IsBillable": "True",
        "_ResourceId": "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/providers/"
        "microsoft.insights/components/local",
        "_SubscriptionId": "00000000-0000-0000-0000-000000000000",
    }


def test_the_billed_size_is_the_length_of_the_json(store: Store) -> None:
    """`_BilledSize` counts the bytes of an item as posted, whatever size the item itself has."""
    item = json.dumps({**event(name="é"), "iKey": store.key, "size": 7}, ensure_ascii=False).encode()
    store.add(b"[ " + item + b" ]").result(PATIENCE_S)
    assert one(store, "AppEvents")["_BilledSize"] == len(item)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0.00:00:00.000", 0.0),
        ("0.00:00:01.001", 1001.0),
        ("0.00:00:00.0000001", 0.0001),
        ("1.02:03:04.567", 93_784_567.0),
        ("365.00:00:00", 31_536_000_000.0),
        ("23:59:59.9999999", 86_399_999.9999),
        ("00:00:00.5", 500.0),
    ],
)
def test_durations(store: Store, text: str, milliseconds: float) -> None:
    """Days, hours, minutes, seconds and ticks become milliseconds, for dependencies and requests alike."""
    for kind, table in (("RemoteDependencyData", "AppDependencies"), ("RequestData", "AppRequests")):
        post(store, envelope(kind, {"name": "x", "duration": text}))
        assert one(store, table)["DurationMs"] == milliseconds


@pytest.mark.parametrize(("rate", "count"), [(100, 1), (25, 4), (33.3, 3), (2.5, 40), (0.001, 100_000)])
def test_item_count(store: Store, rate: float, count: int) -> None:
    """A row stands for as many items as its sample rate means."""
    post(store, event(name="x", rate=rate))
    assert one(store, "AppEvents")["ItemCount"] == count


def test_without_a_rate_a_row_stands_for_one(store: Store) -> None:
    """No sampling rate means that nothing was sampled."""
    content = event(name="x")
    del content["sampleRate"]
    post(store, content)
    assert one(store, "AppEvents")["ItemCount"] == 1


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-11-22T14:27:23.232111Z", datetime(2026, 11, 22, 14, 27, 23, 232111)),
        ("2026-11-22T14:27:23.2321117Z", datetime(2026, 11, 22, 14, 27, 23, 232112)),
        ("2026-11-22T16:27:23+02:00", datetime(2026, 11, 22, 14, 27, 23)),
        ("2026-11-22T14:27:23", datetime(2026, 11, 22, 14, 27, 23)),
    ],
)
def test_times(store: Store, time: str, utc: datetime) -> None:
    """Times are kept in UTC, whatever zone they were posted in; one without a zone is UTC."""
    post(store, {**event(name="x"), "time": time})
    assert one(store, "AppEvents")["TimeGenerated"] == utc


def test_properties_are_text(store: Store) -> None:
    """As in Azure every property is text: numbers, flags and lists are written out, nulls are omitted."""
    content: dict[str, Any] = {
        "n": 12,
        "x": 1.5,
        "b": True,
        "l": [1, "a"],
        "o": {"a": None},
        "t": "1",
        "z": None,
    }
    post(store, envelope("EventData", {"name": "x", "properties": content}))
    properties = json.loads(one(store, "AppEvents")["Properties"])
    assert properties == {"n": "12", "x": "1.5", "b": "true", "l": '[1,"a"]', "o": '{"a":null}', "t": "1"}


@pytest.mark.parametrize("text", ["", "\x00", "\x1f\n\r", "\\ \" '", "💥", "a" * 1_024, '{"a": 1}', "None"])
def test_texts_arrive_unchanged(store: Store, text: str) -> None:
    """Every text comes out as it went in: control characters, quotes, and long ones included."""
    content = event(name=text or "x", value=text)
    content["tags"] = {"ai.cloud.role": text}
    post(store, content, event(name="next"))
    (row,) = rows(store, "SELECT * FROM AppEvents WHERE \"Name\" <> 'next'")
    assert (row["Name"] or "", row["AppRoleName"]) == (text or "x", text)
    assert json.loads(row["Properties"]) == {"value": text}
    assert len(rows(store, "SELECT * FROM AppEvents")) == 2


def test_nulls_are_as_good_as_absent(store: Store) -> None:
    """Other exporters write null for what they do not know."""
    nothing = {"name": "x", "properties": None, "measurements": None}
    content = envelope("EventData", nothing) | {"tags": None, "sampleRate": None}
    assert not post(store, content).refusals
    row = one(store, "AppEvents")
    assert (row["ItemCount"], row["OperationId"], row["Properties"], row["Measurements"]) == (
        1,
        "",
        "{}",
        None,
    )


@pytest.mark.parametrize(
    ("severity", "level"),
    [(0, 0), (4, 4), ("Verbose", 0), ("Information", 1), ("Warning", 2), ("Critical", 4), (None, None)],
)
def test_severities(store: Store, severity: object, level: int | None) -> None:
    """A severity is a number, posted as one or by its name."""
    post(store, envelope("MessageData", {"message": "m", "severityLevel": severity}))
    assert one(store, "AppTraces")["SeverityLevel"] == level


def test_codes_posted_as_numbers(store: Store) -> None:
    """A result code is text, also where an exporter posts a number."""
    post(store, envelope("RequestData", {"responseCode": 503, "success": False}))
    row = one(store, "AppRequests")
    assert (row["ResultCode"], row["Success"]) == ("503", False)


def test_nested_exceptions(store: Store) -> None:
    """The outermost exception comes first, the innermost last."""
    content = [
        {"typeName": "Outer", "message": "o", "id": 1},
        {"typeName": "Inner", "message": "i", "outerId": 1},
    ]
    post(store, envelope("ExceptionData", {"exceptions": content}))
    row = one(store, "AppExceptions")
    assert (row["ExceptionType"], row["OuterType"], row["InnermostType"]) == ("Outer", "Outer", "Inner")
    assert (row["Message"], row["OuterMessage"], row["InnermostMessage"]) == ("o", "o", "i")
    assert json.loads(row["Details"]) == content


def test_data_points(store: Store) -> None:
    """Each data point of a metric is a row; those of Windows counters have a table of their own."""
    points = [
        {"name": "a", "value": 6, "count": 3, "min": 1, "max": 3},
        {"name": "b", "value": -0.5},
        {"name": r"\Memory\Available Bytes", "value": 7},
        {"name": r"\Process(a(1))\% of (x)", "value": 8},
    ]
    receipt = post(store, envelope("MetricData", {"metrics": points, "properties": {"k": "v"}}))
    assert (receipt.received, receipt.accepted) == (1, 1)
    metrics = rows(
        store, 'SELECT "Name", "Sum", "ItemCount", "Min", "Max", "Properties" FROM AppMetrics ORDER BY 1'
    )
    assert [tuple(row.values()) for row in metrics] == [
        ("a", 6.0, 3, 1.0, 3.0, '{"k":"v"}'),
        ("b", -0.5, 1, None, None, '{"k":"v"}'),
    ]
    counters = rows(
        store, 'SELECT "Category", "Instance", "Name", "Value" FROM AppPerformanceCounters ORDER BY 4'
    )
    assert [tuple(row.values()) for row in counters] == [
        ("Memory", "", "Available Bytes", 7.0),
        ("Process", "a(1)", "% of (x)", 8.0),
    ]


def test_classic_views(store: Store) -> None:
    """The older names show the same rows with the older types: success is a text there."""
    post(
        store,
        envelope("RemoteDependencyData", {"name": "d", "success": False, "duration": "00:00:01"}),
        envelope("MetricData", {"metrics": [{"name": "m", "value": 5, "count": 2}]}),
        event(name="e", key="value"),
    )
    dependency, metric, custom = (
        one(store, view) for view in ("dependencies", "customMetrics", "customEvents")
    )
    assert (dependency["success"], dependency["duration"], dependency["itemType"]) == (
        "False",
        1000.0,
        "dependency",
    )
    assert dependency["timestamp"] == NOON.replace(tzinfo=None)
    assert (metric["value"], metric["valueSum"], metric["valueCount"], metric["itemType"]) == (
        5.0,
        5.0,
        2,
        "customMetric",
    )
    assert (custom["customDimensions"], custom["itemType"]) == ('{"key":"value"}', "customEvent")


def test_all_columns_are_there(store: Store) -> None:
    """A table has exactly the columns of its reference, with their types."""
    types = {"bool": "BOOLEAN", "datetime": "TIMESTAMP", "dynamic": "JSON", "int": "INTEGER"}
    types |= {"real": "DOUBLE", "string": "VARCHAR"}
    for name, table in tables().items():
        with closing(store.cursor()) as cursor:
            cursor.execute(f'SELECT * FROM "{name}"')
            found = {column: str(kind) for column, kind, *_ in cursor.description or ()}
            assert found == {column.name: types[column.type] for column in table.columns}
            if table.classic_name is None:
                continue
            cursor.execute(f'SELECT * FROM "{table.classic_name}"')
            classic = {column for column, *_ in cursor.description or ()}
        assert classic >= {column.classic_name for column in table.columns if column.classic_name}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"iKey": "11111111-1111-1111-1111-111111111111"}, "Invalid instrumentation key"),
        ({"iKey": None}, "iKey"),
        ({"time": ...}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": 5}, "time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "before the year 1"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "after 9999"),
        ({"data": ...}, "data"),
        ({"data": []}, "expected an object"),
        ({"data": {"baseType": "EventData"}}, "name"),
        ({"data": {"baseData": {"name": "x"}}}, "baseType"),
        ({"data": {"baseType": "AvailabilityData", "baseData": {}}}, "AvailabilityData"),
        ({"data": {"baseType": "EventData", "baseData": {"name": 5}}}, "baseData.name"),
        (
            {"data": {"baseType": "EventData", "baseData": {"name": "x", "properties": "p"}}},
            "expected an object",
        ),
        ({"data": {"baseType": "MetricData", "baseData": {"metrics": []}}}, "metrics"),
        ({"data": {"baseType": "MetricData", "baseData": {"metrics": [{"name": "m"}]}}}, "value"),
        ({"data": {"baseType": "ExceptionData", "baseData": {"exceptions": []}}}, "exceptions"),
        ({"data": {"baseType": "RequestData", "baseData": {"duration": "1 s"}}}, "duration"),
        ({"data": {"baseType": "RequestData", "baseData": {"duration": "00:00:01\n"}}}, "duration"),
        ({"data": {"baseType": "MessageData", "baseData": {"severityLevel": "Loud"}}}, "severityLevel"),
        ({"sampleRate": 0}, "sampleRate"),
        ({"sampleRate": "half"}, "sampleRate"),
        ({"tags": ["x"]}, "expected an object"),
    ],
)
def test_an_unsound_item_is_refused_alone(store: Store, changes: dict[str, Any], part: str) -> None:
    """An item without a required field is refused with its place and the reason, alone."""
    changed = {"iKey": store.key, **event(name="bad"), **changes}
    bad = {name: value for name, value in changed.items() if value is not ...}
    receipt = post(store, event(name="before"), bad, event(name="after"))
    (refusal,) = receipt.refusals
    assert (receipt.received, receipt.accepted, refusal.index, refusal.status) == (3, 2, 1, 400)
    assert part in refusal.message
    assert [row["Name"] for row in rows(store, 'SELECT "Name" FROM AppEvents ORDER BY 1')] == [
        "after",
        "before",
    ]


@pytest.mark.parametrize("item", ["null", "5", '"text"', "[]", "{}", '{"iKey"}', "{" * 5_000, "[" * 5_000])
def test_items_that_are_no_envelopes(store: Store, item: str) -> None:
    """Anything else that stands in the place of an envelope is refused; the lines around it are stored."""
    sound = json.dumps({"iKey": store.key, **event(name="x")})
    receipt = store.add(f"{sound}\n{item}\n{sound}".encode()).result(PATIENCE_S)
    assert [refusal.index for refusal in receipt.refusals] == [1]
    assert len(rows(store, "SELECT * FROM AppEvents")) == 2


def test_a_refusal_does_not_repeat_what_was_posted(store: Store) -> None:
    """The exporter logs the answer: values of an item do not come back in it."""
    secret = "sk-ant-api03-secret"
    content = {"baseType": "EventData", "baseData": {"name": "x", "properties": secret}}
    messages = [
        *refusals(store, iKey=secret),
        *refusals(store, time=secret),
        *refusals(store, data=content),
        *refusals(store, sampleRate=secret),
    ]
    assert len(messages) == 4
    assert not [message for message in messages if secret in message]


def test_upper_case_keys_are_the_same_key(store: Store) -> None:
    """A key is a UUID, in letters of either case."""
    assert not post(store, {**event(name="x"), "iKey": store.key.upper()}).refusals


def test_the_ledger_has_typed_columns(store: Store) -> None:
    """The typed view has one row for each attempt and none for other events, with the types of its casts."""
    properties = {
        "foundry.call.id": "c1",
        "foundry.attempt.number": "2",
        "gen_ai.request.stream": "True",
        "foundry.duration_ms": "12.5",
        "http.response.status_code": "unknown",
    }
    post(
        store,
        envelope("EventData", {"name": "foundry.attempt", "properties": properties}),
        event(name="other"),
    )
    row = one(store, "foundry_attempts")
    content = [
        row[name] for name in ("call_id", "attempt_number", "stream", "duration_ms", "status", "model")
    ]
    assert content == ["c1", 2, True, 12.5, None, ""]
    assert row["TimeGenerated"] == NOON.astimezone(UTC).replace(tzinfo=None)
    assert json.loads(row["Properties"]) == properties
