"""Flat envelopes in which a placeholder stands for what differs from run to run.

A placeholder says what was there: `<time>`, `<number>`, `<usd>`, `<port>`, `<version>`, `<text>`, and
`<id16:1>` for the first id of 16 hexadecimal digits, which stands wherever that id stands.

>>> flat({"time": "...", "data": {"baseType": "EventData", "baseData": {"properties": {"a": "1"}}}})
{'kind': 'EventData', 'properties/a': '1', 'time': '...'}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Flat = dict[str, Any]
"""An envelope: path to value. The part after the first slash is a name of ours, dots and all."""

_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_NUMBERED = re.compile(r"<id(\d+):\w+>")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
_DURATION = re.compile(r"\d+\.\d\d:\d\d:\d\d\.\d{3}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_VERSION = re.compile(r"(^|[/ ])\d+\.\d+\.\d+((a|b|rc)\d+)?$")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
_USUAL_PORTS = {"80", "443"}

_OF_THE_MACHINE = re.compile(r"tags/ai\.(device\.|internal\.|cloud\.roleInstance)")
_MEASURED_TIME = re.compile(r"(_ms|duration|time_to_first_chunk|time_to_first_token)$")
_MEASURED_TIMES = re.compile(r"(duration|time_to_first_chunk|time_to_first_token|heartbeat)$")
"""Metrics of what takes time."""
_MONEY = re.compile(r"/(foundry\.cost\..*usd|cost_usd|partial_cost_usd|.*_usd)$")
_COST_METRIC = "foundry.client.cost"
_OF_THE_EXPORTER = "_OTELRESOURCE_"
"""A metric that tells of the resource only."""


def normal(envelopes: Iterable[Mapping[str, Any]]) -> list[Flat]:
    """Flat envelopes with placeholders, in an order of their own: what was sent at once comes as it likes."""
    found = [flat(envelope) for envelope in envelopes]
    own_prices = any(value == "override" for each in found for value in each.values())
    kept = [_placed(each, own_prices=own_prices) for each in found if not _is_noise(each)]
    return canonical(kept)


def canonical(envelopes: Iterable[Flat]) -> list[Flat]:
    """Keys in order, metrics in order, ids numbered from 1."""
    ordered = [dict(sorted(each.items())) for each in envelopes]
    ordered.sort(key=lambda each: (each["kind"], repr(each) if each["kind"] == "MetricData" else ""))
    numbers: dict[str, str] = {}
    return [{key: _numbered(value, numbers) for key, value in each.items()} for each in ordered]


def flat(envelope: Mapping[str, Any]) -> Flat:
    """An envelope as one level of paths, without what only wraps it."""
    data = envelope["data"]
    top = {key: value for key, value in envelope.items() if key not in {"data", "name"}}
    return dict(sorted({"kind": data["baseType"], **dict(_leaves("", {**top, **data["baseData"]}))}.items()))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{path}/{key}" if path else key, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}/{index}", inner)
    else:
        yield path, value


def _is_noise(each: Flat) -> bool:
    """The exporter's own metric, and a gauge that says only that a name was there in an earlier scenario."""
    no_histogram = each["kind"] == "MetricData" and "metrics/0/min" not in each
    return each.get("metrics/0/name") == _OF_THE_EXPORTER or (no_histogram and each["metrics/0/value"] == 0)


def _placed(each: Flat, *, own_prices: bool) -> Flat:
    metric = str(each.get("metrics/0/name", ""))
    takes_time = bool(_MEASURED_TIMES.search(metric))
    listed_cost = metric.startswith(_COST_METRIC) and not own_prices

    def place(key: str, value: Any) -> Any:
        if key == "time":
            return _checked(_TIME.fullmatch, value, "<time>")
        if _OF_THE_MACHINE.match(key):
            return _checked(bool, value, "<text>")
        if key in {"metrics/0/value", "metrics/0/min", "metrics/0/max"}:
            cost = listed_cost and not float(value).is_integer()
            return "<usd>" if cost else "<number>" if takes_time else value
        if _MEASURED_TIME.search(key):
            is_time = _DURATION if key == "duration" else _NUMBER
            return _checked(is_time.fullmatch, value, "<duration>" if key == "duration" else "<number>")
        if _MONEY.search(key) and not own_prices:
            return _checked(_NUMBER.fullmatch, value, "<usd>")
        return _in_text(key, value)

    return {key: place(key, value) for key, value in each.items()}


def _checked(test: Callable[[Any], object], value: Any, placeholder: str) -> Any:
    """The placeholder, or the value itself where it is not what the placeholder says."""
    return placeholder if test(str(value)) else value


def _in_text(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key.endswith(".port"):
        return value if value in _USUAL_PORTS else "<port>"
    if _ID.fullmatch(value):
        return f"<id{len(value)}:{value}>"
    return _PORT.sub("<port>", _VERSION.sub(r"\1<version>", value))


def _numbered(value: Any, numbers: dict[str, str]) -> Any:
    found = _NUMBERED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    return numbers.setdefault(value, f"<id{found[1]}:{len(numbers) + 1}>")
