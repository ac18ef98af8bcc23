"""What only the process that makes the calls can show: its providers, handlers, instrumentors and forks."""

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
from foundry_telemetry.investigate.doctor import related_telemetry, texts
from foundry_telemetry.investigate.doctor.exporting import switched_off_by
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, skipped, warning

_SDK: Final = "opentelemetry.sdk"

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
        return failure(texts.APPLICATION_MODULE, texts.CANNOT_IMPORT.format(error=type(error).__name__), fix)
    return ok(texts.APPLICATION_MODULE, texts.IMPORTED.format(name=name))


def check(scene: Scene) -> Iterator[Finding]:
    """Other instrumentation, fork model, providers, log loop and dropped telemetry of this process."""
    yield from related_telemetry.check(scene)
    yield _forks(scene)
    if off := switched_off_by(scene):
        yield skipped(texts.SERVICE_PROCESS, texts.SDK_DISABLED.format(variable=off), f"unset {off}")
    elif _is_configured():
        yield from _providers()
        yield _log_loop()
        yield from _double_export()
        yield _dropped()
        yield from _export_cost()
    else:
        yield skipped(
            texts.SERVICE_PROCESS,
            texts.NOT_THIS_PROCESS,
            scene.command("--app", "<module>"),
        )


def _is_configured() -> bool:
    providers = (trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider())
    return any(type(provider).__module__.startswith(_SDK) for provider in providers)


def _providers() -> Iterator[Finding]:
    tracer, logger = trace.get_tracer_provider(), _logs.get_logger_provider()
    if type(logger).__module__.startswith(_SDK):
        yield ok(texts.LEDGER, texts.LOGGER_PROVIDER)
    else:
        yield failure(texts.LEDGER, texts.NO_LOGGER_PROVIDER, "foundry_telemetry.configure()")
    sampler: Any = getattr(tracer, "sampler", None)
    if sampler is not None:
        yield _sampler(str(sampler.get_description()))
    if watches_process():
        yield ok(texts.INSTRUMENTED, texts.ALL_INSTRUMENTED)
    else:
        yield warning(texts.INSTRUMENTED, texts.NOT_INSTRUMENTED, "foundry_telemetry.instrument()")


def _sampler(description: str) -> Finding:
    # A parent-based one names its root first, and that one decides on the traces that begin here.
    root = re.sub(r"^ParentBased\{root:|,remoteParent.*", "", description)
    share = re.search(r"\d+(?:\.\d+)?", root)
    if root.startswith("RateLimited"):
        seen = texts.RATE_LIMITED.format(sampler=root)
        return warning(texts.EFFECTIVE_SAMPLER, seen, texts.REPLACE_CONFIGURE)
    if root.startswith("AlwaysOff") or (share and float(share[0]) < 1):
        seen = texts.SAMPLED_TRACES.format(sampler=root)
        return warning(texts.EFFECTIVE_SAMPLER, seen, texts.FIX_SAMPLED_TRACES)
    return ok(texts.EFFECTIVE_SAMPLER, root)


def _log_loop() -> Finding:
    """The exporter's own log lines, exported in turn: endless at level INFO on the root logger."""
    loggers = [logging.getLogger("azure.core"), logging.getLogger("azure.monitor.opentelemetry")]
    if not list(logging_loop.otel_handlers()) or log_pipeline.is_protected(_logs.get_logger_provider()):
        return ok(texts.LOG_LOOP, texts.NO_LOG_LOOP)
    if any(logger.isEnabledFor(logging.INFO) for logger in loggers):
        return failure(texts.LOG_LOOP, texts.SOME_LOG_LOOP, texts.FIX_LOG_LOOP)
    return ok(texts.LOG_LOOP, texts.QUIET_LOGGERS)


def _double_export() -> Iterator[Finding]:
    for signal, provider in (
        ("traces", trace.get_tracer_provider()),
        ("logs", _logs.get_logger_provider()),
        ("metrics", metrics.get_meter_provider()),
    ):
        count = len(azure_exporters(provider))
        if count > 1:
            seen = texts.EXPORTED_TWICE.format(count=count, signal=signal)
            yield failure(texts.DUPLICATE_EXPORT, seen, texts.REPLACE_CONFIGURE)


def _forks(scene: Scene) -> Finding:
    reported = scene.variable("GUNICORN_CMD_ARGS")
    conf = Path(_GUNICORN)
    text = conf.read_text(encoding="utf-8", errors="replace")[:65_536] if conf.is_file() else ""
    if _FORKING.search(reported) or _FORKING.search(text):
        if sys.modules.get("foundry_telemetry.azure.shutdown"):
            return ok(texts.FORKS, texts.PRELOADED)
        return warning(texts.FORKS, texts.PRELOADED_BY_DISTRO, texts.REPLACE_CONFIGURE)
    return ok(texts.FORKS, texts.NO_FORKS)


def _dropped() -> Finding:
    if not dropped.is_counted:
        return warning(texts.DROPPED, texts.NOT_COUNTED, texts.REPLACE_CONFIGURE)
    if totals := dropped.totals():
        items = ", ".join(f"{count:,} {signal} ({reason})" for (reason, signal), count in totals.items())
        is_lost = any(reason not in OF_APPLICATION for reason, _ in totals)
        seen = texts.DROPPED_ITEMS if is_lost else texts.APPLICATION_ERRORS
        return warning(texts.DROPPED, seen.format(items=items), texts.FIX_DROPPED)
    return ok(texts.DROPPED, texts.NONE_DROPPED)


def _export_cost() -> Iterator[Finding]:
    """Whether `configure()` could do without the exporter's models; where it was not called, nothing."""
    row_building: Any = sys.modules.get("foundry_telemetry.azure.row_building")
    outcomes: dict[str, str | None] = row_building.outcomes if row_building is not None else {}
    for exporter, why in outcomes.items():
        if why is not None:
            seen = texts.SLOW_ROWS.format(exporter=exporter, why=why)
            yield warning(texts.EXPORT_COST, seen, texts.FIX_CHECK_FAILED)
    if outcomes and not any(outcomes.values()):
        yield ok(texts.EXPORT_COST, texts.FAST_ROWS)
