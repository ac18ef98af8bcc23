"""Azure Monitor, set up so that nothing is lost without a word.

`configure` is the one call of an application that has no OpenTelemetry of its own yet. It hands everything to
Microsoft's distro and corrects what would lose or repeat telemetry:

- The distro keeps five spans a second by default; here every trace is kept unless somebody says otherwise.
- A root logger at INFO makes the export of logs produce logs to export; that loop is cut where records enter.
- A full span makes the SDK log under a lock that the exporter's own processor waits for; such records wait.
- A server that does not answer would hold an export for five minutes; here for ten seconds.
- A burst of 10 000 spans would lose two thirds; the queues hold 16 384.
- SIGTERM would lose all that is in memory; exit could take a minute. Both take at most five seconds.
- A fork would share its parent's connection and report its counts again; it does neither.
- Providers the application made before are kept, and a pipeline to Azure is added to them; one that a
  distro has built is taken over.
- The exporter builds its rows by its own rules, but without its models, which are most of its price.
- What is lost all the same is counted, by signal and reason, and the count is reported until it arrives.

What cannot be helped: SIGKILL and ``os._exit`` lose what is in memory, up to five seconds of spans and logs
and a minute of metrics. SIGTERM waits while the main thread is inside C code that does not look for signals.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any, Final

from foundry_telemetry.azure.distros import DistroName
from foundry_telemetry.azure.refused_settings import naming_variables
from foundry_telemetry.azure.sampling import KEEP_ALL
from foundry_telemetry.azure.settings import InstrumentOptions, Settings, read_settings
from foundry_telemetry.config import load_environment
from foundry_telemetry.config.content import ContentPolicy, policy_in_force
from foundry_telemetry.config.options import Compression, HttpSpans, Sink
from foundry_telemetry.disabled import is_disabled
from foundry_telemetry.dropped_items import dropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from foundry_telemetry.azure.request_hooks import RequestHooks
    from foundry_telemetry.azure.shutdown import Shutdown

__all__ = ["configure", "flush"]

_FLUSH_S: Final = 5.0
"""Seconds."""

_READ_TIMEOUT_S: Final = 10.0
"""Seconds; azure-core's own is 300."""
_TIMEOUT_S: Final = 10.0
"""Seconds to wait for a connection, as the exporter's own; set for the transport that all exporters share."""
_RETRIES: Final = 2
"""Of a request, within about two seconds; after that the batch goes to disk, and is sent later from there."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_active: tuple[Settings, Shutdown] | None = None


def configure(
    *,
    connection_string: str | None = None,
    sampling_ratio: float = KEEP_ALL,
    hosts: Iterable[str] = (),
    http_spans: HttpSpans = "suppress",
    sinks: Sequence[Sink] = (),
    exception_notes: bool = False,
    compression: Compression = "gzip",
    content: ContentPolicy | None = None,
    project_id: str | None = None,
    distro: DistroName = "azure-monitor",
    **distro_options: Any,
) -> None:
    """Send telemetry to Azure Monitor and instrument every HTTP client; a second call does nothing.

    With ``FOUNDRY_TELEMETRY_DISABLED=true`` in the environment this does nothing.

    Args:
        connection_string: ``APPLICATIONINSIGHTS_CONNECTION_STRING`` of the environment by default.
        sampling_ratio: Part of the traces to keep, 0 to 1; by default as ``OTEL_TRACES_SAMPLER`` says, or
            all. The ledger and the metrics are never sampled.
        hosts: Further host names or base URLs that count as Foundry, such as gateways.
        http_spans: ``"suppress"`` silences an httpx instrumentor for calls to Foundry, ``"keep"`` leaves it.
        sinks: As for `instrument()`.
        exception_notes: As for `instrument()`.
        compression: ``"none"`` sends bodies as plain JSON; a server that refuses gzip gets them so anyway.
        content: As for `instrument()`.
        project_id: As for `instrument()`.
        distro: ``"microsoft"`` calls microsoft-opentelemetry (extra ``microsoft``) in place of the other.
        **distro_options: Keywords of ``configure_azure_monitor`` and of the Azure exporters, such as
            ``credential``, ``storage_directory``, ``enable_live_metrics`` (off here, unless set). They are
            called so with either distro; with ``"microsoft"`` its own are taken as well, such as
            ``enable_a365``.

    Raises:
        ImportError: `content` or `distro` needs packages that are not installed.
        RuntimeError: This process already sends to another resource.
        TypeError: A keyword that nobody would read, or `hosts` or `sinks` that are none.
        ValueError: A connection string or another value, in the environment too, that makes no sense.
    """
    if is_disabled("configure()"):
        return
    load_environment()
    policy_in_force(content)  # so that what it refuses is refused before anything is changed
    options = InstrumentOptions(
        hosts=hosts,
        http_spans=http_spans,
        sinks=sinks,
        exception_notes=exception_notes,
        content=content,
        project_id=project_id,
    )
    settings = read_settings(
        connection_string, sampling_ratio, distro_options, options, compression=compression, distro=distro
    )
    _apply(settings)


def flush(timeout_s: float = _FLUSH_S) -> bool:
    """Send all that waits in memory to Azure Monitor, now.

    For code after which the process may be frozen or killed: the handler of a function, a task. A process
    that exits, or gets a SIGTERM, needs no call. Spans and logs wait up to five seconds otherwise, metrics a
    minute. Never raises; before `configure` there is nothing to send.

    Args:
        timeout_s: Seconds to wait at most.

    Returns:
        Whether all was sent, or put on disk for later, in time.
    """
    active = _active
    if active is None:
        return True
    from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies  # noqa: PLC0415

    # Before the pipelines empty at once: that of metrics would end these, too late for that of logs.
    flush_abandoned_bodies()
    return active[1].drain(timeout_s)


def _apply(settings: Settings) -> None:
    with _lock:
        if _active is None:
            with naming_variables():
                _start(settings)
        else:
            _again(_active[0], settings)


def _start(settings: Settings) -> None:
    global _active  # noqa: PLW0603 - one per process, as are the providers
    # Everything of Azure and of the SDK is imported only now: together they take more than a second.
    from foundry_telemetry.azure import logging_loop, pipelines  # noqa: PLC0415
    from foundry_telemetry.azure.log_pipeline import mark_records_of_exports  # noqa: PLC0415
    from foundry_telemetry.azure.shared_transport import shared_transport  # noqa: PLC0415
    from foundry_telemetry.azure.shutdown import Shutdown  # noqa: PLC0415
    from foundry_telemetry.instrumentation import instrument  # noqa: PLC0415

    logging_loop.surface_losses()  # the warnings below as well
    mark_records_of_exports()
    for warning in settings.warnings:
        _log.warning("%s", warning)
    options = _with_defaults(settings.options)
    hooks = _request_hooks(options)
    options["transport"] = shared_transport(options)
    built = pipelines.connect(settings, options)
    shutdown = Shutdown(
        built.shutdown_callbacks,
        hooks,
        flush_callbacks=built.flush_callbacks,
        readers=built.readers,
        counted=built.counted,
        before_exit=_before_exit,
        drain_callbacks=built.drain_callbacks,
    )
    shutdown.register()
    _active = (settings, shutdown)
    dropped.is_counted = True
    logging_loop.protect_callers()
    instrument(**vars(settings.instrumentation))


def _request_hooks(options: dict[str, Any]) -> RequestHooks:
    """Hooks around those of the user, put into the options in their place."""
    from foundry_telemetry.azure.request_hooks import RequestHooks  # noqa: PLC0415 - see `_start`

    hooks = RequestHooks(
        options["read_timeout"],
        options.get("raw_request_hook"),
        options.get("raw_response_hook"),
        has_disk=not options.get("disable_offline_storage"),
    )
    options |= {"raw_request_hook": hooks.request, "raw_response_hook": hooks.response}
    return hooks


def _before_exit() -> None:
    from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies  # noqa: PLC0415
    from foundry_telemetry.azure import logging_loop  # noqa: PLC0415

    logging_loop.disable_flush()
    # It has an exit handler of its own, but one that was registered before ours and so comes too late.
    flush_abandoned_bodies()


def _with_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "enable_live_metrics": False,
        "enable_performance_counters": False,
        "read_timeout": _READ_TIMEOUT_S,
        "timeout": _TIMEOUT_S,
    }
    if not options.get("disable_offline_storage"):
        defaults["retry_total"] = _RETRIES
    return {**defaults, **options}


def _again(first: Settings, second: Settings) -> None:
    if first.resource_key != second.resource_key:
        raise RuntimeError(
            f"configure() already sends the telemetry of this process to the resource {_masked(first)}. "
            f"A process has one set of providers, so the resource {_masked(second)} would receive nothing"
        )
    if _beside(first) != _beside(second):
        _log.warning("configure() was called before; the changed arguments of this call have no effect")


def _beside(settings: Settings) -> tuple[object, ...]:
    """What a call says besides the resource."""
    return (
        settings.instrumentation,
        settings.compression,
        settings.sampling,
        settings.distro,
        settings.options,
    )


def _masked(settings: Settings) -> str:
    return f"{settings.resource_key[0][:4]}..."


def _forget_lock() -> None:
    """A lock that another thread of the parent held would stay locked in a forked child."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
