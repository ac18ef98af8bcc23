"""The demonstration, put together and run."""

from __future__ import annotations

import atexit
import os
import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from rich.text import Text

from foundry_telemetry.demo.ledger import Row, read_rows
from foundry_telemetry.demo.screen import Screen
from foundry_telemetry.demo.summary import Totals

if TYPE_CHECKING:
    from foundry_telemetry.demo.service import Service
    from foundry_telemetry.testing import FakeFoundry
    from foundry_telemetry.testing.ingestion import FakeIngestion

_FLUSH_EVERY_S: Final = 0.5
_INTERRUPTED: Final = 130
_MISMATCH: Final = 1
_NOT_OURS: Final = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_")


def run(seconds: float, *, as_json: bool) -> int:
    """Run the demonstration.

    Args:
        seconds: How long calls are begun.
        as_json: JSON on standard output in place of the table.

    Returns:
        The exit code: 0; 1 when the ledger and the fake service do not agree; 130 after Ctrl-C.

    Raises:
        ImportError: A package of the extra ``demo`` is missing.
    """
    screen = Screen(as_json=as_json)
    totals = Totals()
    verdict, code = None, 0
    try:
        with screen.working(seconds):
            stage = _Stage(screen)
            stage.play(seconds, totals)
        verdict, agreed = stage.verdict(totals)
        code = 0 if agreed else _MISMATCH
    except KeyboardInterrupt:
        code = _INTERRUPTED
    # From here on Ctrl-C ends the process at once; what is left takes a moment.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    screen.close(totals, verdict)
    return code


class _Stage:
    """The fake service, the fake Azure, and the library between them."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._seen = 0
        screen.say("starting the fake Foundry and the fake Azure Monitor")
        _leave_alone_what_is_the_users()
        self._service, self._foundry, self._azure = _servers()
        screen.say("setting up OpenTelemetry and the Azure exporter")
        _configure(self._azure, self._foundry)
        screen.say("importing the anthropic SDK")
        from foundry_telemetry.demo.load import Load  # noqa: PLC0415 - takes a second or two

        self._new_load = Load

    def play(self, seconds: float, totals: Totals) -> None:
        """Run the load and show its rows as they come in."""
        load = self._new_load(self._foundry.base_url, seconds)
        started = time.monotonic()
        try:
            load.start()
            while load.wait(_FLUSH_EVERY_S):
                self._take(totals)
                self._screen.say(totals.line(), min(time.monotonic() - started, seconds))
        finally:
            load.stop()
            self._take(totals)

    def verdict(self, totals: Totals) -> tuple[Text, bool]:
        """Whether the ledger tells what the service served, in words and as a fact."""
        served = (len(self._foundry.requests), self._service.input_tokens, self._service.output_tokens)
        told = (totals.sent, totals.input_tokens, totals.output_tokens)
        words = "{:,} requests, {:,} tokens in, {:,} out".format(*served)
        if served == told:
            return Text.assemble(("served    ", "bold"), words, ("; the ledger has the same", "green")), True
        other = "{:,} attempts, {:,} in, {:,} out".format(*told)
        return Text.assemble(("served    ", "bold"), words, (f"; the ledger has {other}", "red")), False

    def _take(self, totals: Totals) -> None:
        """Have the exporter post what it holds, and show what of it arrived."""
        from opentelemetry import _logs  # noqa: PLC0415 - see above
        from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415

        provider = _logs.get_logger_provider()
        if isinstance(provider, LoggerProvider):
            provider.force_flush()
        envelopes = self._azure.envelopes[self._seen :]
        self._seen += len(envelopes)
        rows: list[Row] = list(read_rows(envelopes))
        totals.add(rows)
        self._screen.show(rows)


def _leave_alone_what_is_the_users() -> None:
    """Take out of this process what would send the demonstration elsewhere: proxies, keys, exporters."""
    for name in list(os.environ):
        if name.startswith(_NOT_OURS) or name.lower().endswith("_proxy"):
            del os.environ[name]
    # The others ask the network where they are.
    os.environ["OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"] = "otel"
    os.environ["OTEL_SERVICE_NAME"] = "foundry-telemetry-demo"


def _servers() -> tuple[Service, FakeFoundry, FakeIngestion]:
    from foundry_telemetry.demo.service import Service  # noqa: PLC0415 - see above
    from foundry_telemetry.testing import FakeFoundry  # noqa: PLC0415
    from foundry_telemetry.testing.ingestion import FakeIngestion  # noqa: PLC0415

    service = Service()
    servers = ExitStack()
    foundry = servers.enter_context(FakeFoundry(service.respond))
    azure = servers.enter_context(FakeIngestion())
    # Registered before `configure` registers its flush, so that this runs after it.
    atexit.register(servers.close)
    return service, foundry, azure


def _configure(azure: FakeIngestion, foundry: FakeFoundry) -> None:
    from foundry_telemetry import configure  # noqa: PLC0415 - see above

    others = ("azure_sdk", "django", "fastapi", "flask", "psycopg2", "requests", "urllib", "urllib3")
    configure(
        connection_string=azure.connection_string,
        hosts=(foundry.host,),
        disable_offline_storage=True,
        instrumentation_options={name: {"enabled": False} for name in others},
    )
