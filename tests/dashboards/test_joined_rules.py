"""A table of the workbook has as few rules as say the same."""

from __future__ import annotations

from typing import Any

from dashboards.builder.joined_rules import joined
from dashboards.builder.visualizations import GROUPED, TIME, in_words, percent

ENDED = {"ok": "OK", "error": "Error"}
OWNER = {"azure": "Azure", "error": "Error"}
OTHER = {"ok": "Fine"}


def keys(rule: Any) -> list[str | None]:
    """What a rule has words for; none for all else."""
    return [step.get("thresholdValue") for step in rule["formatOptions"]["thresholdsGrid"]]


def test_columns_that_look_the_same_have_one_rule() -> None:
    """Whatever stands between them, in the order of the first."""
    found = joined([("a", GROUPED), ("b", TIME), ("c", GROUPED)])
    assert found == [(["a", "c"], GROUPED), (["b"], TIME)]


def test_words_for_different_keys_are_one_rule() -> None:
    """A key that means the same in both stands there once; what no rule knows stays last."""
    [(names, rule)] = joined([("outcome", in_words(ENDED)), ("owner", in_words(OWNER))])
    assert names == ["outcome", "owner"]
    assert keys(rule) == ["ok", "error", "azure", None]


def test_a_key_with_two_meanings_keeps_two_rules() -> None:
    """Neither other words nor another icon are lost; a third column joins the rule that it fits."""
    looks = [("a", in_words(ENDED)), ("b", in_words(OTHER)), ("c", in_words({"azure": "Azure"}))]
    assert [(names, keys(rule)) for names, rule in joined(looks)] == [
        (["a", "c"], ["ok", "error", "azure", None]),
        (["b"], ["ok", None]),
    ]
    signed = [("a", in_words(ENDED)), ("b", in_words(ENDED, {"ok": "success"}))]
    assert [names for names, _ in joined(signed)] == [["a"], ["b"]]


def test_rules_with_more_than_words_stay_as_they_are() -> None:
    """A percentage compares numbers; its zero is no key."""
    looks = [("a", percent()), ("b", in_words(ENDED)), ("c", percent(warning=80))]
    assert [names for names, _ in joined(looks)] == [["a"], ["b"], ["c"]]
