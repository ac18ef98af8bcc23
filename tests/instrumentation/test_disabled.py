"""`FOUNDRY_TELEMETRY_DISABLED`: the switch for a laptop."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import foundry_telemetry
from foundry_telemetry import disabled
from foundry_telemetry.disabled import VARIABLE, is_disabled, read_switch
from foundry_telemetry.testing import FoundryKit
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]

EVERYTHING = """
import json, logging, sys, threading
import anthropic, httpx, httpx2
logging.basicConfig(level=logging.INFO, format="%(message)s")
classes = [getattr(module, name) for module in (httpx, httpx2) for name in ("Client", "AsyncClient")]
before = [dict(vars(one)) for one in classes]

import foundry_telemetry as ft
from foundry_telemetry.attribution.celery import carry_through_celery
from foundry_telemetry.instrumentation import FoundryMiddleware
from foundry_telemetry.instrumentation.instrumentor import FoundryInstrumentor
from opentelemetry import _logs, metrics, trace

ft.configure()
ft.instrument()
FoundryInstrumentor().instrument()
carry_through_celery()
hooks = ft.event_hooks()
url = "https://r.services.ai.azure.com/anthropic"
answer = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m",
          "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}
client = httpx2.Client(
    transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer)), event_hooks=hooks
)
ft.instrument(client)
own = dict(vars(client))
sdk = anthropic.AnthropicFoundry(
    base_url=url, api_key="k", http_client=client, middleware=[FoundryMiddleware()]
)
with ft.attribute(tenant="acme"), ft.attempts() as seen:
    reply = sdk.messages.create(model="d", max_tokens=1, messages=[{"role": "user", "content": "x"}])
ft.uninstrument()
from foundry_telemetry.azure import flush

patched = {name for one, then in zip(classes, before) for name, value in vars(one).items()
           if value is not then.get(name)}
heavy = ("azure.monitor", "opentelemetry.sdk.trace.export")
print(json.dumps({
    "patched": sorted(patched),
    "client": "_transport_for_url" in own,
    "hooks": [hooks, ft.async_event_hooks()],
    "threads": [each.name for each in threading.enumerate() if each is not threading.main_thread()],
    "exporters": [name for name in sys.modules if name.startswith(heavy)],
    "providers": [type(p).__module__ for p in
                  (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider())],
    "seen": list(seen), "last": ft.last_attempt(), "reply": reply.id, "flushed": flush(),
}))
"""


@pytest.mark.slow
def test_nothing_is_attached(tmp_path: Path) -> None:
    """Whatever is called: no patch, no hook, no thread, no exporter, no provider; calls and tags work."""
    ended = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        env={**os.environ, VARIABLE: "True", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    reported = json.loads(ended.stdout)
    assert reported.pop("hooks") == [{"request": [], "response": []}] * 2
    assert not any(module.startswith("opentelemetry.sdk") for module in reported.pop("providers"))
    assert reported == {
        "patched": [],
        "client": False,
        "threads": [],
        "exporters": [],
        "seen": [],
        "last": None,
        "reply": "msg_1",
        "flushed": True,
    }
    for what in ("configure()", "instrument()", "event_hooks()", "FoundryMiddleware"):
        assert f"{what} does nothing: {VARIABLE}=true" in ended.stderr.splitlines()


@pytest.mark.parametrize("value", ["true", "TRUE", " True "])
def test_on(value: str) -> None:
    """``true`` in any case switches the library off, as OpenTelemetry reads booleans."""
    assert read_switch({VARIABLE: value}) == (True, None)


@pytest.mark.parametrize("value", [None, "", " ", "false", "FALSE"])
def test_off(value: str | None) -> None:
    """Unset, empty or ``false``: telemetry is on, without a word."""
    assert read_switch({} if value is None else {VARIABLE: value}) == (False, None)


@pytest.mark.parametrize("value", ["1", "yes", "on", "t", "truee"])
def test_an_odd_value_is_false_and_warned_about_once(
    value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Anything else is false, and one warning has the value and what is expected."""
    disabled._warn.cache_clear()
    monkeypatch.setenv(VARIABLE, value)
    with caplog.at_level(logging.INFO):
        assert [is_disabled("instrument()"), is_disabled("configure()")] == [False, False]
    assert caplog.messages == [f"{VARIABLE}={value!r}: expected true or false; telemetry stays on"]


def test_arguments_are_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyword that no integration takes is refused on a laptop as in production."""
    monkeypatch.setenv(VARIABLE, "true")
    with pytest.raises(TypeError, match="no keyword 'host'"):
        foundry_telemetry.event_hooks(host=[])  # type: ignore[call-arg]


def test_a_kit_records_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test with the kit passes where its developer has switched telemetry off; the switch is put back."""
    monkeypatch.setenv(VARIABLE, "true")
    import httpx

    with FoundryKit() as foundry, httpx.Client() as client:
        foundry_telemetry.configure()
        client.post(
            "https://r.services.ai.azure.com/anthropic/v1/messages",
            json={"model": "d", "max_tokens": 1, "messages": []},
        )
    assert len(foundry.attempts) == 1
    assert os.environ[VARIABLE] == "true"
