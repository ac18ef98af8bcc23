"""What only the process that makes the calls can tell: its providers, handlers, instrumentors and forks."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from opentelemetry import _logs, metrics, trace

from foundry_telemetry.azure import log_pipeline, logging_loop
from foundry_telemetry.dropped_items import OF_APPLICATION, dropped
from foundry_telemetry.exporters import azure_exporters
from foundry_telemetry.instrumentation.transport import watches_process
from foundry_telemetry.investigate.doctor import related_telemetry
from foundry_telemetry.investigate.doctor.exporting import switched_off_by
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, skipped, warning

_SDK: Final = "opentelemetry.sdk"
_CONFIGURE: Final = "Call foundry_telemetry.configure() in place of configure_azure_monitor()."

_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}").fullmatch

_FORKING: Final = re.compile(r"--preload\b|\bpreload_app\s*=\s*True")
_GUNICORN: Final = "gunicorn.conf.py"
"""The configuration that gunicorn reads from the working directory."""


def load(name: str) -> Finding:
    """Import the module in which the service sets its telemetry up, with the working directory on the path.

    Args:
        name: Of the module. What it prints goes to standard error.
    """
    sys.path.insert(0, str(Path.cwd()))
    try:
        with redirect_stdout(sys.stderr):
            import_module(name)
    except (Exception, SystemExit) as error:  # its text is the application's
        fix = f"python -c 'import {name}'" if _MODULE(name) else "--app <package.module>"
        return failure("application", f"cannot be imported: {type(error).__name__}", fix)
    return ok("application", f"{name} is imported; the checks of the process see what it set up")


def check(scene: Scene) -> Iterator[Finding]:
    """Other instrumentation, fork model, integrations, providers, log loop and losses of this process."""
    yield from related_telemetry.check()
    yield _forks(scene)
    if off := switched_off_by(scene):
        yield skipped("the service", f"{off}=true: it records nothing", f"unset {off}")
    elif _is_configured():
        yield from _providers()
        yield _log_loop()
        yield from _double_export()
        yield _losses()
        yield from _export_cost()
    else:
        seen = "its sampler in effect, log loop, double export and losses show only in its own process"
        yield skipped("the service", seen, "foundry-telemetry doctor --app <module that calls configure()>")


def _is_configured() -> bool:
    providers = (trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider())
    return any(type(provider).__module__.startswith(_SDK) for provider in providers)


def _providers() -> Iterator[Finding]:
    tracer, logger = trace.get_tracer_provider(), _logs.get_logger_provider()
    if type(logger).__module__.startswith(_SDK):
        yield ok("ledger", "a logger provider is there to take it")
    else:
        seen = "no logger provider is set up, so the ledger goes nowhere"
        yield failure("ledger", seen, "foundry_telemetry.configure()")
    sampler: Any = getattr(tracer, "sampler", None)
    if sampler is not None:
        yield _sampler(str(sampler.get_description()))
    if watches_process():
        yield ok("instrumented", "instrument() watches every HTTP client of this process")
    else:
        seen = "instrument() was not called for the whole process; single clients may be watched"
        yield warning("instrumented", seen, "foundry_telemetry.instrument()")


def _sampler(description: str) -> Finding:
    # A parent-based one names its root first, and that one decides on the traces that begin here.
    root = re.sub(r"^ParentBased\{root:|,remoteParent.*", "", description)
    share = re.search(r"\d+(?:\.\d+)?", root)
    if root.startswith("RateLimited"):
        return warning("effective sampler", f"only some spans a second are kept: {root}", _CONFIGURE)
    if root.startswith("AlwaysOff") or (share and float(share[0]) < 1):
        seen = f"a part of the traces is kept at most: {root}; ledger and metrics stay whole"
        return warning("effective sampler", seen, "foundry_telemetry.configure(sampling_ratio=1.0)")
    return ok("effective sampler", root)


def _log_loop() -> Finding:
    """The exporter's own log lines, exported in turn: endless at level INFO on the root logger."""
    loggers = [logging.getLogger("azure.core"), logging.getLogger("azure.monitor.opentelemetry")]
    if not list(logging_loop.otel_handlers()) or log_pipeline.is_protected(_logs.get_logger_provider()):
        return ok("log loop", "log lines about the export are not exported")
    if any(logger.isEnabledFor(logging.INFO) for logger in loggers):
        seen = "the lines that the export logs are exported in turn, without end"
        fix = "logging.getLogger('azure').setLevel(logging.WARNING)"
        return failure("log loop", seen, fix)
    return ok("log loop", "the loggers of the export are at WARNING or above")


def _double_export() -> Iterator[Finding]:
    for signal, provider in (
        ("traces", trace.get_tracer_provider()),
        ("logs", _logs.get_logger_provider()),
        ("metrics", metrics.get_meter_provider()),
    ):
        count = len(azure_exporters(provider))
        if count > 1:
            yield failure("double export", f"{count} Azure exporters take the {signal}", _CONFIGURE)


def _forks(scene: Scene) -> Finding:
    reported = scene.variable("GUNICORN_CMD_ARGS")
    conf = Path(_GUNICORN)
    text = conf.read_text(encoding="utf-8", errors="replace")[:65_536] if conf.is_file() else ""
    if _FORKING.search(reported) or _FORKING.search(text):
        if sys.modules.get("foundry_telemetry.azure.shutdown"):
            return ok("forks", "gunicorn preloads the application; configure() starts anew in each worker")
        seen = "gunicorn preloads the application: with the bare distro each worker reports counts again"
        return warning("forks", seen, _CONFIGURE)
    return ok("forks", "no server that forks after set-up was found here")


def _losses() -> Finding:
    if not dropped.is_counted:
        seen = "not counted: configure() was not called, and nobody else counts them"
        return warning("losses here", seen, _CONFIGURE)
    if totals := dropped.totals():
        seen = ", ".join(f"{count} {signal} ({reason})" for (reason, signal), count in totals.items())
        is_lost = any(reason not in OF_APPLICATION for reason, _ in totals)
        what = "lost" if is_lost else "code of the application failed"
        return warning(
            "losses here", f"{what}: {seen}", "The README says of each reason what to do about it."
        )
    return ok("losses here", "none in this process")


def _export_cost() -> Iterator[Finding]:
    """Whether `configure()` could do without the exporter's models; where it was not called, nothing."""
    row_building: Any = sys.modules.get("foundry_telemetry.azure.row_building")
    outcomes: dict[str, str | None] = row_building.outcomes if row_building is not None else {}
    for exporter, why in outcomes.items():
        if why is not None:
            seen = f"{exporter} exports at its usual cost, for its inside has changed: {why}"
            yield warning("export cost", seen, "pip install --upgrade foundry-telemetry")
    if outcomes and not any(outcomes.values()):
        yield ok("export cost", "rows are built without the exporter's models")
