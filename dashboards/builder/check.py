"""All checks of the dashboards. One that finds nothing wrong says so in a line of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

from dashboards.builder import alerts, build, query_validation
from dashboards.builder.arm import lint
from dashboards.builder.columns import wrong_columns
from dashboards.builder.gallery import WHY_LARGER, breaches
from dashboards.builder.grafana import heat_map
from dashboards.builder.grafana.lint import findings
from dashboards.builder.scope import unset
from foundry_telemetry.kql import compose, files
from foundry_telemetry.kql.problems import Item, LeftOutError, Problem
from foundry_telemetry.local.page.supported import undrawn

Check = Callable[[Item], Iterable[Problem]]

_HEAD: Final = ("// ", "// Reads: ", "// Sampling: ")
"""How the first three lines of each query begin."""

_PARSED: Final = "Microsoft's parser accepts every query"


@dataclass(frozen=True)
class Finding:
    """What came of checking one rule."""

    rule: str
    problems: tuple[Problem, ...] = ()
    left_out: str | None = None
    """Why it could not be checked; ``None`` where it was."""

    @property
    def state(self) -> Literal["ok", "left out", "FAILED"]:
        """The same in a word."""
        if self.problems:
            return "FAILED"
        return "ok" if self.left_out is None else "left out"


WORKBOOK: Final[Mapping[str, Check]] = {
    "the local page supports every feature": undrawn,
    f"the rules of the public gallery hold, except 100 kB: {WHY_LARGER}": breaches,
    "no parameter is used before it is set": unset,
    "every query runs and returns the named columns": wrong_columns,
    _PARSED: query_validation.refused,
}
"""What must hold of a workbook."""


def current(_: Item) -> Iterator[Problem]:
    """Files that are not as a fresh build would make them."""
    for name in build.outdated():
        yield Problem(name, "differs from a fresh build: run python -m dashboards.builder")


def headed(_: Item) -> Iterator[Problem]:
    """Queries that do not say what they answer, what they read and whether sampling changes it."""
    texts = {f"{name}.kql": files.query(name) for name in files.queries()}
    texts |= {f"alerts/{name}.kql": files.alert(name) for name in files.alerts()}
    texts |= {f"investigate/{name}.kql": files.investigation(name) for name in files.investigations()}
    for name, text in texts.items():
        lines = text.splitlines()[: len(_HEAD)]
        if len(lines) < len(_HEAD) or not all(map(str.startswith, lines, _HEAD)):
            yield Problem(name, f"must begin with lines that begin {', '.join(map(repr, _HEAD))}")


def used(workbook: Item) -> Iterator[Problem]:
    """Queries that stand in no artefact."""
    text = json.dumps(workbook, ensure_ascii=False)
    of_grafana = json.dumps(query_validation.grafana(), ensure_ascii=False)
    for name in compose.names():
        question = json.dumps(f"// {compose.question(name)}", ensure_ascii=False)[1:-1]
        if question not in (of_grafana if name in heat_map.QUERIES else text):
            yield Problem(f"{name}.kql", "is not used by any dashboard")
    for name in set(files.alerts()) - {rule.query for rule in alerts.RULES}:
        yield Problem(f"alerts/{name}.kql", "is not used by any rule")


def deployable(_: Item) -> Iterator[Problem]:
    """What is wrong with the template."""
    yield from lint.wrong(query_validation.template())


def importable(_: Item) -> Iterator[Problem]:
    """What is wrong with the Grafana dashboard."""
    yield from findings(query_validation.grafana())


ALL: Final[Mapping[str, Check]] = {
    "the committed files are up to date": current,
    "every query has a header": headed,
    "every query is used": used,
    "the template deploys to every cloud": deployable,
    "the Grafana dashboard imports, and uses what it declares": importable,
    "every alert rule and saved query runs and returns the named columns": query_validation.unanswered,
    **WORKBOOK,
    _PARSED: query_validation.refused_anywhere,
}
"""What must hold of the folder too."""


def check(workbook: Item | None = None, checks: Mapping[str, Check] = ALL) -> tuple[Finding, ...]:
    """Check rules.

    Args:
        workbook: The one to check; the shipped one by default.
        checks: What must hold, and how to find where it does not.

    Returns:
        What came of each, in their order. A rule that needs what is not installed is left out.
    """
    checked: Item = json.loads(files.workbook()) if workbook is None else workbook
    # The parser is a process of its own, so that it may work while the local engine does.
    with ThreadPoolExecutor() as pool:
        beside = {
            rule: pool.submit(_found, rule, find, checked) for rule, find in checks.items() if rule == _PARSED
        }
        return tuple(
            beside[rule].result() if rule in beside else _found(rule, find, checked)
            for rule, find in checks.items()
        )


def _found(rule: str, find: Check, workbook: Item) -> Finding:
    try:
        return Finding(rule, tuple(find(workbook)))
    except (ImportError, LeftOutError) as missing:
        return Finding(rule, left_out=str(missing))
    except (OSError, ValueError) as broken:
        return Finding(rule, (Problem("files", f"cannot be read: {broken}"),))
    except (AttributeError, LookupError, TypeError) as strange:
        return Finding(rule, (Problem("workbook", f"has a form that no rule knows: {strange!r}"),))
