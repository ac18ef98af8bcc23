"""What has changed on purpose since the stored envelopes were written. The test applies the tables.

A row that changes nothing fails the test as a difference does, so that no row outlives its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tests.contract.envelopes.placeholders import Flat, canonical
from tests.contract.envelopes.stored import Emitted

RENAMED: Final[Mapping[str, str]] = {
    # "foundry.old": "foundry.new"               an attribute, a measurement, a metric or an event
    # "foundry.old=value": "foundry.new=other"   one of the values of an attribute, with the attribute's name
    "foundry.fault": "foundry.error.owner",
    "foundry.client.quota.time_to_wall": "foundry.client.quota.time_to_exhaustion",
    "foundry.client.cost.missing": "foundry.client.cost.unpriced_attempts",
    "foundry.cost.missing": "foundry.cost.unpriced_reason",
    "message=not recorded: calls to nobody.example.com look like calls to Claude, but the host is not known "
    'as Foundry; if it is a gateway to Foundry, name it: configure(hosts=["nobody.example.com"]) or '
    'instrument(hosts=["nobody.example.com"])': (
        "message=calls to nobody.example.com are not recorded: they look like calls to Claude, but the host "
        "is not known as Foundry. If it is a gateway to Foundry, add "
        'configure(hosts=["nobody.example.com"]) or instrument(hosts=["nobody.example.com"])'
    ),
    "message=budget overrun: 1e-06 USD per month tenant=acme, 0.00 USD spent": (
        "message=budget exceeded: 1e-06 USD per month tenant=acme, 0.00 USD spent"
    ),
}
"""Old name to new name."""

CHANGED: Final[Mapping[str, str]] = {
    # "foundry.new": "why its values differ, or why it is present elsewhere"
    "foundry.clock_offset_s": "is new; the recorded responses have a `Date`",
    "foundry.timeout_s": "is new",
    "foundry.client.cost.incomplete_attempts": "is new; such attempts were counted as unpriced",
    "foundry.client.cost.unpriced_attempts": "counted attempts with incomplete usage, too",
    "foundry.inference_geo": "was read for the price alone",
    "foundry.usage.web_fetches": "was read and reached nobody",
    "foundry.x_request_id": "was read and reached nobody; the id that gateways set",
    "input_tokens": "a second copy of `gen_ai.usage.*`",
    "output_tokens": "likewise",
    "cache_read_input_tokens": "likewise",
    "cache_write_input_tokens": "likewise",
    "RemoteDependencyData azure.resource_provider.namespace": "constant",
    "RemoteDependencyData foundry.resource": "stands in the target",
    "RemoteDependencyData gen_ai.response.finish_reasons": "of the SDK's span: made of the reason it has",
    "RemoteDependencyData foundry.auth.scheme": "of another's span: on the ledger event below it",
}
"""Attributes, measurements and metrics, by their new names, that are not compared, with the reason; after the
kind of an envelope, those of this kind."""

MOVED: Final[Mapping[str, tuple[str, str]]] = {
    # "value of foundry.outcome": ("scenario in which it reached Azure", "scenario in which it does")
    "abandoned": ("other/cancelled_before_headers", "other/stream_dropped"),
}
"""Attempts that come with another flush: one ends dropped streams, which waited for the next call before."""

_NAMED_BY_VALUE: Final = {"metrics/0/name", "name"}
"""Paths whose value is a name: of a metric, of an event."""


def name_of(path: str) -> str:
    """The name at the end of a path: ``properties/foundry.x`` is ``foundry.x``."""
    return path.partition("/")[2] or path


def _called(path: str, each: Flat) -> set[str]:
    """A path's name, alone and after the kind of its envelope."""
    return {name_of(path), f"{each['kind']} {name_of(path)}"}


def renamed(emitted: Emitted, table: Mapping[str, str] = RENAMED) -> Emitted:
    """The envelopes under their new names."""
    return {
        scenario: [dict(_renamed(path, value, table) for path, value in each.items()) for each in envelopes]
        for scenario, envelopes in emitted.items()
    }


def moved(emitted: Emitted) -> Emitted:
    """The envelopes in the scenarios in which they reach Azure now.

    Raises:
        ValueError: A row of `MOVED` moves nothing.
    """
    found = dict(emitted)
    for outcome, (before, now) in MOVED.items():
        of_it = [each for each in found[before] if each.get("properties/foundry.outcome") == outcome]
        if not of_it:
            raise ValueError(f"{before} has no attempt with the outcome {outcome!r}")
        found[before] = [each for each in found[before] if each not in of_it]
        found[now] = [*found[now], *of_it]
    return found


def compared(emitted: Emitted, excluded: Iterable[str] = CHANGED) -> Emitted:
    """The envelopes without what is not compared, in the order that the names at hand give."""
    names = frozenset(excluded)
    return {
        scenario: canonical(
            {path: value for path, value in each.items() if not names & _called(path, each)}
            for each in envelopes
            if each.get("metrics/0/name") not in names
        )
        for scenario, envelopes in emitted.items()
    }


def unused(
    before: Emitted,
    after: Emitted,
    table: Mapping[str, str] = RENAMED,
    excluded: Iterable[str] = CHANGED,
) -> list[str]:
    """Rows that change nothing: an old name that *before* has not, a field that is the same in both."""
    old, now = _names_in(before), renamed(before, table)
    return [row for row in table if row not in old] + [
        name for name in excluded if _having(now, name) == _having(after, name)
    ]


def _renamed(path: str, value: object, table: Mapping[str, str]) -> tuple[str, object]:
    if path in _NAMED_BY_VALUE:
        return path, table.get(str(value), value)
    room, slash, name = path.partition("/") if "/" in path else ("", "", path)
    with_value = table.get(f"{name}={value}")
    if with_value is not None:
        name, _, value = with_value.partition("=")
        return f"{room}{slash}{name}", value
    return f"{room}{slash}{table.get(name, name)}", value


def _names_in(emitted: Emitted) -> set[str]:
    """Every name, and every name with a value."""
    items = [item for envelopes in emitted.values() for each in envelopes for item in each.items()]
    by_value = {str(value) for path, value in items if path in _NAMED_BY_VALUE}
    names = {name_of(path) for path, _ in items}
    return by_value | names | {f"{name_of(path)}={value}" for path, value in items}


def _having(emitted: Emitted, name: str) -> dict[str, list[str]]:
    """What the envelopes have under a name, by scenario: of a metric all, of a field its values."""
    return {
        scenario: sorted(
            repr((path, value))
            for each in envelopes
            for path, value in each.items()
            if name in {*_called(path, each), each.get("metrics/0/name")}
        )
        for scenario, envelopes in emitted.items()
    }
