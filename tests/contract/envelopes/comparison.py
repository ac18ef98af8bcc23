"""In what two states differ, in few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from tests.contract.envelopes.placeholders import Flat
from tests.contract.envelopes.stored import Emitted, kind_of

KEYS_SHOWN = 4
OURS = ("foundry.", "azure.")
"""Prefixes of what nobody but us writes onto a span of the SDK."""


def differences(before: Emitted, after: Emitted) -> list[str]:
    """A line for each scenario that is not the same: the first keys, with both values."""
    found = []
    for scenario in dict.fromkeys([*before, *after]):
        if before.get(scenario) != after.get(scenario):
            said = list(_differences(before.get(scenario, []), after.get(scenario, [])))
            more = f" and {len(said) - KEYS_SHOWN} more" if len(said) > KEYS_SHOWN else ""
            found.append(f"{scenario}: " + "; ".join(said[:KEYS_SHOWN]) + more)
    return found


def _differences(before: list[Flat], after: list[Flat]) -> Iterator[str]:
    """Equal envelopes go; of the rest, those of a kind are held against one another."""
    was, now = _without(before, after), _without(after, before)
    if not was and not now:
        yield "the order of the envelopes"
    for kind in sorted({kind_of(each) for each in (*was, *now)}):
        of_kind = [[each for each in side if kind_of(each) == kind] for side in (was, now)]
        for one, other in zip_longest(*of_kind):
            if one is None or other is None:
                yield f"{kind} {'is new' if one is None else 'is missing'}: {_short(other or one or {})}"
                continue
            for path in sorted(one.keys() | other.keys()):
                if one.get(path) != other.get(path):
                    yield f"{kind} {path}: {one.get(path)!r} -> {other.get(path)!r}"


def _without(these: list[Flat], those: list[Flat]) -> list[Flat]:
    left = Counter(map(repr, those))
    rest = []
    for each in these:
        if left[repr(each)]:
            left[repr(each)] -= 1
        else:
            rest.append(each)
    return rest


def _short(each: Flat) -> str:
    return str({path: value for path, value in each.items() if path.startswith("properties/")})


def only_ours(emitted: Emitted) -> Emitted:
    """Without what the SDK itself writes onto its spans, which another version of it may change."""
    return {
        scenario: [_only_ours(each) for each in envelopes] if scenario.startswith("sdk-spans/") else envelopes
        for scenario, envelopes in emitted.items()
    }


def _only_ours(each: Flat) -> Flat:
    if each["kind"] != "RemoteDependencyData":
        return each
    return {
        path: value
        for path, value in each.items()
        if not path.startswith("properties/") or path.partition("/")[2].startswith(OURS)
    }
