"""Substitution of parameters, by a table of cases, in the browser that does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page.browser import enter
from tests.page.conftest import type_of_open

CASES = json.loads((Path(__file__).parents[1] / "data" / "parameters.json").read_text(encoding="utf-8"))[
    "cases"
]
RUN = """
async (cases) => {
  const { declaration, fill } = await import('/page/parameters.js');
  const clock = { now: Date.parse('2026-11-22T12:00:00Z'), utc: true };
  return cases.map(({ parameters, text }) => {
    const known = new Map(parameters.map((json) => [json.name, declaration(json)]));
    const { text: filled, unknown, formats, missing } = fill(text, (name) => known.get(name), clock);
    return { filled, unknown: [...unknown], formats: [...formats], missing: [...missing.keys()] };
  });
}
"""


@pytest.fixture(scope="module")
def filled(sample: LocalAzureMonitor, browser: object) -> dict[str, dict[str, object]]:
    """What the page makes of each case, by its name."""
    context = browser.new_context()
    enter(context, sample.url)
    page = context.new_page()
    page.goto(f"{sample.url}/page/index.html")
    reported = page.evaluate(RUN, CASES)
    context.close()
    return {case["name"]: answer for case, answer in zip(CASES, reported, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_reference_is_filled_as_the_portal_does(
    case: dict[str, object], filled: dict[str, dict[str, object]]
):
    """Every case of the table comes out as it says, with what is unknown, not drawn or missing told."""
    expected = {key: case.get(key, []) for key in ("unknown", "formats", "missing")} | {
        "filled": case["filled"]
    }
    assert filled[str(case["name"])] == expected


WHERE = """
async () => {
  const { Scope } = await import('/page/scope.js');
  const { declaration } = await import('/page/parameters.js');
  const scope = new Scope();
  const inner = { exports: false };
  const handing = { exports: true };
  const make = (name, value, isGlobal) => declaration({ name, type: 1, value, isGlobal });
  scope.declare(make('Before', 'a'), { order: 1, groups: [] });
  scope.declare(make('Everywhere', 'g', true), { order: 9, groups: [] });
  scope.declare(make('Inside', 'i'), { order: 2, groups: [inner] });
  scope.declare(make('Handed', 'h'), { order: 3, groups: [handing] });
  scope.declare(make('Before', 'b'), { order: 5, groups: [] });
  const see = (name, order, groups = []) => scope.find(name, { order, groups })?.value ?? null;
  return {
    early: see('Before', 1), later: see('Before', 4), latest: see('Before', 6), global: see('Everywhere', 1),
    inside: see('Inside', 4, [inner]), outside: see('Inside', 4), handed: see('Handed', 4),
  };
}
"""


@pytest.mark.slow
def test_a_parameter_exists_after_its_step_and_inside_its_group(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """The latest declaration before a place counts, a global one everywhere, one in a group only there."""
    page = screen(sample.url).open()
    assert page.evaluate(WHERE) == {
        "early": None,
        "later": "a",
        "latest": "b",
        "global": "g",
        "inside": "i",
        "outside": None,
        "handed": "h",
    }
