"""The trace context on requests of raw clients: by the propagator that the application has chosen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import baggage, propagate
from opentelemetry import context as context_api
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import get_current_span

from foundry_telemetry.internal_errors import internal_errors
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family

ROOT = Path(__file__).parents[2]
URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
OWN = "x-own-trace"

SCRIPT = f"""
import json, sys
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import TracerProvider
import foundry_telemetry
import {{family}} as family

sent = []
trace.set_tracer_provider(TracerProvider())
foundry_telemetry.instrument(sinks=[lambda _: None])
context.attach(baggage.set_baggage("user", "jane"))
answer = lambda request: sent.append(dict(request.headers)) or family.Response(200, json={{{{}}}})
with family.Client(transport=family.MockTransport(answer)) as client:
    client.post("{URL}", json={{{{"model": "dep"}}}})
print(json.dumps(sorted(name for name in sent[0] if name in ("traceparent", "baggage", "tracestate"))))
"""


@pytest.mark.parametrize(
    ("variable", "headers"),
    [
        (None, ["traceparent"]),
        ("", ["traceparent"]),
        ("tracecontext", ["traceparent"]),
        ("tracecontext,baggage", ["baggage", "traceparent"]),
        ("baggage", ["baggage"]),
        ("none", []),
    ],
)
@pytest.mark.parametrize("family", sorted({family.module.__name__ for family in FAMILIES}))
def test_the_variable_is_obeyed(family: str, variable: str | None, headers: list[str]) -> None:
    """What ``OTEL_PROPAGATORS`` names is sent and nothing else; without it no baggage leaves."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    if variable is not None:
        environment["OTEL_PROPAGATORS"] = variable
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(family=family)],
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == headers


class Own(TextMapPropagator):
    """A propagator of the application."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = None) -> Context:
        """Nothing comes in."""
        return context or Context()

    def inject(
        self, carrier: MutableMapping[str, str], context: Context | None = None, setter: Any = None
    ) -> None:
        """The span id alone."""
        carrier[OWN] = f"{get_current_span(context).get_span_context().span_id:016x}"

    @property
    def fields(self) -> set[str]:
        """The one header."""
        return {OWN}


class Broken(Own):
    """One that raises."""

    def inject(self, carrier: Any, context: Context | None = None, setter: Any = None) -> None:
        """Never."""
        raise ValueError("of the application")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = propagate.get_global_textmap()
    token = context_api.attach(baggage.set_baggage("user", "jane"))
    yield
    context_api.detach(token)
    propagate.set_global_textmap(before)


@pytest.fixture(params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Family:
    """Each client class."""
    family: Family = request.param
    return family


def send(family: Family, *statuses: int, **headers: str) -> list[dict[str, str]]:
    """The request headers of one call; a status of 3xx sends it on."""
    sent: list[dict[str, str]] = []
    script = list(statuses or (200,))

    def answer(request: Any) -> Any:
        sent.append(dict(request.headers))
        return family.module.Response(script.pop(0), headers={"location": URL}, json={})

    async def scenario() -> None:
        transport = family.module.MockTransport(answer)
        async with family.client(transport=transport, follow_redirects=True) as client:
            await client.request("POST", URL, json={"model": "dep"}, headers=headers)

    family.run(scenario)
    return sent


def span_ids(capture: Capture) -> list[str]:
    """Of all spans, in the order they ended."""
    return [f"{span.context.span_id:016x}" for span in capture.spans]


def test_a_global_propagator_is_obeyed(family: Family, instrumented: Capture) -> None:
    """What ``set_global_textmap()`` was given writes the headers, of the call's own span; no other does."""
    propagate.set_global_textmap(Own())
    (headers,) = send(family)
    assert headers[OWN] == span_ids(instrumented)[0]
    assert not {"traceparent", "baggage"} & headers.keys()


def test_baggage_that_was_asked_for(family: Family, instrumented: Capture) -> None:
    """Baggage in a propagator of the application is the application's decision."""
    propagate.set_global_textmap(CompositePropagator([Own(), W3CBaggagePropagator()]))
    (headers,) = send(family)
    assert headers["baggage"] == "user=jane"
    assert OWN in headers


def test_another_one_later(family: Family, instrumented: Capture) -> None:
    """A propagator that is set between two calls holds from then on."""
    (first,) = send(family)
    propagate.set_global_textmap(Own())
    (second,) = send(family)
    assert "traceparent" in first
    assert "traceparent" not in second
    assert OWN in second


def test_what_the_caller_wrote(family: Family, instrumented: Capture) -> None:
    """A header that the caller has set is sent as it is."""
    propagate.set_global_textmap(Own())
    (headers,) = send(family, **{OWN: "the caller's"})
    assert headers[OWN] == "the caller's"


def test_a_request_that_is_sent_on(family: Family, instrumented: Capture) -> None:
    """Each hop carries the span of its own attempt, though the client copies the headers."""
    propagate.set_global_textmap(Own())
    sent = send(family, 307, 200)
    assert [headers[OWN] for headers in sent] == span_ids(instrumented)


def test_a_propagator_that_raises(family: Family, instrumented: Capture) -> None:
    """It costs the headers alone: the call, its span and its record are whole, and it is counted."""
    propagate.set_global_textmap(Broken())
    before = internal_errors.count
    (headers,) = send(family)
    assert not {"traceparent", OWN} & headers.keys()
    assert internal_errors.count == before + 1
    assert len(instrumented.spans) == len(instrumented.ledger) == 1
    internal_errors.count = before
