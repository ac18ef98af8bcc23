"""The integrations: where attempts meet clients and the SDK. One attempt counts once, whichever are attached.

=====================  =======================================================================
``instrument()``       every client of the process, or one; sees all but a failing token provider
``event_hooks()``      public hooks for clients put together by hand; the light one
``FoundryMiddleware``  the SDK's ``middleware=``; sees a failing token provider too
=====================  =======================================================================
"""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from opentelemetry import _logs, metrics, trace

from foundry_telemetry import pricing
from foundry_telemetry.abandoned_bodies import flush_abandoned_bodies
from foundry_telemetry.config import load_environment
from foundry_telemetry.config.content import ContentPolicy, policy_in_force
from foundry_telemetry.config.options import HttpSpans, Sink, check_http_spans, check_sinks
from foundry_telemetry.config.project import project_in_force
from foundry_telemetry.content import drain_content, stop_content
from foundry_telemetry.disabled import is_disabled
from foundry_telemetry.dropped_items import dropped
from foundry_telemetry.instrumentation.attempt_collector import attempts
from foundry_telemetry.instrumentation.azure_monitor import azure_monitor
from foundry_telemetry.instrumentation.calls import failed_attempts
from foundry_telemetry.instrumentation.exception_notes import put_back
from foundry_telemetry.instrumentation.families import when_loaded
from foundry_telemetry.instrumentation.hooks import EventHooks, Hooks
from foundry_telemetry.instrumentation.listeners import make_listeners
from foundry_telemetry.instrumentation.tracked_request import Settings
from foundry_telemetry.instrumentation.tracker import Tracker
from foundry_telemetry.instrumentation.transport import (
    attach,
    detach_client,
    detach_process,
)
from foundry_telemetry.signals import Signals, check_providers, is_placeholder, make_signals
from foundry_telemetry.warn_once import Once
from foundry_telemetry.wire.request_matcher import parse_hosts

if TYPE_CHECKING:
    from foundry_telemetry.content.listener import ContentListener
    from foundry_telemetry.instrumentation.middleware import FoundryMiddleware

__all__ = ["FoundryMiddleware", "async_event_hooks", "attempts", "event_hooks", "instrument", "uninstrument"]

_log: Final = logging.getLogger("foundry_telemetry")


def __getattr__(name: str) -> object:
    if name == "FoundryMiddleware":  # needs the SDK, which takes more than a second to import
        from foundry_telemetry.instrumentation.middleware import FoundryMiddleware  # noqa: PLC0415

        return FoundryMiddleware
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def instrument(
    target: object = None,
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    logger_provider: _logs.LoggerProvider | None = None,
    hosts: Iterable[str] = (),
    http_spans: HttpSpans | None = None,
    sinks: Sequence[Sink] = (),
    exception_notes: bool = False,
    content: ContentPolicy | None = None,
    project_id: str | None = None,
) -> None:
    """Record every attempt to call Claude in Microsoft Foundry from now on.

    Calling it again replaces what was set before. Nothing raises later. With
    ``FOUNDRY_TELEMETRY_DISABLED=true`` in the environment this does nothing, as do the other integrations.

    Args:
        target: One client of httpx, httpx2 or the anthropic SDK; the whole process by default.
        tracer_provider: The global one by default; the same for the other two.
        meter_provider: See above.
        logger_provider: Takes the ledger events.
        hosts: Hosts or base URLs that count as Foundry besides Azure's own: gateways, private names.
        http_spans: ``suppress`` silences an HTTP instrumentor for these attempts, ``keep`` does not. By
            default it is silenced where spans go to Azure Monitor, so that a call is one row there.
        sinks: Called with each finished attempt, in the thread where it ended or was found dropped.
        exception_notes: Put cause, next step, ids and support code on the exception of a failed call, as a
            note. One that a framework raises ``from None`` (litellm) has none: read `last_attempt()` there.
        content: Keep requests and answers as it says, redacted, on an event of their own. By default what
            ``FOUNDRY_TELEMETRY_CONTENT`` and the settings file say: nothing, where they say nothing.
        project_id: ARM ID of the Foundry project, written onto the spans of calls, so that the Traces view of
            the Foundry portal finds them. ``FOUNDRY_PROJECT_ARM_ID`` by default, which Foundry sets for the
            agents that it hosts.

    Raises:
        ImportError: `content` needs packages that are not installed.
        TypeError: `target` is no client, or `hosts` or `sinks` hold something else than they should.
        ValueError: `hosts`, `http_spans`, `project_id` or what the environment says is malformed.
    """
    if is_disabled("instrument()"):
        return
    tracker = make_tracker(
        tracer_provider=tracer_provider,
        meter_provider=meter_provider,
        logger_provider=logger_provider,
        hosts=hosts,
        http_spans=http_spans,
        sinks=sinks,
        exception_notes=exception_notes,
        content=content,
        project_id=project_id,
    )
    attach(target, tracker)


def uninstrument(target: object = None) -> None:
    """Undo `instrument()`, for one client or the whole process; attempts under way are still recorded.

    Raises:
        TypeError: `target` is no client.
    """
    if target is None:
        detach_process()
    else:
        detach_client(target)
    put_back()
    flush_abandoned_bodies()
    if target is None:
        stop_content()
        failed_attempts.waiting.clear()


class HookOptions(TypedDict, total=False):
    """What the public integrations take; see `instrument()`."""

    tracer_provider: trace.TracerProvider | None
    meter_provider: metrics.MeterProvider | None
    logger_provider: _logs.LoggerProvider | None
    hosts: Iterable[str]
    sinks: Sequence[Sink]
    exception_notes: bool
    content: ContentPolicy | None
    project_id: str | None


def event_hooks(**options: Unpack[HookOptions]) -> EventHooks:
    """Hooks for ``httpx.Client(event_hooks=event_hooks())`` and its httpx2 twin.

    Args:
        **options: ``tracer_provider``, ``meter_provider``, ``logger_provider``, ``hosts``, ``sinks``,
            ``exception_notes``, ``content`` and ``project_id``, as for `instrument()`, same errors. A
            hook does not meet the exception of a failed connection: its cause, httpcore's own, has the note.
    """
    checked("event_hooks", options)
    return _no_hooks() if is_disabled("event_hooks()") else Hooks(make_tracker(**options)).sync_hooks()


def async_event_hooks(**options: Unpack[HookOptions]) -> EventHooks:
    """The same for the async clients.

    Args:
        **options: As for `event_hooks()`.
    """
    checked("async_event_hooks", options)
    return _no_hooks() if is_disabled("async_event_hooks()") else Hooks(make_tracker(**options)).async_hooks()


def _no_hooks() -> EventHooks:
    return {"request": [], "response": []}


def checked(integration: str, options: HookOptions) -> HookOptions:
    """The keywords of an integration as given, once it is clear that it takes them; else TypeError."""
    unknown = sorted(options.keys() - HookOptions.__annotations__)
    if unknown:
        raise TypeError(
            f"{integration}(): no keyword {unknown[0]!r}; expected {sorted(HookOptions.__annotations__)}"
        )
    return options


def make_tracker(
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    logger_provider: _logs.LoggerProvider | None = None,
    hosts: Iterable[str] = (),
    http_spans: HttpSpans | None = None,
    sinks: Sequence[Sink] = (),
    exception_notes: bool = False,
    content: ContentPolicy | None = None,
    project_id: str | None = None,
) -> Tracker:
    """Check the options of an integration and make its tracker; keywords and errors as for `instrument()`."""
    if http_spans is not None:
        check_http_spans(http_spans)
    sinks = check_sinks(sinks)
    known_hosts = parse_hosts(hosts)
    project = project_in_force(project_id)
    load_environment()
    check_providers(tracer_provider, meter_provider, logger_provider)
    when_loaded(pricing.preload)
    _warn_without_ledger(logger_provider, sinks)
    _look_for_azure(tracer_provider)
    _flush_at_exit()
    content_listener = _content_listener(content, logger_provider)
    signals = _signals(tracer_provider, meter_provider, logger_provider)
    if project is not None:
        signals = signals._replace(span=signals.span.of_project(project))
    return Tracker(
        Settings(
            signals,
            make_listeners(signals, sinks=sinks, exception_notes=exception_notes, content=content_listener),
            hosts=known_hosts,
            http_spans=http_spans,
            content=content_listener,
        )
    )


def _content_listener(
    given: ContentPolicy | None, logger_provider: _logs.LoggerProvider | None
) -> ContentListener | None:
    policy = policy_in_force(given)
    if policy is None:
        return None
    from foundry_telemetry.content.set_up import content_listener  # noqa: PLC0415 - nothing of it when off

    return content_listener(policy, logger_provider)


@lru_cache(maxsize=16)
def _signals(
    tracer_provider: trace.TracerProvider | None,
    meter_provider: metrics.MeterProvider | None,
    logger_provider: _logs.LoggerProvider | None,
) -> Signals:
    """One set of instruments for the same providers, whichever integrations share them."""
    look = partial(_look_for_azure, tracer_provider)
    return make_signals(tracer_provider, meter_provider, logger_provider, on_provider=look)


_NO_LEDGER: Final = (
    "ledger events (foundry.attempt) are not exported: no logger provider is set up. Call configure(), or "
    "pass logger_provider= to instrument()"
)
_LOGS_ARE_OFF: Final = "OTEL_LOGS_EXPORTER=none also disables the ledger (foundry.attempt): unset it"


@Once
def _warn_once(text: str) -> None:
    _log.warning("%s", text)


def _warn_without_ledger(logger_provider: _logs.LoggerProvider | None, sinks: Sequence[Sink]) -> None:
    if sinks or dropped.is_counted or not is_placeholder(logger_provider or _logs.get_logger_provider()):
        return
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return  # the user wants none
    off = os.environ.get("OTEL_LOGS_EXPORTER", "").strip().lower() == "none"
    _warn_once(_LOGS_ARE_OFF if off else _NO_LEDGER)


def _look_for_azure(tracer_provider: trace.TracerProvider | None) -> None:
    """See whether our spans go to Azure Monitor, and who has set that up."""
    with suppress(Exception):  # of a provider that the environment names
        found = (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider())
        azure_monitor.look_up(tracer_provider or found[0], found)


def _flush_at_exit() -> None:
    """Report dropped bodies at exit, before the providers shut down: who registers first comes last."""
    for callback in (drain_content, flush_abandoned_bodies):
        atexit.unregister(callback)
        atexit.register(callback)
