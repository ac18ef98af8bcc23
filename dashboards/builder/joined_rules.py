"""Rules of a table's columns, as few as say the same: a workbook is to be small."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, object]

_WORDS: Final = {"formatter": 18, "thresholdsOptions": "icons"}
_OTHERWISE: Final = ("Default", "{0}{1}")


def joined(looks: Iterable[tuple[str, Json]]) -> list[tuple[list[str], Json]]:
    """One rule for all columns that look the same, and one for those with words for different keys.

    Args:
        looks: Column, and how it looks, in order.

    Returns:
        The columns of each rule, and how they look.
    """
    rules: list[tuple[list[str], Json]] = []
    for name, look in looks:
        for place, (names, other) in enumerate(rules):
            both = other if json.dumps(other) == json.dumps(look) else _both(other, look)
            if both is not None:
                rules[place] = ([*names, name], both)
                break
        else:
            rules.append(([name], look))
    return rules


def _both(one: Json, other: Json) -> Json | None:
    """The rule with the words of two; none where a key has two meanings, or a rule has more than words."""
    first, second = _words(one), _words(other)
    if not first or not second or any(first[key] != second[key] for key in first.keys() & second.keys()):
        return None
    *_, otherwise = _grid(one)
    known = {**first, **second}
    return {
        "formatter": _WORDS["formatter"],
        "formatOptions": {
            "thresholdsOptions": _WORDS["thresholdsOptions"],
            "thresholdsGrid": [*known.values(), otherwise],
        },
    }


def _grid(look: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(look.get("formatOptions", {}).get("thresholdsGrid", ()))


def _words(look: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The steps of a rule that puts words for keys, by key; none of any other rule."""
    options = look.get("formatOptions", {})
    found = {"formatter": look["formatter"], "thresholdsOptions": options.get("thresholdsOptions")}
    *known, last = _grid(look) or [{}]
    are_words = set(look) == {"formatter", "formatOptions"} and len(options) == len(_WORDS)
    if not are_words or found != _WORDS or (last.get("operator"), last.get("text")) != _OTHERWISE:
        return {}
    return {step["thresholdValue"]: step for step in known} if _are_keys(known) else {}


def _are_keys(steps: Iterable[Mapping[str, Any]]) -> bool:
    return all(step["operator"] == "==" for step in steps)
