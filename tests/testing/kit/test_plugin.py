"""The plugin, in runs of pytest of its own: for a project that uses it, and one that does not."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from foundry_telemetry.testing.ingestion import FakeIngestion

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
MODULE = "foundry_telemetry.testing.plugin"
INSTALLED = any(each.value == MODULE for each in entry_points(group="pytest11"))
FIRST_ID = "00000000-0000-4000-8000-000000000001"
NAME = "foundry_telemetry" if INSTALLED else MODULE
"""Where the project was installed before it had a plugin, pytest gets it by hand."""

Run = Callable[..., pytest.RunResult]

COMMON = """
import httpx, pytest
from foundry_telemetry.testing import FoundryKit

QUESTION = {
    "model": "support-chat-prod",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "What does the harbour master keep under the floor?"}],
}

def ask(host="r.services.ai.azure.com"):
    with httpx.Client(headers={"api-key": "canary-key-4f9d21c7aa"}) as client:
        return client.post(f"https://{host}/anthropic/v1/messages", json=QUESTION)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a project of one test file, as strict as ours; the result and the file's name in it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(tests: str, *arguments: str, ini: str = "", conftest: str = "") -> pytest.RunResult:
        pytester.makeini(
            "[pytest]\nfilterwarnings = error\n"
            "addopts = -p no:cacheprovider -p no:hypothesispytest --strict-markers\n" + ini
        )
        pytester.makeconftest(textwrap.dedent(conftest))
        pytester.makepyfile(test_it=textwrap.dedent(tests))
        known = () if INSTALLED or f"no:{NAME}" in arguments else ("-p", MODULE)
        return pytester.runpytest_subprocess(*known, *arguments)

    return run


def test_entry_point() -> None:
    """The plugin is named like the package: a project may have a ``foundry.py`` of its own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"foundry_telemetry": MODULE}


def test_own_module_of_that_name(run: Run, pytester: pytest.Pytester) -> None:
    """A project's own ``foundry.py`` is loaded by ``pytest_plugins = ["foundry"]``, beside our fixture."""
    pytester.makepyfile(
        foundry="""
            import pytest

            @pytest.fixture
            def furnace():
                return "hot"
        """
    )
    tests = """
        def test_both(furnace, foundry):
            assert furnace == "hot"
            foundry.calls.none()
    """
    conftest = """
        import pathlib, sys
        sys.path.insert(0, str(pathlib.Path(__file__).parent))
        pytest_plugins = ["foundry"]
    """
    run(tests, conftest=conftest).assert_outcomes(passed=1)


def test_who_does_not_use_it_pays_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the plugin loaded nothing else of ours, of an HTTP client or of OpenTelemetry is imported."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others import what they like
    tests = """
        import sys

        def test_nothing_is_imported():
            heavy = {"anthropic", "azure", "httpx", "httpx2", "msgspec", "opentelemetry"}
            assert not heavy & set(sys.modules)
            ours = sorted(name for name in sys.modules if name.startswith("foundry_telemetry"))
            assert ours == [f"foundry_telemetry{name}" for name in ("", ".testing", ".testing.plugin")]
    """
    run(tests, "-p", NAME).assert_outcomes(passed=1)


def test_switched_off(run: Run) -> None:
    """``-p no:foundry_telemetry`` keeps the plugin out: nothing is imported, and there is no such fixture."""
    tests = """
        import sys

        def test_nothing_is_imported():
            assert not [name for name in sys.modules if name.startswith("foundry")]

        def test_no_fixture(foundry): ...
    """
    ended = run(tests, "-p", f"no:{NAME}")
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines("E*fixture 'foundry' not found")


def test_sync_and_async(run: Run) -> None:
    """The SDK sync and async, over asyncio and trio, and a bare client: in one file, each its own test."""
    tests = (
        COMMON
        + """
import anthropic

def test_sync(foundry: FoundryKit):
    foundry.respond("Tide gauges.")
    client = anthropic.AnthropicFoundry(resource="r", api_key="canary-key-4f9d21c7aa")
    assert client.messages.create(**QUESTION).content[0].text == "Tide gauges."
    foundry.calls.one().has(attempts=1, error=None, support_code="FT-00000-00001")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_async(foundry, anyio_backend):
    foundry.script(429, 200)
    async with anthropic.AsyncAnthropicFoundry(resource="r", api_key="k") as client:
        async with client.messages.stream(**QUESTION) as stream:
            await stream.until_done()
    foundry.calls.one().has(attempts=2, error=None, stream=True, support_code="FT-00000-00001")

def test_bare(foundry):
    ask()
    foundry.calls.one().has(attempts=1)
"""
    )
    run(tests).assert_outcomes(passed=4)


def test_xdist(run: Run) -> None:
    """Tests that run side by side in processes see their own calls alone."""
    tests = (
        COMMON
        + """
@pytest.mark.parametrize("count", range(12))
def test_count(foundry, count):
    for _ in range(count):
        ask()
    foundry.calls.exactly(count)
    assert len(foundry.requests) == count
"""
    )
    run(tests, "-n", "2").assert_outcomes(passed=12)


def test_incidents_are_parameters(run: Run) -> None:
    """The names of incidents are known when tests are collected."""
    tests = (
        COMMON
        + """
from foundry_telemetry.testing import INCIDENTS

@pytest.mark.parametrize("name", [name for name in INCIDENTS if "token" in name])
def test_it(foundry, name):
    incident = foundry.incident(name)
    assert ask().status_code == 401
    foundry.calls.one().has(error=incident.error, retryable=False)
"""
    )
    ended = run(tests, "-v")
    ended.assert_outcomes(passed=2)
    ended.stdout.fnmatch_lines("*::test_it?expired_token? PASSED*")


def test_a_failure_reads_well(run: Run) -> None:
    """A failure shows the line of the test, what was expected, and the attempts; no code of ours."""
    tests = (
        COMMON
        + """
def test_it(foundry):
    foundry.incident("expired_token")
    ask()
    foundry.calls.one().has(attempts=2, error="auth_invalid_key", owner="caller_credential")
"""
    )
    ended = run(tests)
    ended.assert_outcomes(failed=1)
    shown = [line for line in ended.outlines if line.startswith((">", "E"))]
    assert shown == [
        '>       foundry.calls.one().has(attempts=2, error="auth_invalid_key", owner="caller_credential")',
        "E       AssertionError: call FT-00000-00001: attempts is 1, expected 2; also not as expected: error",
        "E       ",
        "E         field     expected             recorded",
        "E         attempts  2                    1                     <--",
        "E         error     'auth_invalid_key'   'auth_token_expired'  <--",
        "E         owner     'caller_credential'  'caller_credential'",
        "E       ",
        "E       its attempts:",
        "E         #  status  outcome  error               owner              in  out  seconds  azure id",
        f"E         1  401     error    auth_token_expired  caller_credential  -   -    0.110    {FIRST_ID}",
    ]
    assert "testing/kit" not in ended.stdout.str()


LEAK = (
    COMMON
    + """
from foundry_telemetry import attribute

MARKER
def test_it(foundry):
    with attribute(note=QUESTION["messages"][0]["content"]):
        ask()
"""
)


def test_a_leak_fails_the_test_at_its_end(run: Run) -> None:
    """A prompt in a tag is an error at teardown with what stands where, and no key is shown."""
    ended = run(LEAK.replace("MARKER", ""))
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines(
        [
            "E*AssertionError: prompts, responses or secrets were recorded:",
            "E*messages?0?.content of request 1 ('What does the harbour ma'...) stands in attempt 1",
        ]
    )
    assert "canary-key" not in "".join(line for line in ended.outlines if line.startswith("E"))


@pytest.mark.parametrize(
    ("marker", "ini", "errors"),
    [
        ("@pytest.mark.foundry(content_check=False)", "", 0),
        ("", "foundry_content_check = false", 0),
        ("@pytest.mark.foundry(content_check=True)", "foundry_content_check = false", 1),
    ],
    ids=["marker", "ini", "marker over ini"],
)
def test_content_check_is_optional(run: Run, marker: str, ini: str, errors: int) -> None:
    """The check is switched off by a marker or for the project, and a marker wins."""
    run(LEAK.replace("MARKER", marker), ini=ini).assert_outcomes(passed=1, errors=errors)


def test_hosts(run: Run) -> None:
    """Hosts of the ini file and of markers, of class and function, count together."""
    tests = (
        COMMON
        + """
@pytest.mark.foundry(hosts=["class.example.com"])
class TestHosts:
    @pytest.mark.foundry(hosts=["https://function.example.com/claude"])
    def test_it(self, foundry):
        for name in ("ini", "class", "function"):
            ask(f"{name}.example.com")
        foundry.calls.exactly(3)
"""
    )
    run(tests, ini="foundry_hosts =\n    ini.example.com\n").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("foundry(host=['x'])", "*@pytest.mark.foundry: unknown 'host'; expected 'hosts'*"),
        ("foundry('x')", "*@pytest.mark.foundry takes keywords only: content_check, hosts*"),
        ("foundry(hosts='gw.example.com')", "*@pytest.mark.foundry(hosts=*): expected a list of host names*"),
    ],
    ids=["unknown", "positional", "one string"],
)
def test_bad_marker(run: Run, marker: str, expected: str) -> None:
    """A marker with what nobody would read is an error with what is expected."""
    tests = f"import pytest\n@pytest.mark.{marker}\ndef test_it(foundry): ..."
    ended = run(tests)
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(expected)


def test_help(run: Run) -> None:
    """``--fixtures``, ``--markers`` and ``--help`` list the fixture, the marker and the ini options."""
    tests = "def test_it(): ..."
    expected = {
        "--fixtures": [
            "foundry -- *",
            "*Claude in Microsoft Foundry, played: *",
        ],
        "--markers": ["@pytest.mark.foundry(?, hosts=?...?, content_check=True):*"],
        "--help": ["*foundry_hosts (linelist):*", "*foundry_content_check (bool):*"],
    }
    for option, lines in expected.items():
        run(tests, option).stdout.fnmatch_lines(lines)


def test_without_the_extra(run: Run) -> None:
    """The fixture needs none of the packages of the extra; with httpx alone it answers httpx."""
    conftest = """
        import sys
        for name in ("httpx2", "starlette", "uvicorn", "anthropic"):
            sys.modules[name] = None
    """
    tests = """
        import httpx

        def test_it(foundry):
            with httpx.Client() as client:
                client.post("https://r.services.ai.azure.com/anthropic/v1/messages", json={"model": "m"})
            foundry.calls.one().has(error=None, deployment="m")
    """
    run(tests, conftest=conftest).assert_outcomes(passed=1)


def test_without_a_package_it_needs(run: Run) -> None:
    """Where a package is missing the tests that use the fixture fail with how to get it; others run."""
    conftest = "import sys; sys.modules['opentelemetry.sdk'] = None"
    ended = run("def test_it(foundry): ...\ndef test_other(): ...", conftest=conftest)
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines(
        "*the fixture `foundry` cannot be created: FoundryKit needs 'opentelemetry.sdk*"
        "`pip install 'foundry-telemetry?testing?'`"
    )


def test_application_that_is_configured(run: Run) -> None:
    """Of an application that sends to Azure, nothing of a test is sent: no call of ours, no other span.

    What it does after the test arrives.
    """
    conftest = """
        import os, pytest
        from foundry_telemetry import configure
        from opentelemetry import metrics, trace

        configure(connection_string=os.environ["AZURE"], disable_offline_storage=True)
        globals_ = trace.get_tracer_provider(), metrics.get_meter_provider()

        @pytest.fixture(autouse=True, scope="session")
        def after():
            yield
            assert (trace.get_tracer_provider(), metrics.get_meter_provider()) == globals_
            with trace.get_tracer("application").start_as_current_span("after the tests"):
                pass
            trace.get_tracer_provider().force_flush()
    """
    tests = (
        COMMON
        + """
from opentelemetry import trace

import anthropic

def test_it(foundry):
    with trace.get_tracer("application").start_as_current_span("in the test"):
        anthropic.AnthropicFoundry(resource="r", api_key="k").messages.create(**QUESTION)
    trace.get_tracer_provider().force_flush()
    foundry.calls.one().has(error=None)
    assert [span.name for span in foundry.spans] == ["anthropic.messages.create"]
    assert len(foundry.ledger) == 1
"""
    )
    with FakeIngestion() as azure, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE", azure.connection_string)
        patch.setenv("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "otel")
        run(tests, conftest=conftest).assert_outcomes(passed=1)
        sent = repr(azure.envelopes)
    assert "after the tests" in sent
    assert "in the test" not in sent
    assert "support-chat-prod" not in sent
