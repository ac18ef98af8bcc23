"""The rules that hold behind every framework, each for one scenario of its two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tests.frameworks.plan import SCENARIOS
from tests.frameworks.run import Pair, Run
from tests.frameworks.service import Served

_EACH_TIME: Final = frozenset({"host", "traceparent", "tracestate"})
"""Headers that differ by themselves: the port, and the trace context, added where nobody else sends it."""
_LEFT_OPEN: Final = "ResourceWarning: unclosed "

Rule = Callable[[Pair, str], str | None]
"""Gives what is wrong, or ``None``."""


def span_tokens(run: Run, scenario: str) -> int:
    """Tokens on all spans that stand for inference."""
    return sum(span["tokens"] for span in run.reported[scenario]["spans"])


def metric_tokens(run: Run, scenario: str, name: str = "gen_ai.client.token.usage") -> int:
    """Tokens in a metric, whoever records it."""
    return int(sum(run.reported[scenario]["metrics"][name].values()))


def ledger_tokens(run: Run, scenario: str) -> int:
    """Tokens in the ledger."""
    return sum(map(_tokens, run.reported[scenario]["ledger"]))


def breaches(pair: Pair) -> Iterator[tuple[str, str]]:
    """Each rule that does not hold, and where and how."""
    for scenario in pair.with_us.reported:
        for name, rule in RULES.items():
            wrong = rule(pair, scenario)
            if wrong is not None:
                yield name, f"{scenario}: {wrong}"


def _is(found: Any, expected: Any) -> str | None:
    return None if found == expected else f"{found!r}, not {expected!r}"


def _as_planned(pair: Pair, scenario: str) -> str | None:
    """The script did what the scenario is about, so that the other rules tell something."""
    statuses = tuple(each.reply.status for each in pair.without.served(scenario))
    ends = "result" if statuses[-1:] == (200,) else "raised"
    if ends not in pair.without.reported[scenario]:
        return f"no {ends}: {dict(pair.without.reported[scenario])!r}"
    return _is(statuses, SCENARIOS[scenario].statuses)


def _requests(pair: Pair, scenario: str) -> str | None:
    """The same requests: number, path, headers, body."""
    found, expected = (
        [_request(served, run) for served in run.served(scenario)] for run in (pair.with_us, pair.without)
    )
    return _differing(found, expected)


def _request(served: Served, run: Run) -> dict[str, str]:
    asked = served.request
    headers = {name: value for name, value in asked.headers.items() if name not in _EACH_TIME}
    parts = headers | {"": f"{asked.method} {asked.path}?{asked.query}", "body": asked.body.decode()}
    return {name: run.without_ids(text) for name, text in parts.items()}


def _differing(found: list[dict[str, str]], expected: list[dict[str, str]]) -> str | None:
    """What is not the same of some requests; ``None`` if there is nothing."""
    if len(found) != len(expected):
        return f"{len(found)} requests, not {len(expected)}"
    differences = [
        {name: (one.get(name), other.get(name)) for name in one | other if one.get(name) != other.get(name)}
        for one, other in zip(found, expected, strict=True)
    ]
    return f"with us and without: {differences!r}" if any(differences) else None


def _outcome(pair: Pair, scenario: str) -> str | None:
    """The application gets the same result or the same exceptions."""
    found, expected = (
        [run.plain(text) for text in (reported.get("result", ""), *reported.get("raised", ()))]
        for run in (pair.with_us, pair.without)
        for reported in [run.reported[scenario]]
    )
    return _is(found, expected)


def _written(kind: str) -> Rule:
    """The same lines as often."""

    def same(pair: Pair, scenario: str) -> str | None:
        runs = (pair.with_us, pair.without)
        found, expected = (_lines(run, run.reported[scenario][kind]) for run in runs)
        return _is(found, expected)

    return same


def _lines(run: Run, lines: Sequence[str]) -> dict[str, int]:
    """How often each line is there, but for those of what the application left open.

    Whether a client in garbage closes its socket before the socket is reported as unclosed is chance.
    """
    return dict(Counter(run.plain(line) for line in lines if not line.startswith(_LEFT_OPEN)))


def _ledger(pair: Pair, scenario: str) -> str | None:
    """An event for each attempt, with its status, ids, outcome, tokens and whether it was streamed."""
    usage = sum(SCENARIOS[scenario].usage.values())
    served = [
        (
            each.reply.status,
            *each.ids,
            "ok" if each.reply.status == 200 else "error",
            usage if each.reply.status == 200 else 0,
            each.request.wants_stream,
        )
        for each in pair.with_us.served(scenario)
    ]
    return _is([_facts(event) for event in pair.with_us.reported[scenario]["ledger"]], served)


def _facts(event: Mapping[str, Any]) -> tuple[Any, ...]:
    ids = ("azure.service.request.id", "anthropic.request.id")
    reported = map(event.get, ("http.response.status_code", *ids, "foundry.outcome"))
    return (*reported, _tokens(event), event.get("gen_ai.request.stream"))


def _tokens(event: Mapping[str, Any]) -> int:
    return event.get("gen_ai.usage.input_tokens", 0) + event.get("gen_ai.usage.output_tokens", 0)


def _one_call(pair: Pair, scenario: str) -> str | None:
    """All attempts of a scenario are one call, and numbered."""
    events = pair.with_us.reported[scenario]["ledger"]
    found = sorted((event["foundry.call.id"], event["foundry.attempt.number"]) for event in events)
    return _is(found, [(found[0][0], number) for number in range(1, len(found) + 1)])


def _our_metric(pair: Pair, scenario: str) -> str | None:
    """Our own metric has what was served, once."""
    found = metric_tokens(pair.with_us, scenario, "foundry.client.token.usage")
    return _is(found, pair.with_us.service.tokens(scenario))


def _once_or_as_without(measure: Callable[[Run, str], int]) -> Rule:
    def none_added(pair: Pair, scenario: str) -> str | None:
        expected = measure(pair.without, scenario) or pair.with_us.service.tokens(scenario)
        return _is(measure(pair.with_us, scenario), expected)

    return none_added


def _ids_on_spans(pair: Pair, scenario: str) -> str | None:
    """Each attempt has a span with its id."""
    found = {span["azure_id"] for span in pair.with_us.reported[scenario]["spans"]} - {None}
    return _is(found, {each.ids[0] for each in pair.with_us.served(scenario)} - {None})


RULES: Final[Mapping[str, Rule]] = {
    "as planned": _as_planned,
    "requests": _requests,
    "outcome": _outcome,
    "logs": _written("logs"),
    "warnings": _written("warnings"),
    "ledger": _ledger,
    "one call": _one_call,
    "our metric": _our_metric,
    "spans": _once_or_as_without(span_tokens),
    "standard metrics": _once_or_as_without(metric_tokens),
    "ids on spans": _ids_on_spans,
}
