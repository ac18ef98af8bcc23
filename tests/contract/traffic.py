"""Traffic that makes the library tell all that it can tell, and what came out of it, name by name.

*Place*: where a name was seen, in the inventory's words. Every recorded answer goes through a bare client and
through the SDK, whose spans are compared with those it writes without us; then what no recording has.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from typing import Any
from unittest.mock import patch

import structlog

import foundry_telemetry
from foundry_telemetry import attempt as attempt_module
from foundry_telemetry.attribution import set_tags
from foundry_telemetry.dropped_items import Reason, Signal, dropped
from foundry_telemetry.limits import budgets, quota
from foundry_telemetry.limits.quota import Limits
from foundry_telemetry.logs import add_foundry_context, log_attempts
from foundry_telemetry.schema.value import EVENT_NAME, SCOPE
from foundry_telemetry.testing import FakeFoundry, answer
from tests.instrumentation.replay import NO_ANSWER, Step, case_named, replay, step_of, steps_named
from tests.instrumentation.sdk import call, client_for, close, make_client, middleware_of
from tests.support.capture import Capture
from tests.support.families import httpx, sdk_has_spans
from tests.support.recorded import cases, request_body, request_headers, url_of

URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
ASKED: dict[str, Any] = {
    "model": "my-deployment",
    "max_tokens": 64,
    "output_config": {"effort": "high"},
    "messages": [{"role": "user", "content": "CANARY-PROMPT"}],
}
PLAYABLE = [case for case in cases() if case["response"] or case["id"] in NO_ANSWER]

Place = tuple[str, str]
"""Where, and the name."""


class Seen:
    """The values of each name in each place."""

    def __init__(self) -> None:
        self.values: defaultdict[Place, list[Any]] = defaultdict(list)
        self.lines: list[dict[str, Any]] = []

    def take(self, capture: Capture, *, theirs: Iterable[str] = ()) -> None:
        """Add what came out of a capture, without the names that others wrote onto their spans."""
        for span in capture.spans:
            scope = span.instrumentation_scope
            ours = scope is not None and scope.name == SCOPE
            if ours:
                self.values["span name", span.name.split()[0]].append(span.name)
            self._add("span", span.attributes, () if ours else theirs)
            assert not span.events
            assert span.status.description is None
        for item in capture.log_exporter.get_finished_logs():
            self.values["body", EVENT_NAME].append(item.log_record.body)
        for event in capture.ledger:
            self._add("ledger", event)
        for name, points in capture.points().items():
            self.values["metric", name] += [
                point.value if hasattr(point, "value") else point.sum for point in points
            ]
            for point in points:
                self._add("metric attribute", point.attributes)

    def _add(self, place: str, attributes: Any, without: Iterable[str] = ()) -> None:
        for name, value in (attributes or {}).items():
            if name not in without:
                self.values[place, name].append(value)


def run() -> Seen:
    """Send all of it; what was reported."""
    seen = Seen()
    set_tags(on_metrics=["tenant"])
    try:
        with foundry_telemetry.attribute(tenant="acme", user="jane@example.com"):
            for case in PLAYABLE:
                with _at(case):
                    _bare(case, seen)
                    _through_the_sdk(case, seen)
            _refused_credential(seen)
            _retried(seen)
            _over_a_socket(seen)
        _busy(seen)
        _lines(seen)
    finally:
        foundry_telemetry.uninstrument()
        set_tags()
    for line in seen.lines:
        seen._add("log", line)
    return seen


def _at(case: dict[str, Any]) -> Any:
    now = case["request"]["auth"]["now"]
    return patch.object(attempt_module, "time_ns", lambda: now * 10**9 if now else time.time_ns())


def _bare(case: dict[str, Any], seen: Seen) -> None:
    capture = Capture()
    foundry_telemetry.instrument(**capture.options | {"hosts": ("gw.example.com",)})
    _exchange(
        [step_of(case)],
        lambda client: client.request(
            case["request"]["method"], url_of(case), headers=request_headers(case), content=request_body(case)
        ),
    )
    seen.take(capture)


def _exchange(steps: list[Step], send: Callable[[Any], object]) -> None:
    with httpx.Client(transport=replay(httpx, steps)) as client, suppress(httpx.TransportError):
        send(client)


def _through_the_sdk(case: dict[str, Any], seen: Seen) -> None:
    if not sdk_has_spans:
        return
    foundry_telemetry.uninstrument()
    alone = Capture()
    _sdk_call(case, alone, steps=[step_of(case)])
    theirs = {name for span in alone.spans for name in span.attributes or {}}
    capture = Capture()
    foundry_telemetry.instrument(**capture.options)
    _sdk_call(case, capture, steps=[step_of(case)])
    seen.take(capture, theirs=theirs)


def _sdk_call(case: dict[str, Any], capture: Capture, **options: Any) -> None:
    options = {"open_telemetry": {"tracer_provider": capture.tracer_provider}, **options}
    client = client_for(case, is_async=False, max_retries=0, **options)
    asyncio.run(_ask(client, "create_stream" if case["expect"]["streamed"] else "create"))


async def _ask(client: Any, form: str) -> None:
    try:
        await call(client, form)
    except Exception:
        pass
    finally:
        await close(client)


def _refused_credential(seen: Seen) -> None:
    case = case_named("noresp_credential_error")
    capture = Capture()

    def provider() -> str:
        raise RuntimeError(case["expect"]["client_exception_message"])

    foundry_telemetry.uninstrument()
    _sdk_call(
        case,
        capture,
        steps=[],
        open_telemetry=False,
        azure_ad_token_provider=provider,
        middleware=[middleware_of(capture)],
    )
    seen.take(capture)


def _retried(seen: Seen) -> None:
    """A retry with a span of ours for each attempt, and an effort that was asked for."""
    capture = Capture()
    foundry_telemetry.instrument(**capture.options)
    steps = steps_named("err_529_overloaded", "ok_json_basic")
    client = make_client(is_async=False, steps=steps, open_telemetry=False)
    with patch("time.sleep"):
        asyncio.run(_ask(client, "create"))
    _exchange(steps_named("ok_json_basic"), lambda client: client.post(URL, json=ASKED))
    seen.take(capture)


def _over_a_socket(seen: Seen) -> None:
    capture = Capture()
    foundry_telemetry.instrument(**capture.options)
    dated = answer().with_headers({"date": formatdate(time.time() - 400, usegmt=True)})
    with FakeFoundry(("sse_text", dated)) as foundry, httpx.Client(trust_env=False) as client:
        for _ in range(2):
            client.post(f"{foundry.base_url}/v1/messages", json={**ASKED, "stream": True})
    seen.take(capture)


def _busy(seen: Seen) -> None:
    """More and more calls, up to a limit and over a budget, while our own code fails once."""
    capture = Capture()
    project = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a/projects/p"
    foundry_telemetry.instrument(**capture.options, project_id=project)
    quota.set_limits({"my-deployment": Limits(requests=1000)})
    budgets.on_budget(None, usd=1e-9)
    dropped.add(Reason.INTERNAL_ERROR, Signal.ATTEMPTS)
    dropped.is_counted = True
    try:
        now = time.time_ns()
        for at, count in ((240, 1), (150, 4), (60, 8), (5, 20)):
            with patch.object(attempt_module, "time_ns", lambda at=at: now - at * 10**9):
                for _ in range(count):
                    _exchange(steps_named("ok_json_basic"), lambda client: client.post(URL, json=ASKED))
        seen.take(capture)
    finally:
        quota.set_limits({})
        budgets.set_budgets([])
        budgets.overruns.clear()


def _lines(seen: Seen) -> None:
    """The lines of log_attempts(), and one of the application with what the processor adds."""
    capture = Capture()
    logger = structlog.wrap_logger(
        structlog.testing.CapturingLogger(), processors=[add_foundry_context, _keep(seen.lines)]
    )
    foundry_telemetry.instrument(**capture.options | {"sinks": (log_attempts(logger),)})
    tracer = capture.tracer_provider.get_tracer("application")
    for name in ("ok_json_cache_thinking", "sse_text", "err_529_overloaded"):
        with tracer.start_as_current_span("work"):
            _exchange(steps_named(name), lambda client: client.post(URL, json={**ASKED, "stream": True}))
            logger.info("done")


def _keep(lines: list[dict[str, Any]]) -> Callable[..., Any]:
    def keep(_logger: object, _method: str, line: Any) -> Any:
        lines.append(dict(line))
        raise structlog.DropEvent

    return keep
