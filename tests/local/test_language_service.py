"""Fetching Microsoft's language service: whole, by its hash, or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dashboards.builder.kusto import package
from foundry_telemetry.local.command import get_language_service
from foundry_telemetry.local.page import language_service

FILES = {**dict.fromkeys(language_service.FILES, b"//"), "package.json": b"{}", "index.html": b"<html>"}


def archive(files: Mapping[str, bytes]) -> bytes:
    """What a registry sends."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def integrity(content: bytes) -> str:
    """Its hash as npm writes it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


@pytest.fixture
def sent() -> bytes:
    """The archive of the registry."""
    return archive(FILES)


@pytest.fixture
def registry(sent: bytes) -> Iterator[dict[str, str]]:
    """An environment that names a registry with that one archive."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.path == (
                f"/{language_service.NAME}/-/language-service-next-{language_service.VERSION}.tgz"
            )
            self.send_response(200 if is_known else 404)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield {"NPM_CONFIG_REGISTRY": f"http://127.0.0.1:{server.server_port}/"}
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where it would be, in a data folder of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return language_service.folder()


def test_it_is_the_parser_of_the_dashboards() -> None:
    """Name, version and hash are those that the check of the dashboards has locked."""
    lock = json.loads((package.PARSER.folder / "package-lock.json").read_bytes())["packages"]
    locked = lock[f"node_modules/{language_service.NAME}"]
    assert (package.NAME, locked["version"]) == (language_service.NAME, language_service.VERSION)
    assert locked["integrity"] == language_service.INTEGRITY


def test_its_files_are_put_in_place(registry: dict[str, str], sent: bytes, home: Path) -> None:
    """The scripts and what names their licence are there, and nothing else; twice changes nothing."""
    for _ in range(2):
        assert language_service.fetch(registry, integrity=integrity(sent)) == home
        assert sorted(path.name for path in home.iterdir()) == sorted(
            [*language_service.FILES, "package.json"]
        )
    assert language_service.is_installed()
    assert [path.name for path in home.parent.iterdir()] == [home.name]


def test_another_archive_is_refused(registry: dict[str, str], home: Path) -> None:
    """What has another hash is not unpacked."""
    with pytest.raises(language_service.FetchError, match="sent another"):
        language_service.fetch(registry)
    assert not home.parent.exists()


def test_the_command_says_why_it_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    """Without a registry it ends with 1 and says what helps."""
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:1")
    assert get_language_service() == 1
    assert str(home) in " ".join(capsys.readouterr().err.split())


def test_the_registry_is_that_of_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variable names one, npm's configuration does; without npm the message says what to set."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho http://127.0.0.1:1/\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(language_service.FetchError, match=r"http://127\.0\.0\.1:1/@kusto/"):
        language_service.fetch({})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(language_service.FetchError, match=r"no npm on PATH.*NPM_CONFIG_REGISTRY"):
        language_service.fetch({})
