"""The container example: its files keep to the rules, and their commands run, without a container."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: Any = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
PORT = "4319"
TOKEN = "a-token-of-the-test-0123456789"


def project() -> Any:
    """What `pyproject.toml` has."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of a kind, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    return [line.strip().removeprefix(f"{name} ") for line in lines if line.strip().startswith(f"{name} ")]


[ENTRYPOINT] = map(json.loads, instructions("ENTRYPOINT"))
[HEALTHCHECK] = [json.loads(one.partition("CMD ")[2]) for one in instructions("HEALTHCHECK")]


def test_the_linter_has_nothing_to_say() -> None:
    """hadolint, which reads the shell lines with ShellCheck besides."""
    beside = Path(sys.executable).with_name("hadolint")
    linter = str(beside) if beside.exists() else shutil.which("hadolint")
    assert linter, "pip install -e '.[dev]'"
    done = subprocess.run(
        [linter, "--no-color", FOLDER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image() -> None:
    """It runs as a user without rights, and keeps its database in the volume."""
    [user], [volume] = instructions("USER"), instructions("VOLUME")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert f"--uid {user.partition(':')[0]} " in DOCKERFILE
    assert Path(ENTRYPOINT[ENTRYPOINT.index("--db") + 1]).parent == Path(volume)
    assert f"--mode=0700 {volume}" in DOCKERFILE


def kept() -> list[str]:
    """What of the repository the build gets to see."""
    lines = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_the_context_has_what_the_wheel_is_made_of() -> None:
    """Each file that is copied, and what is packed, is there and not ignored."""
    wheel = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = [word for line in instructions("COPY") for word in line.split()[:-1] if word != "."]
    assert len(copied) == 2
    for name in [*copied, *wheel["packages"], *wheel["force-include"]]:
        assert (ROOT / name).exists()
        assert any(name == one or name.startswith(f"{one}/") for one in kept()), name


def test_the_context_has_what_the_build_reads(tmp_path: Path) -> None:
    """The metadata of the wheel is made there, from nothing else."""
    packed = {*project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "dashboards", "tests"}
    for name in kept():
        if name.partition("/")[0] not in packed:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / name, tmp_path / name)
    script = (
        "import os; from hatch_build import AddressHook; made = {}; "
        "AddressHook(os.getcwd(), {}).update(made); "
        "from docs.builder import address; print(bool(made['readme']), address.__file__)"
    )
    command = [sys.executable, "-c", script]
    variables = os.environ | {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    # Not from this repository, which the environment of the tests may have on its path.
    assert done.stdout.split() == ["True", str(tmp_path / "docs/builder/address.py")], done.stderr


def test_nobody_else_reaches_the_server() -> None:
    """One port is published, on the loopback interface of the host, and leads to the server's own port."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    [ports] = published.values()
    assert list(published) == ["monitor"]
    host, outside, inside = ports[0].split(":")
    _, listens, leads_to = SERVICES["page"]["entrypoint"]
    # The server takes requests under its own address alone, so that the port is the same outside.
    assert (host, outside) == ("127.0.0.1", PORT)
    assert listens.startswith(f"TCP-LISTEN:{inside},")
    assert leads_to == f"TCP:127.0.0.1:{PORT}"


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_no_more_rights_than_it_needs(name: str) -> None:
    """No capability, no new privilege, a file system to read; and all have one network."""
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["image"] == SERVICES["monitor"]["image"]
    assert name == "monitor" or service["network_mode"] == "service:monitor"


def test_the_volume_is_the_one_of_the_image() -> None:
    """The database outlives the container."""
    [mounted], [volume] = SERVICES["monitor"]["volumes"], instructions("VOLUME")
    assert mounted.partition(":")[2] == volume
    assert mounted.partition(":")[0] in COMPOSE["volumes"]


# --- its commands, run --------------------------------------------------------------------------------------


class Host:
    """The commands of the files, with another folder and other ports."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as held:
            sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
            self.port, self.fake, self.outside = (one.getsockname()[1] for one in sockets)
        self._other = {"4319": self.port, "4320": self.fake, "4321": self.outside, "/data": folder}
        self._other |= {"/app/job.py": ROOT / "examples/deploy/job.py", "--seconds 60": "--seconds 0"}
        self._other |= {"/app/connection_string.py": FOLDER / "connection_string.py", "$$": "$"}
        self._folder = folder

    def listen_on(self, port: int | None) -> None:
        """Put the port of a server that runs already in the place of the files' own."""
        self.port = self._other[PORT] = port

    def command(self, words: list[str]) -> list[str]:
        """A command of the files as it runs here."""
        either = "|".join(map(re.escape, self._other))
        text = re.sub(either, lambda match: str(self._other[match[0]]), json.dumps(words))
        found: list[str] = json.loads(text)
        return found

    def environment(self, **more: str) -> dict[str, str]:
        """With the programs of this environment first on the path, and no variable of a real resource."""
        names = ("HOME", "LANG", "PYTHONPATH", "TMPDIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        state = {"XDG_STATE_HOME": str(self._folder / "state"), "PYTHONDONTWRITEBYTECODE": "1"}
        return kept | state | {"PATH": path, "FOUNDRY_TELEMETRY_LOCAL_TOKEN": TOKEN} | more

    def run(self, words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(words),
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    @contextmanager
    def running(self, words: list[str]) -> Iterator[str]:
        """Run a command until SIGTERM; its first line."""
        command = self.command(words)
        with subprocess.Popen(command, env=self.environment(), stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline()
            finally:
                process.send_signal(signal.SIGTERM)
                process.stdout.read()
        assert process.returncode == 128 + signal.SIGTERM

    def status(self) -> Any:
        """What the server reports."""
        return self.asked(self.port).json()

    def asked(self, port: int) -> httpx.Response:
        """What comes from a port, asked as a browser of the host asks a published one."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": f"127.0.0.1:{self.port}"}
        return httpx.get(f"http://127.0.0.1:{port}/status.json", headers=headers, timeout=PATIENCE_S)


@pytest.mark.slow
def test_the_commands_run(tmp_path: Path) -> None:
    """The server starts and is found healthy, and the calls of the service beside it arrive."""
    host = Host(tmp_path)
    assert host.run(HEALTHCHECK).returncode != 0
    with host.running([*ENTRYPOINT, *SERVICES["monitor"]["command"], "--port", PORT]) as first:
        assert first.startswith("workbook")
        done = host.run(HEALTHCHECK)
        assert (done.returncode, done.stderr) == (0, "")
        assert host.status()["attempts"]["rows"] == 0
        with host.running(SERVICES["foundry"]["entrypoint"]):
            given = SERVICES["service"]["environment"] | {"FOUNDRY_TELEMETRY_LOCAL_TOKEN": TOKEN}
            values = host.command([*given.values()])
            done = host.run(SERVICES["service"]["entrypoint"], **dict(zip(given, values, strict=True)))
            assert done.returncode == 0, done.stderr
        assert host.status()["attempts"]["rows"] == 1
    assert (tmp_path / "telemetry.duckdb").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")
def test_the_published_port_leads_to_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a browser of the host asks there is answered, with the token and not without it."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_LOCAL_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with LocalAzureMonitor() as azure:
        host = Host(tmp_path)
        host.listen_on(urlsplit(azure.url).port)
        program, *rest = host.command(SERVICES["page"]["entrypoint"])
        with subprocess.Popen([program, "-d", "-d", *rest], stderr=subprocess.PIPE, text=True) as forwarding:
            assert forwarding.stderr is not None
            assert "listening" in forwarding.stderr.readline()
            assert host.asked(host.outside).json()["otlp_endpoint"] == azure.url
            assert httpx.get(f"http://127.0.0.1:{host.outside}/status.json").status_code == 403
            forwarding.terminate()
            forwarding.stderr.read()


def option(line: list[str]) -> tuple[str, str]:
    """The distribution and the extra that a command names."""
    named = line[line.index({"uvx": "--from", "pipx": "--spec"}[line[0]]) + 1]
    name, _, extra = named.rstrip("]").partition("[")
    return name, extra


def test_the_lines_that_run_it_at_once_are_those_of_the_package() -> None:
    """Every command that runs the package uninstalled names an extra and a program that there are."""
    page = (ROOT / "docs/guides/container.md").read_text(encoding="utf-8")
    lines = [shlex.split(line) for line in re.findall(r"^(?:\$ )?((?:uvx|pipx run) .*)$", page, re.MULTILINE)]
    assert {line[0] for line in lines} == {"uvx", "pipx"}
    for line in lines:
        name, extra = option(line)
        assert name == project()["project"]["name"]
        assert extra in project()["project"]["optional-dependencies"]
        assert set(line[3:]) & set(project()["project"]["scripts"])
