"""The module in TypeScript itself: types, lint, its own tests, its lock, and what is generated in it.

A newer version of a package: change it in `package.json`, then ``npm install --package-lock-only`` there.
"""

from __future__ import annotations

import json
import re

import pytest

from dashboards.builder.kusto.node import run
from tests.typescript.project import SOURCE, TIME_LIMIT_S, compiled, output

SILENCED = re.compile(r"@ts-(?:ignore|expect-error|nocheck)|eslint-disable|: any\b|<any>|\bany\[\]|as any\b")
MODULES = sorted(path for path in SOURCE.rglob("*.ts") if not {"node_modules", "dist"} & {*path.parts})
OF_OPENTELEMETRY = {"@opentelemetry/api", "@opentelemetry/api-logs"}


def test_the_lock_names_hashes_and_no_registry() -> None:
    """One exact version of each package, each with its hash, and no word about where they come from."""
    wanted = json.loads((SOURCE / "package.json").read_text())
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    own = locked.pop("")
    for kind in ("dependencies", "devDependencies"):
        assert own[kind] == wanted[kind]
        assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted[kind]} == wanted[kind]
    assert all(each["integrity"].startswith("sha512-") for each in locked.values())
    assert not [name for name, each in locked.items() if "resolved" in each]


def test_two_packages_are_needed_at_run_time() -> None:
    """Those of OpenTelemetry's API alone; SDK and exporters are the service's own."""
    assert {*json.loads((SOURCE / "package.json").read_text())["dependencies"]} == OF_OPENTELEMETRY
    imported = {
        name
        for path in MODULES
        if "src" in path.parts
        for name in re.findall(r'from "([^."][^"]*)"', path.read_text("utf-8"))
    }
    assert {name for name in imported if not name.startswith("node:")} == OF_OPENTELEMETRY


@pytest.mark.slow
def test_the_types_fit() -> None:
    """TypeScript in strict mode has no complaint about the module and its tests."""
    _, done = compiled()
    assert done.returncode == 0, output(done)
    assert json.loads((SOURCE / "tsconfig.json").read_text())["compilerOptions"]["strict"] is True


@pytest.mark.slow
def test_the_linter_finds_nothing() -> None:
    """The strict rules that use types hold for the module and its tests."""
    project, _ = compiled()
    done = project.run("eslint/bin/eslint.js", "--max-warnings", "0", ".")
    assert done.returncode == 0, output(done)


def test_no_complaint_is_silenced(subtests: pytest.Subtests) -> None:
    """No module leaves the checks, none switches a rule off, no type is open."""
    for path in MODULES:
        with subtests.test(path.name):
            assert not SILENCED.search(path.read_text("utf-8"))


@pytest.mark.slow
def test_its_own_tests_pass() -> None:
    """Node's runner finds the tests of the caller's side and of the losses, and all of them pass."""
    project, _ = compiled()
    files = sorted(str(path) for path in (project.folder / "dist/test").glob("*.test.js"))
    options = ("--expose-gc", "--test", "--test-reporter=tap")
    done = run("node", *options, *files, time_limit_s=TIME_LIMIT_S, folder=project.folder)
    assert done.returncode == 0, output(done)
    passed = re.search(r"^# pass (\d+)$", done.answer.decode(), re.MULTILINE)
    assert passed
    assert int(passed[1]) > 10, output(done)
