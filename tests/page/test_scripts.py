"""The scripts of the page: their types fit, the linter finds nothing, and the pure ones do what they should.

TypeScript's checker and eslint come from npm by hash, as Microsoft's parser does. A newer version: change it
in `lint/package.json`, then ``npm install --package-lock-only --omit-lockfile-registry-resolved`` there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import foundry_telemetry.local
from dashboards.builder.kusto.node import Done, run
from dashboards.builder.kusto.package import NpmProject
from tests.page.bundles import BUNDLES, Bundle
from tests.support.kusto import need
from tests.support.patience import PATIENCE_S

PAGE = Path(foundry_telemetry.local.__file__).parent / "page"
HERE = Path(__file__).parent
LINT = HERE / "lint"
UNIT = sorted((HERE / "unit").glob("*.test.mjs"))
SCRIPTS = sorted(path for path in PAGE.rglob("*.js") if path.parent.name != "vendor")
SILENCED = re.compile(
    r"@ts-(?:ignore|expect-error|nocheck)|eslint-disable|\{[^}]*\bany\b[^}]*\}|<any>|\bany\[\]"
)
TIME_LIMIT_S = 20 * PATIENCE_S


def output(done: Done) -> str:
    """What a program printed."""
    return done.answer.decode() + done.complaint


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder with the checker and the linter."""
    return need(NpmProject(LINT))


@pytest.mark.parametrize(
    "folder", [LINT, *(one.project.folder for one in BUNDLES)], ids=lambda path: path.name
)
def test_the_lock_names_hashes_and_no_registry(folder: Path):
    """One exact version of each tool, each package with its hash, and no word about where they come from."""
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["dependencies"] == wanted
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"].startswith("sha512-") for each in locked.values())
    assert not [name for name, each in locked.items() if "resolved" in each]


@pytest.mark.slow
def test_the_types_fit(packages: Path):
    """TypeScript in strict mode has no complaint about any script."""
    program = packages / "node_modules/typescript/bin/tsc"
    done = run("node", str(program), "-p", str(LINT), time_limit_s=TIME_LIMIT_S)
    assert done.returncode == 0, output(done)


@pytest.mark.slow
def test_every_script_is_checked(packages: Path):
    """Those that the checker reads are those that the server has, vendored ones aside."""
    program = packages / "node_modules/typescript/bin/tsc"
    done = run("node", str(program), "-p", str(LINT), "--listFilesOnly", time_limit_s=TIME_LIMIT_S)
    read = {Path(line).resolve() for line in done.answer.decode().splitlines()}
    assert {path for path in read if path.suffix == ".js"} == set(SCRIPTS)


@pytest.mark.slow
def test_the_linter_finds_nothing(packages: Path, monkeypatch: pytest.MonkeyPatch):
    """The recommended rules, also those that use types, hold for all scripts and their tests."""
    monkeypatch.setenv("PAGE_LINT_PACKAGES", str(packages / "package.json"))
    program = packages / "node_modules/eslint/bin/eslint.js"
    config = LINT / "eslint.config.mjs"
    options = ("--config", str(config), "--max-warnings", "0")
    folders = (str(PAGE), str(HERE / "unit"), str(config))
    top = HERE.parents[1]
    done = run("node", str(program), *options, *folders, time_limit_s=TIME_LIMIT_S, folder=top)
    assert done.returncode == 0, output(done)


@pytest.mark.slow
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.folder)
def test_a_library_is_a_fresh_build(bundle: Bundle, tmp_path: Path):
    """The committed bundle is what its locked packages give, byte for byte."""
    done = bundle.build(need(bundle.project), tmp_path / "out.js")
    assert done.returncode == 0, output(done)
    assert (tmp_path / "out.js").read_bytes() == bundle.path.read_bytes()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_complaint_is_silenced(path: Path):
    """No script leaves the checks, none switches a rule off, no type is open."""
    text = path.read_text(encoding="utf-8")
    assert "// @ts-check" in text
    assert not SILENCED.search(text)


@pytest.mark.parametrize("path", UNIT, ids=lambda path: path.name)
def test_the_pure_modules_do_what_they_should(path: Path):
    """Node's own runner finds tests in the file, and all of them pass."""
    done = run("node", "--test", "--test-reporter=tap", str(path), time_limit_s=TIME_LIMIT_S)
    assert done.returncode == 0, output(done)
    passed = re.search(r"^# pass (\d+)$", done.answer.decode(), re.MULTILINE)
    assert passed
    assert int(passed[1]) > 1, output(done)
