"""What keeps other sites, other hosts and hostile clients away from a server on loopback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from foundry_telemetry import serving
from foundry_telemetry.ingestion import request_body
from foundry_telemetry.local.api import request_guard, static_files
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.support.telemetry import event
from tests.support.wire import Headers, Wire, answer

pytestmark = pytest.mark.row(84)

PLACES = (
    ("GET", "/"),
    ("GET", "/status.json"),
    ("GET", "/events"),
    ("POST", "/v2.1/track"),
    ("GET", "/none"),
)


def is_refused(wire: Wire, status: int, headers: Headers = (), host: str | None = None) -> bool:
    """Whether every place refuses such a request, in words and with nothing of its own in the answer."""
    for method, path in PLACES:
        received = wire.ask(method, path, b"[]" if method == "POST" else b"", headers, host=host)
        assert received.json["error"]["message"]
        assert wire.azure.store.key.encode() not in received.body
        if received.status != status:
            return False
    return True


def test_it_listens_on_loopback_only(wire: Wire) -> None:
    """The port is open on 127.0.0.1, and on no other address of the machine."""
    port = int(wire.host.split(":")[1])
    assert wire.azure._server._socket.getsockname() == ("127.0.0.1", port)
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", port))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_own_names(wire: Wire, name: str) -> None:
    """The names of loopback with the right port are served."""
    port = wire.host.split(":")[1]
    assert wire.ask("GET", "/status.json", host=f"{name}:{port}").status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:{port}",
        "localhost.:{port}",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}, evil.example",
        "0.0.0.0:{port}",
        "127.1:{port}",
    ],
)
def test_other_hosts(wire: Wire, host: str) -> None:
    """A name that somebody else may control is refused, so that rebinding it to loopback gains nothing."""
    assert is_refused(wire, 403, host=host.format(port=wire.host.split(":")[1]))


def test_two_hosts_and_none(wire: Wire) -> None:
    """A request without a host, or with two, is refused before anything is done."""
    received = answer(wire.send("GET", "/status.json", host=""))
    assert received.status == 400
    received = answer(wire.send("GET", "/status.json", headers=[("Host", wire.host)]))
    assert received.status in (400, 403)
    with wire.connect() as old:
        old.sendall(b"GET /status.json HTTP/1.0\r\n\r\n")
        assert answer(old).status == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_own_origins(wire: Wire, name: str) -> None:
    """Pages of this server may ask it."""
    headers = {"Origin": f"http://{name}:{wire.host.split(':')[1]}", "Sec-Fetch-Site": "same-origin"}
    assert wire.post(event(name="x"), headers=headers).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
    ],
)
def test_foreign_origins(wire: Wire, origin: str) -> None:
    """A page of another origin, or of none, is refused whatever it asks for."""
    assert is_refused(wire, 403, {"Origin": origin.format(port=wire.host.split(":")[1])})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "anything"])
def test_foreign_sites(wire: Wire, site: str) -> None:
    """What a browser marks as cross-site is refused, though it come from a port of this machine."""
    assert is_refused(wire, 403, {"Sec-Fetch-Site": site})


def test_one_foreign_of_two_is_enough(wire: Wire) -> None:
    """A header that is there twice must be right twice."""
    own = f"http://{wire.host}"
    assert is_refused(wire, 403, [("Origin", own), ("Origin", "https://evil.example")])
    assert is_refused(wire, 403, [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")])


def test_typed_addresses(wire: Wire) -> None:
    """An address that the reader typed is served."""
    assert wire.ask("GET", "/", headers={"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_cors(wire: Wire, method: str) -> None:
    """No answer lets another site read it, not even to one that asks before it posts."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for origin in (f"http://{wire.host}", "https://evil.example"):
        for path in ("/", "/v2.1/track", "/status.json", "/v1/workspaces/x/query"):
            received = wire.ask(method, path, b"[]", {"Origin": origin, **asks})
            assert not [name for name in received.headers if name.startswith("access-control-")]


def test_security_headers_are_on_every_answer(wire: Wire) -> None:
    """Pages, data, refusals and things that are not there have the same headers."""
    answers = [
        wire.ask("GET", "/"),
        wire.ask("GET", "/workbook.json"),
        wire.ask("GET", "/none"),
        wire.ask("PUT", "/v2.1/track"),
        wire.ask("GET", "/", host="evil.example"),
        wire.post(event(name="x")),
        wire.ask("POST", "/v1/workspaces/x/query", b"no"),
    ]
    assert [received.status for received in answers] == [200, 200, 404, 405, 403, 200, 400]
    for received in answers:
        assert {name: received.headers[name] for name, _ in request_guard.HEADERS} == dict(
            request_guard.HEADERS
        )
        assert received.headers["cache-control"] in ("no-store", "no-cache")
        assert "server" not in received.headers


def test_the_policy_is_strict(wire: Wire) -> None:
    """The page may load what this server has, and nothing else; nothing inline runs, nothing frames it."""
    policy = dict(
        part.strip().split(" ", 1)
        for part in wire.ask("GET", "/").headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page/..%2fserver.py",
        "/page//etc/hostname",
        "/page/vendor",
        "/page/vendor/",
        "/page/",
        "/page/vendor/LICENSE",
        "/page/index.html%00.js",
        "/server.py",
        "/../../../../etc/hostname",
        "/page\\..\\server.py",
    ],
)
def test_files_come_from_a_table(wire: Wire, path: str) -> None:
    """A requested path is a key of the page's files, and never becomes part of a path."""
    assert wire.ask("GET", path).status == 404


def test_the_files_of_the_page(wire: Wire) -> None:
    """Every file of the page is served with its type, and nothing else of the package."""
    folder = Path(static_files.__file__).parent / "page"
    for path in folder.rglob("*"):
        if path.suffix in (".js", ".css", ".html"):
            received = wire.ask("GET", f"/page/{path.relative_to(folder).as_posix()}")
            kind = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}[path.suffix]
            assert (received.status, received.body) == (200, path.read_bytes())
            assert received.headers["content-type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "most"), [("/v2.1/track", 32 * 2**20), ("/v1/workspaces/x/query", 2**20), ("/v1/$batch", 2**20)]
)
def test_bodies_are_limited(wire: Wire, path: str, most: int) -> None:
    """A body whose declared length is too long is refused before it is sent; the server goes on."""
    received = answer(wire.send("POST", path, headers={"Content-Length": str(most + 1)}))
    assert (received.status, received.json["error"]["code"]) == (413, "PayloadTooLarge")
    assert wire.post(event(name="x")).status == 200


def test_bodies_of_undeclared_length(wire: Wire) -> None:
    """A body in chunks is refused as soon as it is too long, and the client can still hear it."""
    connection = wire.send("POST", "/v1/workspaces/x/query", headers={"Transfer-Encoding": "chunked"})
    chunk = b"10000\r\n" + b" " * 2**16 + b"\r\n"
    connection.sendall(chunk * 17 + b"0\r\n\r\n")
    assert answer(connection).status == 413


def test_slow_bodies(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not arrive in time is refused, and its sender cut off."""
    monkeypatch.setattr(request_body.read_body, "__defaults__", (request_body.MOST_BODY, 0.01))
    connection = wire.send("POST", "/v1/workspaces/x/query", b"{", {"Content-Length": "100"})
    received = answer(connection)
    assert (received.status, received.json["error"]["code"]) == (408, "RequestTimeout")


def test_many_headers(wire: Wire) -> None:
    """A request with more headers than any client sends is refused."""
    headers = [(f"X-{number}", "x") for number in range(request_guard.MOST_HEADERS)]
    assert wire.ask("GET", "/status.json", headers=headers[:-3]).status == 200
    assert is_refused(wire, 431, headers)


def test_long_headers(wire: Wire) -> None:
    """Headers that are too long are refused, at the latest when as much is waited for as may be."""
    received = wire.ask("GET", "/status.json", headers={"X-Long": "x" * request_guard.MOST_HEADER_BYTES})
    assert received.status == 431
    connection = wire.connect()
    connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (serving.MOST_HEADER_BYTES + 1))
    assert answer(connection).status == 400


@pytest.mark.parametrize(
    "text", [b"\r\n\r\n", b"no http\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00"]
)
def test_what_is_no_http(wire: Wire, text: bytes) -> None:
    """Other protocols are refused or cut off, and the server goes on."""
    with wire.connect() as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert wire.post(event(name="x")).status == 200


def test_no_upgrades(wire: Wire) -> None:
    """There are no web sockets here."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "x",
        "Sec-WebSocket-Version": "13",
    }
    assert wire.ask("GET", "/events/socket", headers=headers).status == 404


def test_the_key_is_in_no_answer_but_the_status(wire: Wire) -> None:
    """The key shows where the connection string is shown."""
    key = wire.azure.store.key.encode()
    for path in ("/", "/workbook.json", "/page/supported.json", "/none"):
        assert key not in wire.ask("GET", path).body
    assert key in wire.ask("GET", "/status.json").body


def test_other_addresses_cannot_be_requested() -> None:
    """There is no way to make it listen for other machines."""
    with pytest.raises(TypeError, match="host"):
        LocalAzureMonitor(host="0.0.0.0")  # type: ignore[call-arg] - that is the point
