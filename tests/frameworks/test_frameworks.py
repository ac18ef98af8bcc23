"""The rules behind every framework, and the table; a framework without its environment is skipped."""

from __future__ import annotations

import copy
import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.judge import RULES, breaches
from tests.frameworks.report import README, readme, row, rows_of
from tests.frameworks.run import ROOT, Pair, python_of, run_pair
from tests.frameworks.table import FRAMEWORKS, home_of
from tests.support.patience import PATIENCE_S

Report = dict[str, Any]
pair_of = cache(run_pair)


@pytest.fixture(params=FRAMEWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[str, Pair]:
    """Both runs of a framework, by its name."""
    name: str = request.param
    python = python_of(name)
    if python is None:
        pytest.skip("no environment for it here: run `nox -s frameworks`")
    return name, pair_of(name, python)


def test_rules(pair: tuple[str, Pair]) -> None:
    """Behind each framework every rule holds, but for those that are reported in the table."""
    _, runs = pair
    found = list(breaches(runs))
    assert {rule for rule, _ in found} == set(runs.framework.known), "\n".join(map(str, found))


def test_row(pair: tuple[str, Pair]) -> None:
    """The row of the README is what comes out, whatever OpenTelemetry is newest; `pytest -rP` shows it."""
    name, runs = pair
    made = row(name, runs)
    print(made)  # noqa: T201
    assert _without_versions(rows_of(README.read_text("utf-8"))[name]) == _without_versions(made)


@pytest.mark.parametrize("name", ["agent-framework", "langchain", "litellm", "llama-index", "pydantic-ai"])
def test_guide(name: str) -> None:
    """The program on the page of a framework runs in its environment, and its call is recorded."""
    python = python_of(name)
    if python is None:
        pytest.skip("no environment for it here: run `nox -s frameworks`")
    command = [python, "-m", "tests.docs.snippets", f"integrations/{name}.md"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"},  # no look at the network
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert '"missing": [], "attempts": 1}' in ended.stdout


def _without_versions(line: str) -> list[str]:
    name, _, *figures = line.strip("| ").split(" | ")
    return [name, *figures]


def test_readme() -> None:
    """Each framework has a row with the version that is pinned; the rest of the text is made as well."""
    text = README.read_text("utf-8")
    rows = rows_of(text)
    assert list(rows) == list(FRAMEWORKS)
    assert text == readme({})
    for name, framework in FRAMEWORKS.items():
        assert f"{framework.distribution} {framework.requirements[0].partition('==')[2]}" in rows[name]


def test_overview() -> None:
    """The overview of the integrations says of each framework where its tokens are."""
    text = (ROOT / "docs" / "integrations" / "index.md").read_text("utf-8")
    assert {home_of(name) for name in FRAMEWORKS if home_of(name) not in text} == set()


SPOILT: dict[str, Callable[[Report], object]] = {
    "as planned": lambda reported: reported.pop("result"),
    "outcome": lambda reported: reported.update(result="Rome"),
    "logs": lambda reported: reported["logs"].append("ERROR opentelemetry: failed to detach"),
    "warnings": lambda reported: reported["warnings"].append("RuntimeWarning: coroutine was never awaited"),
    "ledger": lambda reported: reported["ledger"].pop(),
    "one call": lambda reported: reported["ledger"][0].update({"foundry.call.id": "0" * 16}),
    "our metric": lambda reported: reported["metrics"].update({"foundry.client.token.usage": {"us": 1}}),
    "spans": lambda reported: reported["spans"].append(reported["spans"][-1]),
    "standard metrics": lambda reported: reported["metrics"]["gen_ai.client.token.usage"].update(other=1),
    "ids on spans": lambda reported: [span.update(azure_id=None) for span in reported["spans"]],
}
"""What breaks a rule."""


@pytest.fixture(scope="module")
def control() -> Pair:
    """The SDK of this environment."""
    return pair_of("anthropic", Path(sys.executable))


@pytest.mark.slow
def test_control(control: Pair) -> None:
    """The SDK of this environment keeps every rule, in all scenarios."""
    assert list(breaches(control)) == []


@pytest.mark.slow
@pytest.mark.parametrize("rule", SPOILT)
def test_each_rule_can_fail(rule: str, control: Pair) -> None:
    """A run with a mistake in it is noticed."""
    which = "without" if rule == "as planned" else "with_us"
    reported: Any = copy.deepcopy(getattr(control, which).reported)
    SPOILT[rule](reported["sdk_retry"])
    spoilt = dataclasses.replace(
        control, **{which: dataclasses.replace(getattr(control, which), reported=reported)}
    )
    assert rule in {found for found, _ in breaches(spoilt)}


@pytest.mark.slow
def test_other_requests_are_noticed(control: Pair) -> None:
    """One request more, or other bytes, break the rule of the requests."""
    assert set(SPOILT) == set(RULES) - {"requests"}
    service = control.with_us.service
    first = service.served["plain"][0]
    body = first.request.body.replace(b"France", b"Spain")
    other = dataclasses.replace(first, request=type(first.request)(method="POST", body=body))
    for served in ([first, first], [other]):
        spoilt = dataclasses.replace(service, served=service.served | {"plain": served})
        runs = dataclasses.replace(control, with_us=dataclasses.replace(control.with_us, service=spoilt))
        assert "requests" in {found for found, _ in breaches(runs)}
