"""The state before, ``schema-1.jsonl``: a line of what is usual for each kind, then a line a scenario.

An envelope is written, under its kind, as the values that are not the usual ones of that kind; ``null``
stands for a key that is usual and not there. The file was written before the names changed and is never
written again: it stays the state before, and a name that changes on purpose is a row in ``changes``.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.contract.envelopes.placeholders import Flat

BEFORE = Path(__file__).parents[2] / "data" / "envelopes" / "schema-1.jsonl"

Emitted = dict[str, list[Flat]]
"""Envelopes by scenario."""


def read(path: Path = BEFORE) -> tuple[dict[str, str], Emitted]:
    """Versions of the neighbours at that time, and the envelopes."""
    first, *lines = map(json.loads, path.read_text("utf-8").splitlines())
    usual = first["usual"]
    emitted = {
        line["scenario"]: [_whole(each, usual[kind]) for kind, rows in line["rows"].items() for each in rows]
        for line in lines
    }
    return first["versions"], emitted


def write(emitted: Emitted, versions: Mapping[str, str], path: Path = BEFORE) -> None:
    """Write the file.

    Raises:
        FileExistsError: It is there.
    """
    path.parent.mkdir(exist_ok=True)
    usual = _usual(each for envelopes in emitted.values() for each in envelopes)
    lines: list[Any] = [{"versions": versions, "usual": usual}]
    for name, envelopes in emitted.items():
        rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in envelopes:
            rows[kind_of(each)].append(_short(each, usual[kind_of(each)]))
        lines.append({"scenario": name, "rows": rows})
    with path.open("x", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def kind_of(each: Flat) -> str:
    """The kind of an envelope; each metric is one of its own."""
    return str(each.get("metrics/0/name", each["kind"]))


def _usual(envelopes: Iterable[Flat]) -> dict[str, Flat]:
    """The commonest value of each key of a kind, where fewer lack the key than have that value."""
    counts: defaultdict[str, defaultdict[str, Counter[Any]]] = defaultdict(lambda: defaultdict(Counter))
    totals: Counter[str] = Counter()
    for each in envelopes:
        totals[kind_of(each)] += 1
        for key, value in each.items():
            counts[kind_of(each)][key][value] += 1
    return {
        kind: {
            key: values.most_common(1)[0][0]
            for key, values in sorted(keys.items())
            if values.most_common(1)[0][1] > totals[kind] - values.total()
        }
        for kind, keys in sorted(counts.items())
    }


def _short(each: Flat, usual: Flat) -> dict[str, Any]:
    """What is not usual, paths with the same first part under it."""
    absent = dict.fromkeys(usual.keys() - each.keys())
    rare = {key: value for key, value in each.items() if key not in usual or usual[key] != value}
    found: dict[str, Any] = {}
    for key, value in sorted({**absent, **rare}.items()):
        first, slash, rest = key.partition("/")
        if slash:
            found.setdefault(first, {})[rest] = value
        else:
            found[key] = value
    return found


def _whole(short: Mapping[str, Any], usual: Flat) -> Flat:
    rare: Flat = {}
    for key, value in short.items():
        if isinstance(value, dict):
            rare |= {f"{key}/{rest}": inner for rest, inner in value.items()}
        else:
            rare[key] = value
    return {key: value for key, value in {**usual, **rare}.items() if value is not None}
