"""Fixtures every test may use, and the checks every test gets."""

from __future__ import annotations

import compileall
import gc
import logging
import os
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import certifi
import pytest
from opentelemetry import trace

import foundry_telemetry
from foundry_telemetry.dropped_items import Dropped, dropped
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family

ROOT = Path(__file__).parents[1]

pytest_plugins = ("pytester", "tests.support.kept_azure")  # only the topmost conftest may ask for them


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, too")


def pytest_configure(config: pytest.Config) -> None:
    """Under `-n` a process keeps to its own tests, and their fixtures, until it has none left.

    Hundreds of tests start Python: what it compiles is kept, and ours is there before the first.
    """
    if config.getoption("dist", "no") == "load":
        config.option.dist = "worksteal"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not hasattr(config, "workerinput"):
        for folder in ("foundry_telemetry", "dashboards"):
            compileall.compile_dir(ROOT / folder, quiet=2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What collection makes stays to the end, so the garbage collector looks at none of it, then or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """What a file leaves, such as modules and caches, is not looked at when later tests collect garbage."""
    try:
        return (yield)
    finally:
        if nextitem is not None and nextitem.path != item.path:
            gc.collect()  # the test's own fixtures are released by now: frozen, they would stay for ever
            gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that take minutes run only when asked for."""
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: run with --long, or `nox -s trust`"))


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One certificate authority for all: none is met here, and the usual 140 take each client 30 ms."""
    first = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----\n")
    path = tmp_path_factory.mktemp("authority") / "one.pem"
    path.write_text("".join(first[:2]), "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers and commands of the tests keep their tokens in a folder of this run."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patched.delenv("FOUNDRY_TELEMETRY_LOCAL_TOKEN", raising=False)
        yield


@pytest.fixture(params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Family:
    """Each of the four client classes in turn."""
    return request.param


@pytest.fixture
def capture() -> Capture:
    """Providers of the real SDK with exporters in memory; nothing is instrumented yet."""
    return Capture()


@pytest.fixture
def instrumented(capture: Capture) -> Iterator[Capture]:
    """The whole process instrumented, recording into `capture`."""
    foundry_telemetry.instrument(**capture.options)
    yield capture
    foundry_telemetry.uninstrument()


@pytest.fixture(autouse=True)
def _leaves_no_trace(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test may leave a current span, a thread, a failed detach or an error of ours behind."""
    vars(dropped).update(vars(Dropped()))  # what earlier tests lost does not count
    before = set(threading.enumerate())
    span = trace.get_current_span()
    yield
    foundry_telemetry.uninstrument()
    assert trace.get_current_span() is span
    new = {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}
    assert not {name for name in new if name.startswith("foundry")}, new
    for record in caplog.get_records("call"):
        assert "Failed to detach context" not in record.getMessage()
        ours = record.name.startswith("foundry_telemetry") and record.levelno >= logging.ERROR
        assert not ours, record.getMessage()
