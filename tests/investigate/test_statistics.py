"""Gain: no change within the edge, more with more attempts, and by chance as seldom as it says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.investigate.incident.statistics import Edge, Sample, of_count, of_mean, of_share

FAILURES, CACHE = Edge(1.5, 0.01), Edge(1.2, 0.1, is_lower=True)
SLOWER, MORE, FEWER = Edge(1.25), Edge(2.0), Edge(2.0, is_lower=True)
SHARES = st.floats(0.0, 1.0)
COUNTS = st.integers(1, 10_000)


def edge_of(normal: float, edge: Edge) -> float:
    """The share up to which all is usual."""
    if edge.is_lower:
        return min(normal / edge.ratio, normal - edge.points)
    return max(normal * edge.ratio, normal + edge.points)


@pytest.mark.parametrize("edge", [FAILURES, CACHE])
@given(normal=SHARES, within=SHARES, count=COUNTS)
def test_within_the_edge_there_is_no_gain(edge: Edge, normal: float, within: float, count: int) -> None:
    """A share that is on the usual side of the edge is usual, however many attempts there are."""
    bound = edge_of(normal, edge)
    share = bound + within * (1 - bound) if edge.is_lower else bound * within
    affected = share * count if edge.is_lower else min(share, bound - 1e-9) * count
    if 0 <= affected <= count:
        assert of_share(affected, count, normal, 1_000, edge).gain == pytest.approx(0.0, abs=1e-6)


@given(normal=st.floats(0.0, 0.3), above=st.floats(0.02, 0.6), count=COUNTS, more=st.integers(2, 20))
def test_a_share_is_clearer_of_more_attempts(normal: float, above: float, count: int, more: int) -> None:
    """The same share of more attempts, with as long a history, is no less clear."""
    share = min(edge_of(normal, FAILURES) + above, 1.0)
    few = of_share(share * count, count, normal, 10_000, FAILURES)
    many = of_share(share * count * more, count * more, normal, 10_000, FAILURES)
    assert few.gain > 0
    assert many.gain >= few.gain - 1e-9
    assert many.score == pytest.approx(few.score * more)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 40, 200])
@pytest.mark.parametrize("normal", [0.0, 0.002, 0.02, 0.2, 0.6])
def test_a_gain_by_chance_is_as_seldom_as_it_says(count: int, normal: float) -> None:
    """Of attempts at the edge, those that gain ``g`` are fewer than exp(-g), also of few: counted exactly."""
    edge = edge_of(normal, FAILURES)
    tail = 0.0
    for affected in range(count, -1, -1):
        tail += math.comb(count, affected) * edge**affected * (1 - edge) ** (count - affected)
        gain = of_share(affected, count, normal, 1e9, FAILURES).gain
        assert tail <= math.exp(-gain) + 1e-9


@pytest.mark.parametrize("normal", [0.5, 3.0, 20.0, 100.0])
@pytest.mark.parametrize("edge", [MORE, FEWER])
def test_a_count_by_chance_is_as_seldom_as_it_says(normal: float, edge: Edge) -> None:
    """The same of calls: many times as many before would vary less, so the bound is that of Poisson."""
    expected = normal / 2 if edge.is_lower else normal * 2
    counts = range(int(expected * 4 + 40))
    tail = 0.0
    for count in counts if edge.is_lower else reversed(counts):
        tail += math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
        assert tail <= math.exp(-of_count(count, (normal, normal), edge).gain) + 1e-9


@pytest.mark.parametrize(("affected", "count"), [(1, 1), (2, 2), (3, 3), (2, 5)])
def test_few_calls_are_never_clear(affected: int, count: int) -> None:
    """Three failed calls of three prove little against a background of two in a hundred."""
    assert 0 < of_share(affected, count, 0.02, 100_000, FAILURES).gain < 12


@given(normal=st.floats(1.0, 12.0), count=st.integers(2, 500), ratio=st.floats(1.0, 1.25))
def test_a_typical_value_within_its_ratio(normal: float, count: int, ratio: float) -> None:
    """A mean that is up to a quarter higher is usual; one that is lower is as well."""
    for factor in (ratio * 0.999_999, 1 / ratio):
        mean = normal + math.log(factor)
        sample = Sample(count, count * mean, count * (mean * mean + 0.04))
        assert of_mean(sample, normal, 1_000, 0.04, SLOWER).gain == 0.0


@given(count=st.integers(2, 200), ratio=st.floats(1.3, 8.0), more=st.integers(2, 10))
def test_a_typical_value_is_clearer_of_more(count: int, ratio: float, more: int) -> None:
    """The same ratio of more attempts is clearer; what it is said to be is the geometric mean."""
    mean = math.log(800.0 * ratio)

    def gain(number: int) -> float:
        found = of_mean(
            Sample(number, number * mean, number * (mean * mean + 0.1)), math.log(800.0), 5_000, 0.1, SLOWER
        )
        assert found.now == pytest.approx(800.0 * ratio)
        assert found.baseline == pytest.approx(800.0)
        return found.gain

    assert 0 < gain(count) < gain(count * more)


def test_a_count_needs_each_time_before() -> None:
    """Calls are fewer, or more, only if so against each of the times before; without one nothing is known."""
    assert of_count(0, (50, 50), FEWER).gain > 16
    assert of_count(0, (50, 0), FEWER).gain == 0
    assert of_count(200, (50, 50), MORE).gain > 16
    assert of_count(200, (50, 150), MORE).gain == 0
    assert of_count(5, (), MORE).baseline is None
