"""Metrics over OTLP: the increases and values that the Azure exporter would have sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.local.ingest.otlp import cumulative
from foundry_telemetry.local.ingest.otlp.cumulative import CumulativeSeries, Increase
from foundry_telemetry.local.ingest.otlp.values import ItemError
from foundry_telemetry.local.store.store import Store, StoreError
from tests.support.otlp import Fields, attributes, post, refused, role, rows
from tests.support.wire import Wire

PATH = "/v1/metrics"
COLUMNS = ("Name", "Sum", "ItemCount", "Min", "Max")
DELTA, CUMULATIVE = 1, 2
LATER_NS = 4_000_000_000_000_000_000
"""A time after the start of any server of these tests; one before it is 1."""


def points(kind: str, *given: Fields, temporality: int = CUMULATIVE, name: str = "m", **more: Any) -> Fields:
    """A metric."""
    full = [{"startTimeUnixNano": str(LATER_NS), "timeUnixNano": str(LATER_NS + 1), **one} for one in given]
    temporal = {} if kind in ("gauge", "summary") else {"aggregationTemporality": temporality}
    return {"name": name, kind: {"dataPoints": full, **temporal, **more}}


def counted(value: int, at: int = 1, **more: Any) -> Fields:
    """A point of a counter."""
    return {"asInt": str(value), "timeUnixNano": str(LATER_NS + at * 1_000_000), **more}


def counter(*given: Fields, **more: Any) -> Fields:
    """A cumulative counter."""
    return points("sum", *given, isMonotonic=True, **more)


def buckets(count: int, total: float, at: int = 1, **more: Any) -> Fields:
    """A point of a histogram."""
    filled = {"bucketCounts": [str(count), "0"], "explicitBounds": [10.0]}
    return {
        "count": str(count),
        "sum": total,
        "timeUnixNano": str(LATER_NS + at * 1_000_000),
        **filled,
        **more,
    }


def sums(wire: Wire) -> list[float]:
    """The values of all rows, as they came."""
    found = wire.azure.query("AppMetrics | project TimeGenerated, Sum | sort by TimeGenerated asc, Sum asc")
    return [row[1] for row in found.rows]


@pytest.mark.parametrize(
    ("metric", "row"),
    [
        (points("gauge", {"asDouble": 2.5}), ("m", 2.5, 1, None, None)),
        (points("gauge", {"asInt": "-3"}), ("m", -3.0, 1, None, None)),
        (counter({"asInt": "4"}, temporality=DELTA), ("m", 4.0, 1, None, None)),
        (counter({"asDouble": 0.0}, temporality=DELTA), ("m", 0.0, 1, None, None)),
        (points("sum", {"asInt": "-4"}), ("m", -4.0, 1, None, None)),
        (points("histogram", buckets(3, 6.5, min=1.5, max=3.0), temporality=DELTA), ("m", 6.5, 3, 1.5, 3.0)),
        (points("histogram", buckets(3, 6.5), temporality=DELTA), ("m", 6.5, 3, None, None)),
        (
            points(
                "exponentialHistogram",
                {
                    "count": 2,
                    "sum": 3.0,
                    "scale": 5,
                    "zeroCount": "1",
                    "max": 3.0,
                    "positive": {"offset": 4, "bucketCounts": ["1"]},
                },
                temporality=DELTA,
            ),
            ("m", 3.0, 2, None, 3.0),
        ),
    ],
)
def test_kinds(shared: Wire, metric: Fields, row: tuple[Any, ...]) -> None:
    """Each kind of metric has the row that the exporter makes of it."""
    mine = role()
    assert refused(post(shared, PATH, metric, service__name=mine), PATH) == (0, "")
    assert rows(shared, "AppMetrics", *COLUMNS, role=mine) == [row]


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (points("sum", {"asInt": "4"}, temporality=DELTA), "an up-down counter that is not cumulative"),
        (counter({"asInt": "4"}, temporality=0), "without a temporality"),
        (points("histogram", buckets(1, 1.0), temporality=0), "without a temporality"),
        (points("histogram", {"count": "3"}, temporality=DELTA), "a histogram without a sum"),
        (points("histogram", buckets(1, 1.0, max="NaN"), temporality=DELTA), "not a finite number"),
        (points("histogram", buckets(1, "Infinity"), temporality=DELTA), "not a finite number"),  # type: ignore[arg-type]
        (points("summary", {"count": "3", "sum": 3.0}), "a summary"),
        (points("gauge", {}), "not a finite number"),
        (points("histogram", buckets(2**31, 1.0), temporality=DELTA), "count"),
    ],
)
def test_what_cannot_be_converted(shared: Wire, metric: Fields, reason: str) -> None:
    """What would be a wrong row is refused and counted."""
    mine = role()
    count, reasons = refused(post(shared, PATH, metric, service__name=mine), PATH)
    assert (count, reason in reasons) == (1, True), reasons
    assert rows(shared, "AppMetrics", *COLUMNS, role=mine) == []


def test_no_recorded_value(wire: Wire) -> None:
    """A point that says that there is no value is no row, and nothing is refused."""
    assert refused(post(wire, PATH, points("gauge", {"flags": 1})), PATH) == (0, "")
    assert rows(wire, "AppMetrics", *COLUMNS) == []


def test_increases(wire: Wire) -> None:
    """Of a cumulative counter each row is what came since the point before; one that did not move is none."""
    for at, value in enumerate((3, 5, 5, 12), 1):
        assert refused(post(wire, PATH, counter(counted(value, at))), PATH) == (0, "")
    assert sums(wire) == [3, 2, 7]


def test_histograms(wire: Wire) -> None:
    """Of a cumulative histogram too; its extremes are those of the interval only where that is all of it."""
    for at, (count, total) in enumerate(((2, 3.0), (2, 3.0), (5, 9.0)), 1):
        point = buckets(count, total, at, min=1.0, max=2.0)
        assert refused(post(wire, PATH, points("histogram", point)), PATH) == (0, "")
    assert rows(wire, "AppMetrics", *COLUMNS) == [("m", 3.0, 2, 1.0, 2.0), ("m", 6.0, 3, None, None)]


def test_a_series_that_is_older_than_the_server(wire: Wire) -> None:
    """What it counted before is unknown: its first point says where to count from."""
    for start in ("1", "0"):
        for at, value in enumerate((100, 104), 1):
            post(wire, PATH, counter(counted(value, at, startTimeUnixNano=start)))
    assert sums(wire) == [4, 4]


def test_a_process_that_starts_anew(wire: Wire) -> None:
    """A later start counts from zero, and so does a value that fell."""
    post(wire, PATH, counter(counted(10, 1)))
    post(wire, PATH, counter(counted(4, 2, startTimeUnixNano=str(LATER_NS + 1))))
    post(wire, PATH, counter(counted(6, 3, startTimeUnixNano=str(LATER_NS + 1))))
    post(wire, PATH, counter(counted(1, 4, startTimeUnixNano=str(LATER_NS + 1))))
    assert sums(wire) == [10, 4, 2, 1]


def test_series_do_not_mix(wire: Wire) -> None:
    """Attributes in any order are one series; another resource, name, attribute or start is another one."""
    one = [*attributes(a="1"), *attributes(b="2")]
    post(wire, PATH, counter(counted(10, 1, attributes=one)))
    post(wire, PATH, counter(counted(11, 2, attributes=one[::-1])))
    post(wire, PATH, counter(counted(20, 2, attributes=one[:1])))
    post(wire, PATH, counter(counted(40, 2, attributes=one), name="other"))
    post(wire, PATH, counter(counted(80, 2, attributes=one)), pod="2")
    post(wire, PATH, counter(counted(160, 2, attributes=one, startTimeUnixNano=str(LATER_NS - 5))))
    assert sorted(sums(wire)) == [1, 10, 20, 40, 80, 160]


def test_resent_and_late_points(wire: Wire) -> None:
    """A point that comes twice counts once; one that is older than the last is refused."""
    for _ in range(2):
        assert refused(post(wire, PATH, counter(counted(10, 5))), PATH) == (0, "")
    count, reasons = refused(post(wire, PATH, counter(counted(9, 4))), PATH)
    assert (count, "older than the one before it" in reasons) == (1, True)
    assert sums(wire) == [10]


def test_what_was_not_stored_counts_when_it_comes_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that fails changes no series: sent again, it is whole."""

    def fails(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add", fails)
        assert post(wire, PATH, counter(counted(10))).status == 503
    assert post(wire, PATH, counter(counted(10))).status == 200
    assert sums(wire) == [10]


def test_metrics_of_http(wire: Wire) -> None:
    """Standard metrics of HTTP are as the exporter makes them, and those that it leaves out are no rows."""
    status = attributes(http__response__status_code=503, server__address="h", own="1")
    duration = points(
        "histogram", {**buckets(1, 2.0), "attributes": status}, name="http.client.request.duration"
    )
    left_out = counter(counted(4), name="http.client.request.size")
    assert refused(post(wire, PATH, duration, left_out), PATH) == (0, "")
    kept = rows(
        wire, "AppMetrics", "Name", "tostring(Properties['_MS.MetricId'])", "tostring(Properties.own)"
    )
    assert kept == [("http.client.request.duration", "dependencies/duration", "")]


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.booleans()), max_size=30))
def test_increases_add_up(steps: list[tuple[int, bool, bool]]) -> None:
    """Whatever comes, is sent again, fails or starts anew: what is kept adds up to what was counted."""
    series = CumulativeSeries(1)
    total = found = value = 0
    start = now = 1
    for added, fails, restarts in steps:
        if restarts:
            start, value = now, 0
        value, total, now = value + added, total + added, now + 1
        for outcome in (series.forget, series.keep) if fails else (series.keep, series.keep):
            increase = series.increase(str(start).encode(), start, now, (float(value),))
            if outcome == series.keep and increase is not None:
                found += int(increase.totals[0])
            outcome()
    assert found == total


def test_series_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a new series is refused until another is idle, whose next point is a first one."""
    monkeypatch.setattr(cumulative, "MOST_SERIES", 2)
    seconds = 0.0
    series = CumulativeSeries(1, lambda: seconds)
    for key in (b"a", b"b"):
        assert series.increase(key, 5, 6, (1.0,)) == Increase((1.0,), whole=True)
        series.keep()
    with pytest.raises(ItemError, match="more than 2 cumulative series"):
        series.increase(b"c", 5, 6, (1.0,))
    assert series.increase(b"b", 5, 7, (3.0,)) == Increase((2.0,), whole=False)
    series.keep()
    seconds = cumulative.IDLE_S
    assert series.increase(b"c", 7, 8, (1.0,)) == Increase((1.0,), whole=True)
    series.keep()
    assert series.increase(b"a", 5, 9, (7.0,)) is None
