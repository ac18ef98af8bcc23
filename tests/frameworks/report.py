"""The table of the frameworks as README.md has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.frameworks.judge import ledger_tokens, metric_tokens, span_tokens
from tests.frameworks.plan import SCENARIOS
from tests.frameworks.run import Pair, Run
from tests.frameworks.table import FRAMEWORKS

README: Final = Path(__file__).parent / "README.md"

_HEAD: Final = """\
# Client frameworks, tried

Made by `nox -s frameworks -- --write` and kept true by the tests of this folder, which that session runs.

Each framework runs in an environment of its own, against a fake Foundry, twice: without us and with us.
Tokens are the sums over its scenarios, input and output together. *Spans* and *standard metrics*
(`gen_ai.client.token.usage`) have two columns: with us there are as many as without us where a library
writes them itself, and as many as were served where none does. **Bold**: more than were served, without us
already. *Alone*: with the anthropic SDK's own spans off (`ANTHROPIC_OPEN_TELEMETRY=false`).

Beyond the table, the rules of `judge.py` hold in each scenario: the same requests, results, exceptions, log
records and warnings of the application as without us; in the ledger an event for each attempt with its
status, ids, outcome, tokens and stream flag; the attempts of a call under one id, numbered, whoever tried
again; in `foundry.client.token.usage` what was served; the id of each attempt on a span.

"""

_COLUMNS: Final = (
    *("framework", "versions", "scenarios", "attempts", "served", "ledger", "`foundry.client`"),
    *("spans without", "with", "standard metrics without", "with", "more than served, without us, by"),
)
_LINE: Final = f"| --- | --- | --- |{' ---: |' * 8} --- |"

_ROW: Final = re.compile(r"^\| ([\w -]+?) \| .+\d.*\|$", re.MULTILINE)


def readme(fresh: Mapping[str, str]) -> str:
    """The text of README.md, with the rows that are there for what was not tried."""
    rows = rows_of(README.read_text("utf-8") if README.exists() else "") | dict(fresh)
    lines = "".join(f"{rows[name]}\n" for name in FRAMEWORKS if name in rows)
    asked = "".join(f"- `{name}`: {scenario.reported}\n" for name, scenario in SCENARIOS.items())
    known = "".join(
        f"- {name}, {rule}: {reason}\n"
        for name, framework in FRAMEWORKS.items()
        for rule, reason in framework.known.items()
    )
    return f"{_HEAD}| {' | '.join(_COLUMNS)} |\n{_LINE}\n{lines}\nScenarios:\n\n{asked}" + (
        f"\nWhat does not hold:\n\n{known}" if known else ""
    )


def rows_of(text: str) -> dict[str, str]:
    """The rows of a table by the name of the framework."""
    return {match[1]: match[0] for match in _ROW.finditer(text) if match[1] in FRAMEWORKS}


def row(name: str, pair: Pair) -> str:
    """The line of a framework."""
    served = _sum(pair.with_us, lambda run, scenario: run.service.tokens(scenario))
    spans = [_sum(run, span_tokens) for run in (pair.without, pair.with_us)]
    metrics = [_sum(run, metric_tokens) for run in (pair.without, pair.with_us)]
    cells = (
        name,
        ", ".join(_versions(pair)),
        ", ".join(pair.with_us.reported),
        sum(len(pair.with_us.served(scenario)) for scenario in pair.with_us.reported),
        served,
        _sum(pair.with_us, ledger_tokens),
        _sum(pair.with_us, lambda run, scenario: metric_tokens(run, scenario, "foundry.client.token.usage")),
        *(f"**{tokens}**" if tokens > served else tokens for tokens in (*spans, *metrics)),
        "; ".join(_doubling(pair.without, served)),
    )
    return f"| {' | '.join(map(str, cells))} |"


def _sum(run: Run, measure: Callable[[Run, str], int]) -> int:
    return sum(measure(run, scenario) for scenario in run.reported)


def _versions(pair: Pair) -> Iterator[str]:
    versions, own = pair.with_us.versions, pair.framework.distribution
    for name in dict.fromkeys((own, "anthropic", "opentelemetry-sdk")):
        if name in versions:
            yield f"{name} {versions[name]}"


def _doubling(run: Run, served: int) -> Iterator[str]:
    """The scopes that have more than was served between them."""
    reported = run.reported.values()
    spans = {span["scope"]: None for each in reported for span in each["spans"] if span["tokens"]}
    metrics = {scope: None for each in reported for scope in each["metrics"]["gen_ai.client.token.usage"]}
    if _sum(run, span_tokens) > served:
        yield f"spans: {', '.join(sorted(spans))}"
    if _sum(run, metric_tokens) > served:
        yield f"metrics: {', '.join(sorted(metrics))}"
