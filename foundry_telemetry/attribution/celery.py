"""Tags from where a Celery task is sent to where it runs. They travel in the message, to your own workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foundry_telemetry.attribution import attribute, block_of, current_tags
from foundry_telemetry.disabled import is_disabled

_HEADER: Final = "foundry_telemetry_tags"
"""Key of the message header."""
_OPEN: Final = "_foundry_telemetry_block"
"""Attribute of a task's request while it runs; a request belongs to one run."""


def carry_through_celery() -> None:
    """Connect to Celery's signals, in producers and workers alike; calling it again changes nothing.

    Raises:
        ModuleNotFoundError: Celery is not installed.
    """
    if is_disabled("carry_through_celery()"):
        return
    from celery import signals  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415

    for signal, receiver in (
        (signals.before_task_publish, _sent),
        (signals.task_prerun, _begun),
        (signals.task_postrun, _ended),
    ):
        signal.connect(receiver, weak=False, dispatch_uid=f"{_HEADER}.{receiver.__name__}")


def _sent(headers: dict[str, Any] | None = None, **_: object) -> None:
    tags = current_tags()
    if headers is not None and tags:
        headers[_HEADER] = dict(tags)


def _begun(task: Any = None, **_: object) -> None:
    request = getattr(task, "request", None)
    tags = _reported(request)
    if tags:
        block = block_of(tags)
        block.__enter__()
        setattr(request, _OPEN, block)


def _ended(task: Any = None, **_: object) -> None:
    block = getattr(getattr(task, "request", None), _OPEN, None)
    if isinstance(block, attribute):
        block.__exit__(None, None, None)


def _reported(request: Any) -> dict[str, str]:
    """The tags in a message, whichever place its protocol puts its headers in."""
    reported = getattr(request, _HEADER, None)
    if reported is None:
        reported = (getattr(request, "headers", None) or {}).get(_HEADER)
    if not isinstance(reported, Mapping):
        return {}
    return {key: value for key, value in reported.items() if isinstance(key, str) and isinstance(value, str)}
