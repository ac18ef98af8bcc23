"""A script is understood at once, or refused with what was expected."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from foundry_telemetry.testing import FakeFoundry, FakeResponse, ReceivedRequest, sequences
from foundry_telemetry.testing.captured_request import joined
from foundry_telemetry.testing.script import NoAnswer, Play
from tests.support.patience import PATIENCE_S


def statuses(script: Any, count: int) -> list[int | str]:
    """What a script answers to this many requests."""
    play = Play(script, retry_after_s=0.01)
    items = [play.next(ReceivedRequest()) for _ in range(count)]
    return [item.name if isinstance(item, NoAnswer) else item.status for item in items]


def test_items_are_played_in_order_and_the_last_is_repeated() -> None:
    """Each request takes the next item; after the last it is the last again."""
    script = (429, "err_529_overloaded", FakeResponse(status=204), "connect_error", 200)
    assert statuses(script, 7) == [429, 529, 204, "ConnectError", 200, 200, 200]


@pytest.mark.parametrize("item", [429, "err_529_overloaded", FakeResponse(), OSError("x"), OSError])
def test_one_item_is_a_script(item: Any) -> None:
    """A script of one item need not be a tuple."""
    assert statuses(item, 1) == statuses((item,), 1)


def test_a_recorded_sequence_is_a_script() -> None:
    """The cases of a sequence are played one after the other, lost connections included."""
    assert statuses(sequences()["seq_connect_error_then_stream"].sequence, 2) == ["ConnectError", 200]


def test_a_callable_answers_each_request() -> None:
    """A callable gets each request and returns any item."""
    play = Play(lambda request: 200 if request.model == "good" else 404, retry_after_s=None)
    answers = [play.next(ReceivedRequest(body=b'{"model": "%b"}' % model)) for model in (b"good", b"bad")]
    assert [item.status for item in answers if isinstance(item, FakeResponse)] == [200, 404]


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [
        ("sse_txt", ValueError, "script item 2 is 'sse_txt'.*'sse_text'"),
        ("conect_error", ValueError, "'connect_error'"),
        (302, ValueError, "script item 2 is 302: expected 200, or 400 to 599"),
        (True, TypeError, "script item 2 is True: expected a status"),
        (None, TypeError, "script item 2 is None"),
        ("noresp_credential_error", ValueError, "without a response"),
    ],
)
def test_bad_items_are_named(item: Any, kind: type[Exception], message: str) -> None:
    """A wrong item is refused when the script is given, by its place, with what was expected."""
    with pytest.raises(kind, match=message):
        FakeFoundry((200, item))


def test_empty_scripts_and_pieces_are_refused() -> None:
    """There must be something to play, in pieces of at least a byte."""
    with pytest.raises(ValueError, match="empty script"):
        FakeFoundry(())
    with pytest.raises(ValueError, match="piece_size=0"):
        FakeFoundry(piece_size=0)


def test_requests_are_kept_by_a_crowd() -> None:
    """Requests of many threads are all kept, and each takes an item of its own."""
    play = Play((*[429] * 19, 200), retry_after_s=None)
    got: list[Any] = []
    crowd = [threading.Thread(target=lambda: got.append(play.next(ReceivedRequest()))) for _ in range(20)]
    for thread in crowd:
        thread.start()
    assert len(play.wait_for(20, PATIENCE_S)) == 20
    for thread in crowd:
        thread.join()
    assert sorted(item.status for item in got) == [200, *[429] * 19]


def test_a_timeout_reports_how_many_came() -> None:
    """A wait that ends without the requests reports how many there were."""
    with pytest.raises(TimeoutError, match="0 of 1 requests arrived within 0 s"):
        FakeFoundry().wait_for_requests(1, timeout=0)


def test_request_facts() -> None:
    """What a request asks for is read off its path and body, and a body that is no JSON is no error."""
    request = ReceivedRequest(body=b'{"model": "m", "stream": true}')
    assert (request.model, request.wants_stream, request.operation) == ("m", True, "chat")
    assert ReceivedRequest(path="/p/v1/messages/count_tokens").operation == "count_tokens"
    for body in (b"", b"{", b"[1]", b'{"model": 3}'):
        odd = ReceivedRequest(body=body)
        assert (odd.model, odd.wants_stream) == (None, False)


def test_repeated_headers_are_joined() -> None:
    """Header names are lower case, and the values of a repeated one are kept together."""
    assert joined([("A", "1"), ("b", "2"), ("a", "3")]) == {"a": "1, 3", "b": "2"}
