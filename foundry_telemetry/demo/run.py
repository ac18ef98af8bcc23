"""The demonstration, put together and run."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Final, Self

from opentelemetry import _logs, metrics, trace
from rich.text import Text

from foundry_telemetry import disabled
from foundry_telemetry.demo import texts
from foundry_telemetry.demo.ledger import QUERY, Row, read_rows
from foundry_telemetry.demo.screen import Screen
from foundry_telemetry.demo.summary import Totals
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.schema import field_table as names

if TYPE_CHECKING:
    from foundry_telemetry.demo.service import Service
    from foundry_telemetry.local.api.server import LocalAzureMonitor
    from foundry_telemetry.testing import FakeFoundry

_FLUSH_EVERY_S: Final = 0.5
_INTERRUPTED: Final = 130
_MISMATCH: Final = 3
_NOT_OURS: Final = ("ANTHROPIC_", "APPLICATIONINSIGHTS_", "AZURE_", "OTEL_", disabled.VARIABLE)


def run(seconds: float, *, as_json: bool, leave: bool, browser: bool) -> int:
    """Run the demonstration.

    Args:
        seconds: How long calls are begun.
        as_json: JSON on standard output in place of the table.
        leave: End after the summary, though someone sits at a terminal to look at the page.
        browser: Open the page, where there is a browser with windows.

    Returns:
        The exit code: 0; 3 when the ledger and the fake service do not agree; 130 after Ctrl-C before the
        summary.

    Raises:
        ImportError: A package of the extra ``demo`` is missing.
    """
    screen = Screen(as_json=as_json)
    totals = Totals()
    stays = sys.stdin.isatty() and not leave
    verdict, code, page = None, _INTERRUPTED, None
    with CtrlC() as ctrl_c:
        try:
            with screen.working(seconds):
                stage = _Stage(screen)
                page = stage.page
                if stays:
                    screen.show_page(page.url, page.link, opened=browser and _open(page.opener))
                stage.play(seconds, totals, ctrl_c)
            verdict, agreed = stage.verdict(totals)
            code = 0 if agreed else _MISMATCH
        except (Exception, KeyboardInterrupt):
            # pydantic makes an error of its own of a Ctrl-C that comes while it builds a model.
            if not ctrl_c.came:
                raise
    screen.close(totals, verdict)
    if stays and page and not ctrl_c.came:
        screen.show_page(page.url, page.link, stays=True)
        _wait_for_ctrl_c()
    return code


def _open(opener: str) -> bool:
    from foundry_telemetry.local.browser import open_page  # noqa: PLC0415 - needed on a terminal only

    return open_page(opener)


def _wait_for_ctrl_c() -> None:
    came = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: came.set())
    came.wait()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class CtrlC:
    """Ctrl-C, which ends it at once or is only remembered; after the block it ends the process on the spot.

    The Azure exporter swallows whatever is raised while it exports, and the batch with it. So nothing may be
    raised then, unless Ctrl-C comes a second time.
    """

    def __init__(self) -> None:
        self.came = False
        self.is_held = False
        """Whether it is only remembered."""

    def __enter__(self) -> Self:
        signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _hear(self, _signum: int, _frame: FrameType | None) -> None:
        came_before, self.came = self.came, True
        if came_before or not self.is_held:
            raise KeyboardInterrupt


class _Stage:
    """The fake service, the local Azure Monitor, and the library between them."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._seen: set[tuple[object, object]] = set()
        screen.show_progress(texts.STARTING)
        _shield_the_users_environment()
        self._service, self._foundry, self._azure = _servers()
        screen.show_progress(texts.CONFIGURING)
        _configure(self._azure, self._foundry)
        screen.show_progress(texts.IMPORTING)
        from foundry_telemetry.demo.schedule import Load  # noqa: PLC0415 - takes a second or two

        self._new_load = Load

    @property
    def page(self) -> LocalAzureMonitor:
        """The server whose page shows the workbook."""
        return self._azure

    def play(self, seconds: float, totals: Totals, ctrl_c: CtrlC) -> None:
        """Run the load and show its rows as they come in.

        Raises:
            KeyboardInterrupt: Ctrl-C came; what was under way is ended and shown.
        """
        ctrl_c.is_held = True
        load = self._new_load(self._foundry.base_url, seconds)
        started = time.monotonic()
        load.start()
        while load.wait(_FLUSH_EVERY_S) and not ctrl_c.came:
            self._take(totals)
            self._screen.show_progress(totals.line(), min(time.monotonic() - started, seconds))
        load.stop()
        self._take(totals)
        if ctrl_c.came:
            raise KeyboardInterrupt
        _flush("trace", "metrics")

    def verdict(self, totals: Totals) -> tuple[Text, bool]:
        """Whether the ledger matches what the service served, in words and as a fact."""
        served = (len(self._foundry.requests), self._service.input_tokens, self._service.output_tokens)
        reported = (totals.sent, totals.input_tokens, totals.output_tokens)
        words = texts.SERVED_OF.format(requests=served[0], input=served[1], output=served[2])
        label = (f"{texts.SERVED:{texts.LABEL_WIDTH}}", "bold")
        is_equal = served == reported
        found = texts.MATCH if is_equal else texts.MISMATCH
        found = found.format(attempts=reported[0], input=reported[1], output=reported[2])
        style = "green" if is_equal else "red"
        return Text.assemble(label, words, (found, style), _unsent(totals)), is_equal

    def _take(self, totals: Totals) -> None:
        """Have the exporter post what it holds, and show what of it arrived."""
        _flush("logs")
        rows = [row for row in read_rows(self._azure.query(QUERY).rows) if self._is_new(row)]
        rows.sort(key=lambda row: row.time)
        totals.add(rows)
        self._screen.show(rows)

    def _is_new(self, row: Row) -> bool:
        key = (row.text(names.CALL_ID), row.number(names.ATTEMPT_NUMBER))
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new


def _unsent(totals: Totals) -> str:
    """The attempts that no service can have served; empty where there are none."""
    causes = sorted({row.cause for row in totals.unsent})
    attempts = many(len(totals.unsent), texts.UNSENT_ATTEMPTS)
    return texts.UNSENT.format(attempts=attempts, causes=", ".join(causes)) if causes else ""


def _flush(*signals: str) -> None:
    """Have the exporters of these signals post what they hold."""
    providers = {
        "trace": trace.get_tracer_provider,
        "metrics": metrics.get_meter_provider,
        "logs": _logs.get_logger_provider,
    }
    for name in signals:
        # The API's own providers, which stand where nothing is set up, have nothing to flush.
        flush = getattr(providers[name](), "force_flush", None)
        if flush is not None:
            flush()


def _shield_the_users_environment() -> None:
    """Take out of this process what would send the demonstration elsewhere: proxies, keys, exporters."""
    for name in list(os.environ):
        if name.startswith(_NOT_OURS) or name.lower().endswith("_proxy"):
            del os.environ[name]
    # The others ask the network where they are.
    os.environ["OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"] = "otel"
    os.environ["OTEL_SERVICE_NAME"] = "foundry-telemetry-demo"


def _servers() -> tuple[Service, FakeFoundry, LocalAzureMonitor]:
    from foundry_telemetry.demo.service import Service  # noqa: PLC0415 - see above
    from foundry_telemetry.local.api.server import LocalAzureMonitor  # noqa: PLC0415
    from foundry_telemetry.testing import FakeFoundry  # noqa: PLC0415

    service = Service()
    servers = ExitStack()
    foundry = servers.enter_context(FakeFoundry(service.respond))
    azure = servers.enter_context(LocalAzureMonitor())
    # Registered before `configure` registers its flush, so that this runs after it.
    atexit.register(servers.close)
    return service, foundry, azure


def _configure(azure: LocalAzureMonitor, foundry: FakeFoundry) -> None:
    from foundry_telemetry import configure  # noqa: PLC0415 - see above

    others = ("azure_sdk", "django", "fastapi", "flask", "psycopg2", "requests", "urllib", "urllib3")
    configure(
        connection_string=azure.connection_string,
        hosts=(foundry.host,),
        disable_offline_storage=True,
        instrumentation_options={name: {"enabled": False} for name in others},
    )
