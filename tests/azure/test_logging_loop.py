"""Logging that is set up after `configure`: one line of the application is one row, whatever brings it."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_telemetry.azure.distros import DistroName
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import run

pytestmark = pytest.mark.slow

SCRIPT = """
import logging.config, logging.handlers, queue
import foundry_telemetry
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggingHandler as HandlerOfSdk

class Own(LoggingHandler):
    pass

# The distro's own handler would add a second row.
foundry_telemetry.configure(logger_name="nobody", distro=DISTRO)
provider = _logs.get_logger_provider()
{set_up}
logging.getLogger("app").info("of the application")
for _ in range(20):  # each is a request, of which the client and the libraries below it log
    if queued:
        queued.join()
    provider.force_flush()
"""
ROOT = "{{'handlers': ['otel'], 'level': '{level}'}}"
DICT_CONFIG = (
    """
queued = None
logging.config.dictConfig({{'version': 1, 'disable_existing_loggers': False,
    'handlers': {{'otel': {{'()': {handler}, 'logger_provider': provider}}}}, 'root': """
    + ROOT
    + "}})"
)
QUEUE = """
queued = queue.Queue()
listener = logging.handlers.QueueListener(queued, LoggingHandler(logger_provider=provider))
logging.getLogger().addHandler(logging.handlers.QueueHandler(queued))
logging.getLogger().setLevel("{level}")
listener.start()
"""
WAYS = {
    "Django and dictConfig": DICT_CONFIG.replace("{handler}", "LoggingHandler"),
    "the handler of the SDK": DICT_CONFIG.replace("{handler}", "HandlerOfSdk"),
    "a class of its own": DICT_CONFIG.replace("{handler}", "Own"),
    "a queue": QUEUE,
}


@pytest.mark.row(79)
@pytest.mark.parametrize(
    ("way", "level", "distro"),
    [
        *((way, level, "azure-monitor") for level in ("INFO", "DEBUG") for way in WAYS),
        ("a queue", "DEBUG", "microsoft"),
    ],
)
def test_one_line_is_one_row(way: str, level: str, distro: DistroName, tmp_path: Path) -> None:
    """No line about an export is exported in turn, at the levels at which the exporter's client logs."""
    with FakeIngestion() as azure:
        ended = run(SCRIPT.replace("{set_up}", WAYS[way].format(level=level)), azure, tmp_path, distro=distro)
        rows = azure.items("MessageData")
    assert ended.code == 0, ended.errors
    ours = [row for row in rows if row["message"] == "of the application"]
    assert len(ours) == 1
    about_exports = [
        row["message"] for row in rows if "/track" in row["message"] or "Transmission" in row["message"]
    ]
    assert about_exports == []
    assert len(rows) < 10, [row["message"] for row in rows]
