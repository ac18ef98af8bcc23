"""The caller's context: nothing of ours stays in it, and nothing of the user's becomes our child."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN

from tests.support.capture import Capture
from tests.support.compare import User, only, same
from tests.support.families import FAMILIES, Family, pieces
from tests.support.fault_server import EVENTS, FaultServer

ASYNC = [family for family in FAMILIES if family.is_async]


@pytest.mark.row(49)
@pytest.mark.parametrize("family", ASYNC, ids=str)
@pytest.mark.parametrize("outer", [False, True], ids=["bare", "in-span"])
def test_stream_resumed_in_another_task(
    family: Family, capture: Capture, server: FaultServer, caplog: pytest.LogCaptureFixture, outer: bool
) -> None:
    """A stream begun in one task and read to its end in another leaves both contexts as they were."""
    tracer = capture.tracer_provider.get_tracer("user")

    async def scenario(user: User) -> None:
        span = tracer.start_span("outer") if outer else INVALID_SPAN
        with trace.use_span(span, end_on_exit=True):
            context = user.stream("events")
            response = await asyncio.create_task(context.__aenter__())
            body = response.aiter_bytes()
            got = [await asyncio.create_task(anext(body))]
            assert trace.get_current_span() is span

            async def rest() -> None:
                assert trace.get_current_span() is span
                got.extend([piece async for piece in body])
                assert trace.get_current_span() is span

            await asyncio.create_task(rest())
            await asyncio.create_task(context.__aexit__(None, None, None))
            assert trace.get_current_span() is span
        assert trace.get_current_span() is INVALID_SPAN
        user.record(pieces=got)
        user.record_response(response)

    reported = same(family, capture, server, scenario)
    assert reported.observed["pieces"] == list(EVENTS)
    assert not [record for record in caplog.records if "detach" in record.getMessage()]
    assert capture.observations[0].outcome == "ok"
    ours = [span for span in capture.spans if span.name.startswith("chat")]
    assert len(ours) == 1
    assert (ours[0].parent is not None) is outer


@pytest.mark.row(50)
@pytest.mark.parametrize("leave", ["read", "break"])
@pytest.mark.parametrize("outer", [False, True], ids=["bare", "in-span"])
def test_user_span_between_pieces(
    family: Family, capture: Capture, server: FaultServer, leave: str, outer: bool
) -> None:
    """A span the user opens between two pieces, or after leaving a stream, is no child of ours."""
    tracer = capture.tracer_provider.get_tracer("user")

    def child_of_current(user: User, expected: Any) -> None:
        with tracer.start_as_current_span("user") as span:
            parent = span.parent and span.parent.span_id
        user.record(parent=parent == expected)
        assert parent == expected

    async def scenario(user: User) -> None:
        span = tracer.start_span("outer") if outer else INVALID_SPAN
        expected = span.get_span_context().span_id or None
        with trace.use_span(span, end_on_exit=True):
            async with user.stream("events") as response:
                child_of_current(user, expected)
                body = pieces(response)
                async for _ in body:
                    child_of_current(user, expected)
                    assert trace.get_current_span() is span
                    if leave == "break":
                        break
                await body.aclose()
                child_of_current(user, expected)
            child_of_current(user, expected)
        assert trace.get_current_span() is INVALID_SPAN

    same(family, capture, server, scenario)
    (seen,) = capture.observations
    assert seen.outcome == ("ok" if leave == "read" else "abandoned")
    ours = {span.context.span_id for span in capture.spans if span.name.startswith("chat")}
    assert len(ours) == 1
    assert not [span for span in capture.spans if span.parent and span.parent.span_id in ours]


@pytest.mark.row(50)
def test_abandoned_stream_leaves_no_parent(family: Family, capture: Capture, server: FaultServer) -> None:
    """After a stream that is left open, the next call starts a trace of its own."""

    async def scenario(user: User) -> None:
        async with user.stream("held") as response:
            body = pieces(response)
            await anext(body)
            user.record_response(await user.post("ok"))
            await body.aclose()

    same(family, capture, server, scenario)
    assert [seen.outcome for seen in capture.observations] == ["ok", "abandoned"]
    answered, left = capture.spans
    assert answered.parent is None
    assert left.parent is None
    assert answered.context.trace_id != left.context.trace_id


@pytest.mark.row(50)
def test_inside_a_user_span(family: Family, capture: Capture, server: FaultServer) -> None:
    """Our span is a child of the span the call was made in, and the ledger event is in ours."""
    tracer = capture.tracer_provider.get_tracer("user")

    async def scenario(user: User) -> None:
        with tracer.start_as_current_span("outer"):
            user.record_response(await user.post("ok"))

    same(family, capture, server, scenario)
    ours = next(span for span in capture.spans if span.name.startswith("chat"))
    outer = capture.spans[-1]
    assert ours.parent.span_id == outer.context.span_id
    record = capture.log_exporter.get_finished_logs()[0].log_record
    assert record.span_id == ours.context.span_id


@pytest.mark.row(49)
def test_nothing_is_left_current_after_a_failure(
    family: Family, capture: Capture, server: FaultServer
) -> None:
    """A call that raises leaves the context as it was."""

    async def scenario(user: User) -> None:
        with user.fails():
            await user.post("garbage")
        assert trace.get_current_span() is INVALID_SPAN

    same(family, capture, server, scenario)
    assert only(capture).outcome == "no_response"
