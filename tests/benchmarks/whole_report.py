"""Tables of whole processes: instructions by thread, what is posted, what is billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import bill
from tests.benchmarks.whole_process import REQUEST_PATH, SHOWN_ROLES
from tests.support.marked import table

TITLES = {
    "none": "no telemetry",
    "sdk_spans": "the SDK's own spans, dropped",
    "distro": "Azure Monitor distro, sampling 1.0",
    "configure": "**`configure()`**, SDK spans on",
    "configure_own_span": "**`configure()`**, SDK spans off",
    "distro_and_instrument": "distro, sampling 1.0, and **`instrument()`**",
}

_MOST_OTHER = 10_000
"""Instructions of a call in other threads that are not worth a column."""


@dataclass(frozen=True)
class Whole:
    """What `whole_process.measure` found, by variant."""

    found: Mapping[str, dict[str, Any]]

    def added(self, variant: str) -> float | None:
        """Instructions that a call takes more than without telemetry, in all threads."""
        total, base = self.total(variant), self.total("none")
        return None if total is None or base is None else total - base

    def total(self, variant: str) -> float | None:
        """Instructions of a call, in all threads."""
        return sum(self.found[variant]["roles"].values()) if variant in self.found else None

    def request_path(self, variant: str, base: str) -> float | None:
        """Instructions that a call takes more in its own thread than in another variant."""
        if variant not in self.found or base not in self.found:
            return None
        paths = [self.found[name]["roles"][REQUEST_PATH] for name in (variant, base)]
        return float(paths[0] - paths[1])

    def wire(self, variant: str) -> float | None:
        """Bytes of a call, as posted."""
        return self._sent(variant).get("wire")

    def text(self, variant: str) -> float | None:
        """Ingested text of a call, in bytes."""
        sent = self._sent(variant)
        return bill.total(sent["tables"]) if sent else None

    def _sent(self, variant: str) -> dict[str, Any]:
        return self.found.get(variant, {}).get("sent", {})

    @property
    def measured(self) -> list[str]:
        """The variants that were measured, in the order of the tables."""
        return [name for name in TITLES if name in self.found]

    @property
    def exported(self) -> dict[str, dict[str, Any]]:
        """What was sent, by variant that sends."""
        return {name: self._sent(name) for name in self.measured if self._sent(name)}


def tables(whole: Whole) -> list[str]:
    """All tables, each under its heading."""
    if not whole.found:
        return []
    parts = [
        "### The whole process",
        _instructions(whole),
        "### What is sent, and what it costs to keep",
        _bytes(whole),
        "### The biggest parts of a row",
        _parts(whole),
        "### An export of metrics, once a minute",
        _metrics(whole),
    ]
    return parts if whole.exported else parts[:2]


def sentence(whole: Whole) -> str:
    """The whole price in one sentence."""
    total = whole.total("none") or 0
    ours, distro = (_millions(whole.added(name) or 0) for name in ("configure", "distro"))
    return (
        f"A call takes {_millions(total)} million machine instructions without telemetry. "
        f"`configure()` adds {ours} million, export included; "
        f"Azure Monitor's distro without sampling adds {distro} million."
    )


def _instructions(whole: Whole) -> str:
    roles = [
        role
        for role in SHOWN_ROLES
        if any(abs(one["roles"][role]) > _MOST_OTHER for one in whole.found.values())
    ]
    rows = [["million instructions a call", *roles, "total", "added"]]
    for name in whole.measured:
        by_role = whole.found[name]["roles"]
        added = whole.added(name)
        shown = [_millions(by_role[role]) if abs(by_role[role]) > _MOST_OTHER else "" for role in roles]
        rows.append(
            [
                TITLES[name],
                *shown,
                _millions(whole.total(name) or 0),
                "" if not added else f"+{_millions(added)}",
            ]
        )
    return table(rows)


def _bytes(whole: Whole) -> str:
    names = list(dict.fromkeys(name for sent in whole.exported.values() for name in sent["tables"]))
    rows = [["bytes a call", "posts a flush", "wire", "JSON", *names, "ingested text", "USD a million calls"]]
    for name, sent in whole.exported.items():
        text = bill.total(sent["tables"])
        least, most = bill.usd_a_million(text)
        by_table = [
            f"{bill.sum_of(sent['tables'][one]):,.0f}" if one in sent["tables"] else "" for one in names
        ]
        rows.append(
            [
                TITLES[name],
                f"{sent['posts']:g}",
                f"{sent['wire']:,.0f}",
                f"{sent['json']:,.0f}",
                *by_table,
                f"{text:,.0f}",
                f"{least:.2f} to {most:.2f}",
            ]
        )
    return table(rows)


def _parts(whole: Whole) -> str:
    rows = [["", "table", "rows a call", "bytes a call", "of them the biggest"]]
    for name, sent in whole.exported.items():
        for one, columns in sent["tables"].items():
            if columns["rows"] < 1:  # one row a batch, of the process's resource
                continue
            biggest = ", ".join(f"`{part}` {size:.0f}" for part, size in bill.biggest(columns))
            size = f"{bill.sum_of(columns):,.0f}"
            rows.append([TITLES[name], one, f"{columns['rows']:g}", size, biggest])
    return table(rows)


def _metrics(whole: Whole) -> str:
    rows = [["", "million instructions", "bytes on the wire", "rows", "ingested text"]]
    for name, sent in whole.exported.items():
        export = sent["export"]
        count = sum(one["rows"] for one in export["tables"].values())
        text = f"{bill.total(export['tables']):,.0f}"
        rows.append(
            [
                TITLES[name],
                _millions(whole.found[name]["export"]),
                f"{export['wire']:,.0f}",
                f"{count:,.0f}",
                text,
            ]
        )
    return table(rows)


def _millions(count: float) -> str:
    return f"{count / 1e6:.2f}"
