"""Interpreters and installations that are not as usual: packages missing, variables wrong, threads green."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.azure.settings import InstrumentOptions, read_settings
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import NO_FASTAPI, PATIENCE_S, ROOT, running
from tests.support.fault_server import FaultServer

CALLS: Final = """
import importlib, json, sys

URL = "https://contoso.services.ai.azure.com/anthropic/v1/messages"
BODY = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 1, "output_tokens": 1}}
STRING = "InstrumentationKey=00000000-1111-2222-3333-444444444444;IngestionEndpoint=http://127.0.0.1:9/"
reported = {}

def attempt(name, work):
    try:
        reported[name] = work()
    except Exception as error:
        reported[name] = f"{type(error).__name__}: {error}"

def call(family):
    http = importlib.import_module(family)
    with http.Client(transport=http.MockTransport(lambda _: http.Response(200, json=BODY))) as client:
        assert client.post(URL, json={"model": "d"}).json() == BODY
    return "called"
"""
SAY: Final = "print(json.dumps(reported))"


def reported_by(script: str, **environment: str) -> dict[str, Any]:
    """What a script tells in a process of its own; a warning that Python would show is an error."""
    ended = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", CALLS + script + SAY],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **NO_FASTAPI, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 0, ended.stderr
    reported: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {**reported, "stderr": ended.stderr}


# --- packages that are not there --------------------------------------------------------------------------

WITHOUT: Final = """
for name in MISSING:
    sys.modules[name] = None  # as if it were not installed, for `import` and for `find_spec`
import foundry_telemetry
seen = []
attempt("instrument", lambda: foundry_telemetry.instrument(sinks=[seen.append]))
attempt("hooks", lambda: sorted(foundry_telemetry.event_hooks()))
for family in ("httpx", "httpx2"):
    attempt(family, lambda: call(family))
reported["seen"] = len(seen)
attempt("configure", lambda: foundry_telemetry.configure(connection_string=STRING))
integrations = "foundry_telemetry.instrumentation"
attempt("middleware", lambda: importlib.import_module(integrations).FoundryMiddleware.__name__)
"""


@pytest.mark.slow
@pytest.mark.row(82)
@pytest.mark.parametrize(
    ("missing", "seen", "unusable"),
    [
        (("httpx2",), 1, {"httpx2", "middleware"}),
        (("httpx",), 1, {"httpx"}),
        (("httpx", "httpx2"), 0, {"httpx", "httpx2", "middleware"}),
        (("anthropic",), 2, {"middleware"}),
        (("azure.monitor.opentelemetry",), 2, {"configure"}),
        (("opentelemetry.sdk",), 2, {"configure"}),
        (("opentelemetry.instrumentation.httpx",), 2, set()),
        (("structlog",), 2, set()),
        (("genai_prices",), 2, set()),
        (("opentelemetry._logs",), 0, {"instrument", "hooks", "configure", "middleware"}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_without_a_package(missing: tuple[str, ...], seen: int, unusable: set[str]) -> None:
    """Without a package all works that does not need it; what needs it names it, and no call fails for it."""
    reported = reported_by(f"MISSING = {missing!r}{WITHOUT}")
    failed = {name: text for name, text in reported.items() if "Error: " in str(text) and name != "stderr"}
    assert set(failed) == unusable
    assert all(text.startswith("ModuleNotFoundError") for text in failed.values())
    assert all(any(name in text for name in missing) for text in failed.values()), failed
    assert reported["seen"] == seen
    assert "Traceback" not in reported["stderr"]


# --- configuration that is wrong --------------------------------------------------------------------------

CONFIGURED: Final = """
import foundry_telemetry
attempt("configure", lambda: foundry_telemetry.configure(connection_string=STRING))
attempt("call", lambda: call("httpx"))
"""


@pytest.mark.slow
@pytest.mark.row(81)
@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("OTEL_BSP_MAX_QUEUE_SIZE=many", "many"),
        ("OTEL_BSP_MAX_QUEUE_SIZE=-1", "max_queue_size"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE=99999", "max_export_batch_size"),
        ("OTEL_METRIC_EXPORT_INTERVAL=soon", "export interval"),
        ("OTEL_METRIC_EXPORT_INTERVAL=-5", "interval value"),
        ("OTEL_RESOURCE_ATTRIBUTES=nonsense", "nonsense"),
        ("OTEL_PROPAGATORS=nobody", "nobody"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT=-1", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
        ("OTEL_TRACES_SAMPLER=nobody", "OTEL_TRACES_SAMPLER"),
        ("OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=x", "OTEL_TRACES_SAMPLER_ARG"),
        ("FOUNDRY_TELEMETRY_SETTINGS=/nowhere.toml", "/nowhere.toml"),
    ],
)
def test_wrong_variable(variable: str, word: str) -> None:
    """A variable that makes no sense fails at `configure()` or is warned of by name; calls work."""
    environment = dict(one.split("=", 1) for one in variable.split())
    reported = reported_by(CONFIGURED, OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel", **environment)
    assert reported["call"] == "called"
    assert word in f"{reported['configure']}{reported['stderr']}"


@pytest.mark.row(75, 81)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["InstrumentationKey", "instrumentationkey", "IngestionEndpoint", "Authorization", ""]
            ),
            st.sampled_from(["=", "", "=="]),
            st.one_of(
                st.just("0a1b2c3d-1111-2222-3333-444455556666"), st.just("https://a.b/"), st.text(max_size=20)
            ),
        ).map("".join),
        max_size=4,
    ).map(";".join)
)
def test_any_connection_string(string: str) -> None:
    """Whatever is given as a connection string, it is taken, or refused with a message that shows no key."""
    try:
        taken = read_settings(string, 1.0, {}, InstrumentOptions())
    except ValueError as error:
        shown = str(error)
    else:
        shown = repr(taken)
    assert "0a1b2c3d" not in shown


# --- imported again ---------------------------------------------------------------------------------------

AGAIN: Final = """
import httpx
import foundry_telemetry
original = httpx.Client._transport_for_url
first, second = [], []
foundry_telemetry.instrument(sinks=[first.append])
with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=BODY))) as own:
    foundry_telemetry.instrument(own, sinks=[first.append])
    if HOW == "reload":
        foundry_telemetry = importlib.reload(foundry_telemetry)
    else:
        for name in [name for name in sys.modules if name.startswith("foundry_telemetry")]:
            del sys.modules[name]
        import foundry_telemetry
    foundry_telemetry.instrument(sinks=[second.append])
    call("httpx")
    reported["other clients"] = len(first), len(second)
    foundry_telemetry.instrument(own, sinks=[second.append])
    own.post(URL, json={})
    reported["its client"] = len(first), len(second)
    foundry_telemetry.uninstrument(own)
    foundry_telemetry.uninstrument()
    own.post(URL, json={})
    call("httpx")
reported["off"] = len(first), len(second)
reported["original"] = httpx.Client._transport_for_url is original and not vars(own).get("_transport_for_url")
"""


@pytest.mark.row(39)
@pytest.mark.parametrize("how", ["reload", "import anew"])
def test_imported_again(how: str) -> None:
    """A copy of us takes the place of the one before: each attempt is reported once, all can be undone."""
    reported = reported_by(f"HOW = {how!r}{AGAIN}")
    assert reported["other clients"] == [0, 1]
    assert reported["its client"] == [0, 2]
    assert reported["off"] == [0, 2]
    assert reported["original"] is True


SUB_INTERPRETER: Final = """
import os
import _xxsubinterpreters as interpreters

script = '''
import os
import httpx
import foundry_telemetry
seen = []
foundry_telemetry.instrument(sinks=[seen.append])
with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={}))) as client:
    client.post("https://contoso.services.ai.azure.com/anthropic/v1/messages", json={})
os.write(pipe, b"%d" % len(seen))
'''
read_end, write_end = os.pipe()
one = interpreters.create()
for _ in range(2):
    interpreters.run_string(one, f"pipe = {write_end}" + script)
interpreters.destroy(one)
for _ in range(2):
    exec(f"pipe = {write_end}" + script, {})
reported["seen"] = os.read(read_end, 100).decode()
"""


@pytest.mark.row(39)
@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="msgspec loads in no sub-interpreter of Python 3.12 and later"
)
def test_sub_interpreter() -> None:
    """Interpreters of one process do not see each other's attempts, however often each is instrumented."""
    assert reported_by(SUB_INTERPRETER)["seen"] == "1111"


# --- green threads ----------------------------------------------------------------------------------------

GREEN: Final = {
    "gevent": """
from gevent import monkey, pool, spawn, sleep
monkey.patch_all()
def together(work, count):
    group = pool.Group()
    for number in range(count):
        group.spawn(work, number)
    group.join(raise_error=True)
""",
    "eventlet": """
import warnings
warnings.simplefilter("ignore")  # it is deprecated, and says so
import trio  # httpcore imports it if it is there; its import fails on green sockets
import eventlet
eventlet.monkey_patch()
spawn, sleep = eventlet.spawn, eventlet.sleep
def together(work, count):
    for green in [spawn(work, number) for number in range(count)]:
        green.wait()
""",
}

CALLING_GREEN: Final = """
import json, signal, threading
import httpx
import foundry_telemetry
foundry_telemetry.configure(hosts=["127.0.0.1"])
ticks, running, seen = [], [True], []

def tick():
    while running:
        ticks.append(None)
        sleep(0)

def call(number):
    with client.stream("POST", URL, json={"model": f"d{number}", "stream": True}) as response:
        for piece in response.iter_bytes():
            seen.append(len(ticks))
            sleep(0)

spawn(tick)
with httpx.Client(timeout=30) as client:
    together(call, 20)
running.clear()
print(json.dumps({"ticks": len(ticks), "meanwhile": len(set(seen))}), flush=True)
"""


@pytest.mark.slow
@pytest.mark.row(54)
@pytest.mark.parametrize("library", GREEN)
def test_green_threads(library: str, tmp_path: Path) -> None:
    """Where threads are green, twenty streams run at once, and all of them are reported and arrive."""
    pytest.importorskip(library, reason=f"{library} is not installed", exc_type=ImportError)
    with FaultServer() as server, FakeIngestion() as azure:
        script = f"URL = {server.url('events')!r}\n{CALLING_GREEN}"
        with running(script, azure, tmp_path, prelude=GREEN[library], EVENTLET_NO_GREENDNS="yes") as process:
            ended = process.end()
        assert ended.code == 0, ended.errors
        events = azure.events("foundry.attempt")
        assert sorted(event["gen_ai.request.model"] for event in events) == sorted(f"d{n}" for n in range(20))
        assert {event["foundry.outcome"] for event in events} == {"ok"}
        assert len(server.counts().requests) == 20
    (reported,) = ended.said
    assert reported["meanwhile"] > 1
    assert "Traceback" not in ended.errors
