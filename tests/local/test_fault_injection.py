"""Fault injection: every answer that Azure may give, for as long as it is set."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from foundry_telemetry.ingestion.fault_injection import ANSWERS, InjectedError
from foundry_telemetry.local.api.request_guard import TOKEN
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import event
from tests.support.wire import Wire, answer


@pytest.mark.parametrize("status", sorted(set(ANSWERS) - {206}))
def test_statuses(wire: Wire, status: int) -> None:
    """A status refuses every item in the shape that the exporter reads, and stores nothing."""
    wire.azure.fault_injection.set(InjectedError(status=status))
    received = wire.post(event(name="x"), event(name="y"))
    assert received.status == status
    assert (received.json["itemsReceived"], received.json["itemsAccepted"]) == (2, 0)
    assert [error["statusCode"] for error in received.json["errors"]] == [status, status]
    assert wire.count() == 0


def test_some_items(wire: Wire) -> None:
    """206 refuses the items it names with the statuses it gives them, and stores the others."""
    wire.azure.fault_injection.set(InjectedError(status=206, errors={1: 429, 7: 500}))
    received = wire.post(*(event(name=name) for name in "abc"))
    assert (received.status, received.json["itemsAccepted"]) == (206, 2)
    assert [(error["index"], error["statusCode"]) for error in received.json["errors"]] == [(1, 429)]
    assert wire.count() == 2


def test_so_many_requests(wire: Wire) -> None:
    """An error for the next two requests is over after them."""
    wire.azure.fault_injection.set(InjectedError(status=429, retry_after_s=2.5), times=2)
    answers = [wire.post(event(name="x")) for _ in range(3)]
    assert [received.status for received in answers] == [429, 429, 200]
    assert [received.headers.get("retry-after") for received in answers] == ["2.5", "2.5", None]


def test_until_it_is_cleared(wire: Wire) -> None:
    """Without a number an error stays, the later one replaces the earlier, and clearing ends it."""
    statuses = []
    for setting in (InjectedError(status=500), InjectedError(status=402)):
        wire.azure.fault_injection.set(setting)
        statuses += [wire.post(event(name="x")).status for _ in range(2)]
    wire.azure.fault_injection.clear()
    assert [*statuses, wire.post(event(name="x")).status] == [500, 500, 402, 402, 200]


def test_only_ingestion_fails(wire: Wire) -> None:
    """Queries, the page and Live Metrics go on while ingestion fails."""
    wire.azure.fault_injection.set(InjectedError(status=500))
    assert wire.ask("GET", "/status.json").status == 200
    assert wire.ask("POST", "/QuickPulseService.svc/ping").status == 200
    assert wire.ask("POST", "/v1/workspaces/x/query", b'{"query": "AppEvents"}').status == 200


@pytest.mark.parametrize("over_http", [True, False])
def test_hanging(wire: Wire, over_http: bool) -> None:
    """A request that hangs is answered, and its telemetry taken, as soon as the error is cleared."""
    wire.azure.fault_injection.set(InjectedError(hang=True))
    hanging = wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    waiting = wire.azure.fault_injection._hanging
    while not waiting:
        assert wire.ask("GET", "/status.json").status == 200
    assert wire.count() == 0
    if over_http:
        assert wire.inject().status == 204
    else:
        wire.azure.fault_injection.clear()
    assert answer(hanging).status == 200
    assert wire.count() == 1


def test_a_client_that_times_out(wire: Wire) -> None:
    """What a client no longer waits for is not taken: it will send it again."""
    wire.azure.fault_injection.set(InjectedError(hang=True), times=1)
    hanging = wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    waiting = wire.azure.fault_injection._hanging
    while not waiting:
        assert wire.ask("GET", "/status.json").status == 200
    hanging.close()
    while waiting:
        assert wire.ask("GET", "/status.json").status == 200
    assert wire.post(event(name="y")).status == 200
    assert wire.count() == 1


def test_the_end_of_the_server_does_not_wait_for_what_hangs(wire: Wire) -> None:
    """A server ends at once, with requests that hang and others that are delayed by an hour."""
    wire.azure.fault_injection.set(InjectedError(hang=True), times=1)
    wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    while not wire.azure.fault_injection._hanging:
        assert wire.ask("GET", "/status.json").status == 200
    wire.azure.fault_injection.set(InjectedError(delay_s=3600))
    wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    ending = threading.Thread(target=wire.azure.__exit__, args=(None, None, None))
    ending.start()
    ending.join(PATIENCE_S)
    assert not ending.is_alive()


def test_a_delay(wire: Wire) -> None:
    """A delayed request is answered late, and as it would have been."""
    wire.azure.fault_injection.set(InjectedError(delay_s=0.001, status=503))
    assert wire.post(event(name="x")).status == 503
    wire.azure.fault_injection.set(InjectedError(delay_s=0.001))
    assert wire.post(event(name="x"), {"time": "no"}).status == 206


@pytest.mark.parametrize("keep", [False, True])
def test_a_connection_that_is_closed(wire: Wire, keep: bool) -> None:
    """The client gets no answer, whether its telemetry is stored or not."""
    assert wire.inject(close=True, keep=keep, times=1).status == 204
    connection = wire.send("POST", "/v2.1/track", wire.body(event(name="x")))
    assert connection.recv(1) == b""
    assert wire.count() == keep


def test_what_is_stored_though_it_is_refused(wire: Wire) -> None:
    """The items of a refused body can be stored, as when a gateway fails after Azure has accepted them."""
    wire.azure.fault_injection.set(InjectedError(status=502, keep=True), times=1)
    received = wire.post(event(name="x"))
    assert (received.status, received.json["itemsAccepted"], wire.count()) == (502, 0, 1)


def test_a_resource_that_has_moved(wire: Wire) -> None:
    """A redirect names the other place."""
    wire.azure.fault_injection.set(InjectedError(status=307, location="http://127.0.0.1:1/"), times=1)
    received = wire.post(event(name="x"))
    assert (received.status, received.headers["location"], wire.count()) == (307, "http://127.0.0.1:1/", 0)


def test_the_switch_over_http(wire: Wire) -> None:
    """Another process sets the switch with JSON; an empty object clears it."""
    assert wire.inject(status=429, retryAfterS=3, times=1).status == 204
    received = wire.post(event(name="x"))
    assert (received.status, received.headers["retry-after"]) == (429, "3")
    assert wire.post(event(name="x")).status == 200
    wire.inject(status=206, errors={"0": 402})
    assert wire.post(event(name="x")).json["errors"][0]["statusCode"] == 402
    wire.inject()
    assert wire.post(event(name="x")).status == 200


@pytest.mark.parametrize("token", [None, "", "x", "00000000-0000-0000-0000-000000000000", "é"])
def test_the_switch_needs_the_key(wire: Wire, token: str | None) -> None:
    """Whoever does not know the instrumentation key cannot make ingestion fail."""
    headers = {} if token is None else {TOKEN: token}
    received = wire.ask("PUT", "/fault-injection", b'{"status": 500}', headers)
    assert (received.status, received.json["error"]["code"]) == (401, "Unauthorized")
    assert wire.azure.store.key not in json.dumps(received.json)
    assert wire.post(event(name="x")).status == 200


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ({"status": 418}, "expected one of 206, 307"),
        ({"status": "429"}, "status"),
        ({"status": 206}, "go together"),
        ({"errors": {"0": 429}}, "go together"),
        ({"delayS": -1}, "delayS"),
        ({"times": 0}, "times"),
        ({"retry_after": 5}, "retry_after"),
        ([], "object"),
    ],
)
def test_a_switch_that_makes_no_sense(wire: Wire, setting: Any, part: str) -> None:
    """A setting that makes no sense is refused, with what is expected; the switch stays as it was."""
    headers = {TOKEN: wire.azure.store.key}
    received = wire.ask("PUT", "/fault-injection", json.dumps(setting).encode(), headers)
    assert received.status == 400
    assert part in received.json["error"]["message"]
    assert wire.post(event(name="x")).status == 200


@pytest.mark.parametrize("setting", [{"status": 418}, {"status": 206}, {"errors": {0: 429}}])
def test_the_same_in_python(setting: dict[str, Any]) -> None:
    """Errors that make no sense are refused where they are made."""
    with pytest.raises(ValueError, match=r"expected one of|go together"):
        InjectedError(**setting)
