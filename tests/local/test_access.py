"""Who may read a local Azure Monitor: whoever has its token, and no other account of the machine."""

from __future__ import annotations

import json
import logging
import stat
import sys
from pathlib import Path

import httpx
import pytest

from foundry_telemetry.ingestion import access_token
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.store import database
from foundry_telemetry.local.store.store import Store
from tests.support.logs import WORKSPACE, logs_client
from tests.support.telemetry import event, fill
from tests.support.wire import Answer, Headers, Wire

READ = (
    ("GET", "/"),
    ("GET", "/page/main.js"),
    ("GET", "/workbook.json"),
    ("GET", "/status.json"),
    ("GET", "/events"),
    ("GET", "/none"),
    ("POST", "/v1/workspaces/x/query"),
    ("POST", "/v1/$batch"),
)
unix = pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")


def cookie_of(wire: Wire, token: str) -> Headers:
    """The cookie that a browser has after the link."""
    return {"Cookie": f"other=1; foundry_telemetry_{wire.host.split(':')[1]}={token}"}


def enter(wire: Wire, token: str, headers: Headers = ()) -> Answer:
    """What the link answers."""
    return wire.ask("GET", f"/?token={token}", headers=headers, known=False)


@pytest.mark.parametrize(("method", "path"), READ)
def test_strangers_read_nothing(wire: Wire, method: str, path: str) -> None:
    """Without the token, or with another one, there is no answer but where the link is, for every path."""
    wrong = wire.azure.token[:-1] + ("a" if wire.azure.token[-1] != "a" else "b")
    forms: tuple[Headers, ...] = (
        (),
        {"Authorization": f"Bearer {wrong}"},
        {"Authorization": f"Basic {wire.azure.token}"},
        {"Authorization": "Bearer \xe9"},
        {"x-foundry-token": wire.azure.store.key},
        cookie_of(wire, wrong),
        {"Cookie": f"foundry_telemetry_1={wire.azure.token}"},
    )
    for headers in forms:
        received = wire.ask(method, path, b"{}" if method == "POST" else b"", headers, known=False)
        assert received.status == 401
        assert "open the link that was printed where it was started" in received.json["error"]["message"]
        assert wire.azure.token.encode() not in received.body
        assert wire.azure.store.key.encode() not in received.body
        assert received.headers["www-authenticate"].startswith("Bearer ")


def test_a_browser_gets_the_line_as_text(wire: Wire) -> None:
    """A person who types the bare address reads one line and no JSON."""
    received = wire.ask("GET", "/", headers={"Accept": "text/html,*/*"}, known=False)
    assert received.status == 401
    assert received.headers["content-type"].startswith("text/plain")
    assert received.body.startswith(b"this server needs its access token: open the link")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_header(wire: Wire, scheme: str) -> None:
    """A program sends the token in the header that the documentation names."""
    headers = {"Authorization": f"{scheme} {wire.azure.token}"}
    received = wire.ask("POST", "/v1/workspaces/x/query", b'{"query": "print 1"}', headers, known=False)
    assert received.status == 200


def test_the_link(wire: Wire) -> None:
    """The token of the link becomes a cookie for this server's own pages, and is gone from the address."""
    received = enter(wire, wire.azure.token)
    assert (received.status, received.headers["location"]) == (303, "/")
    name, *attributes = received.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} == set(attributes)
    assert wire.ask("GET", "/", headers={"Cookie": name}, known=False).status == 200
    assert wire.azure.link == f"{wire.azure.url}/?token={wire.azure.token}"


def test_the_link_from_elsewhere(wire: Wire) -> None:
    """From a file or another site the link works too, by a page that goes on; a wrong one does not."""
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    received = enter(wire, wire.azure.token, elsewhere)
    assert (received.status, received.headers["refresh"]) == (200, "0; url=/")
    assert received.headers["set-cookie"].startswith("foundry_telemetry_")
    assert enter(wire, "wrong", elsewhere).status == 403
    assert enter(wire, "wrong").status == 401
    host = "evil.example"
    assert wire.ask("GET", f"/?token={wire.azure.token}", host=host, known=False).status == 403
    assert wire.ask("GET", f"/none?token={wire.azure.token}", known=False).status == 401


def test_telemetry_comes_by_its_key(wire: Wire) -> None:
    """Exporters and the fault injection need the key alone, which the connection string has."""
    body = wire.body(event(name="x"))
    assert wire.ask("POST", "/v2.1/track", body, known=False).status == 200
    switch = {"x-foundry-token": wire.azure.store.key}
    assert wire.ask("PUT", "/fault-injection", b"{}", switch, known=False).status == 204
    assert wire.ask("PUT", "/fault-injection", b"{}", known=False).status == 401


def test_anonymous() -> None:
    """Everybody reads where that is allowed, but for the key; whoever has the token reads that too."""
    with LocalAzureMonitor(allow_anonymous=True) as azure, Wire(azure) as wire:
        status = wire.ask("GET", "/status.json", known=False)
        assert (status.status, status.json["connection_string"]) == (200, None)
        assert azure.store.key.encode() not in status.body
        assert wire.ask("GET", "/status.json").json["connection_string"] == azure.connection_string
        assert wire.ask("GET", "/", known=False).status == 200
        assert azure.link == azure.opener == azure.url


def test_each_start_has_its_own_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is new and long, unless the environment or the caller gives one."""
    with LocalAzureMonitor() as first, LocalAzureMonitor() as second:
        assert first.token != second.token
        assert len(first.token) == len(second.token) == 43
    monkeypatch.setenv(access_token.VARIABLE, "of-the-container-1")
    with LocalAzureMonitor() as given, LocalAzureMonitor(token="x" * 16) as chosen:
        assert (given.token, chosen.token) == ("of-the-container-1", "x" * 16)


@pytest.mark.parametrize(
    "token", ["short", "a" * 257, "with a blank in it", "semi;colon;semi;colon", "ümläut" * 4]
)
def test_a_token_of_another_form(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """What fits into no link or cookie is refused with what is expected, and is not repeated."""
    monkeypatch.setenv(access_token.VARIABLE, token)
    with pytest.raises(
        access_token.TokenError, match=r"expected 16 to 256 .*secrets\.token_urlsafe"
    ) as refused:
        LocalAzureMonitor()
    assert token not in str(refused.value)


@unix
def test_the_state_folder() -> None:
    """While a server runs its user finds the token, and nobody else; at its end it is gone."""
    with LocalAzureMonitor() as azure:
        folder = access_token.state_folder()
        files = [file for file in folder.iterdir() if azure.url.rsplit(":", 1)[1] in file.name]
        assert sorted(file.suffix for file in files) == [".html", ".token"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert access_token.of_server(azure.url, {}) == azure.token
        assert azure.opener.startswith("file:")
        assert azure.token not in azure.opener
    assert not any(file.exists() for file in files)
    assert access_token.of_server(azure.url, {}) is None


def test_the_file_of_a_later_server_stays() -> None:
    """Whoever ends removes its own token alone."""
    with LocalAzureMonitor() as azure:
        port = int(azure.url.rsplit(":", 1)[1])
        access_token.publish(port, "t" * 20, azure.url)
    assert access_token.of_server(azure.url, {}) == "t" * 20
    access_token.withdraw(port, "t" * 20)


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a state folder the server runs, and the link is all there is."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with LocalAzureMonitor() as azure, Wire(azure) as wire:
        assert azure.opener == azure.link
        assert wire.ask("GET", "/status.json").status == 200


def test_clients(azure: LocalAzureMonitor) -> None:
    """The client of Log Analytics and any HTTP client get in with the header, and not without it."""
    with logs_client(azure.url) as client:
        assert client.query_workspace(WORKSPACE, "print 1", timespan=None).tables[0].rows[0][0] == 1
    path, body = f"{azure.url}/v1/workspaces/x/query", {"query": "print 1"}
    assert httpx.post(path, json=body, headers=azure.headers).status_code == 200
    assert httpx.post(path, json=body).status_code == 401


def test_the_token_is_in_no_log(
    wire: Wire, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the link nor the header leaves a line, whatever is logged, and no `repr` shows the token."""
    caplog.set_level(logging.DEBUG)
    enter(wire, wire.azure.token)
    enter(wire, "wrong")
    assert wire.ask("GET", "/none").status == 404
    assert wire.ask("POST", "/v1/workspaces/x/query", b"no").status == 400
    written = capfd.readouterr()
    assert wire.azure.token not in caplog.text + written.out + written.err
    assert wire.azure.token not in repr(vars(wire.azure._access)["is_anonymous"]) + repr(wire.azure._access)


@unix
@pytest.mark.parametrize("threshold", ["1KiB", "64MiB"])
def test_every_file_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: str) -> None:
    """Database, log and folder of a store are its owner's, whenever the database makes them anew."""
    monkeypatch.setitem(database._SETTINGS, "checkpoint_threshold", threshold)
    path = tmp_path / "new" / "t.duckdb"
    with Store(path, retention_days=36_500) as store:
        for _ in range(3):
            fill(store, [event(name="x")])
            files = [path.parent, *path.parent.iterdir()]
            assert {file.name: stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {
                file.name: 0 for file in files
            }
    assert json.dumps([file.name for file in path.parent.iterdir()]) == '["t.duckdb"]'
