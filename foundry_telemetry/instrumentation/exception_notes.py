"""Where a failure is seen first: one line on the exception that the application gets.

*Note*: what `BaseException.add_note` takes (PEP 678); tracebacks, log records and AppExceptions show it.

A failed connection is an exception where an integration sees it. A refused answer is none yet: the SDK, or
``raise_for_status()``, makes one of it later. Their exception classes are public and take the response, or
the request, in which an integration has left its marker. One that is raised ``from None`` in their place, as
litellm does, takes no note along: nothing leads from it to the request. So a failed attempt wraps the
constructors of those classes, and `uninstrument()` puts them back; a process in which nothing fails has
nothing wrapped.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar, Final

from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.instrumentation.families import FAMILY_NAMES, STATUS_ERROR
from foundry_telemetry.instrumentation.tracked_request import TrackedRequest
from foundry_telemetry.instrumentation.tracker import previous_request
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals import SpanBinding

_PREFIX: Final = "[foundry-telemetry] "

_MADE_LATER: Final = (
    ("anthropic", "APIStatusError"),
    ("anthropic", "APIConnectionError"),
    *((family, STATUS_ERROR) for family in FAMILY_NAMES),
)
"""Exceptions that are made later, of an answer or a request: module and class, each of them public."""

_MOST_CAUSES: Final = 4
"""An SDK exception is caused by one of the client, and that by one of httpcore and one of the system."""


class ExceptionNotes:
    """Puts the notes on."""

    __slots__ = ("__weakref__",)

    signal: ClassVar = Signal.EXCEPTION_NOTES
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = True

    def __init__(self) -> None:
        _writers.add(self)

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """An attempt ended; if it failed, perhaps with an exception already."""
        if observation.failure is None:
            return
        binding.failed = observation
        _wrap_constructors()
        if binding.error is not None:
            _put(binding.error, line_of(observation))


def move_note(tracked: TrackedRequest, error: BaseException) -> None:
    """Move the note of a failed attempt to an exception on its way, if that is about the attempt."""
    failed = tracked.binding.failed
    if failed is not None and _tracked_request_of(error) is tracked:
        _move_to(error, error.__cause__, line_of(failed))


def line_of(seen: Observation) -> str:
    """What a note says: the cause, what to do, and what to quote. Nothing in it is the caller's text."""
    from foundry_telemetry.advice import advice_for  # noqa: PLC0415 - most processes never need it

    failure = seen.failure
    kind, owner = (failure.type, failure.owner) if failure is not None else (None, None)
    entra = failure.entra.code if failure is not None and failure.entra is not None else None
    advice = advice_for(kind, owner)
    ids = {
        "apim-request-id": seen.ids.apim_request_id,
        "request-id": seen.anthropic_request_id,
        "support code": seen.support_code,
    }
    quoted = ", ".join(f"{name} {value}" for name, value in ids.items() if value is not None)
    return f"{_PREFIX}{' '.join(filter(None, (kind, entra)))}: {advice.next_step} ({quoted})"


def put_back() -> None:
    """Put the constructors back that were wrapped; where somebody wrapped ours, it only stays silent."""
    for cls, ours in list(_wrapped.items()):
        if vars(cls).get("__init__") is ours:
            cls.__init__ = ours.__wrapped__
        _wrapped.pop(cls, None)


_writers: Final[weakref.WeakSet[ExceptionNotes]] = weakref.WeakSet()
"""Those of the instrumentations that there are."""


def are_written() -> bool:
    """Whether any instrumentation of this process puts notes on."""
    return len(_writers) > 0


_wrapped: Final[dict[Any, Any]] = {}
"""Our constructor by class. There is no lock: what two threads do here at the same time comes to the same."""


def _wrap_constructors() -> None:
    for module, name in _MADE_LATER:
        cls = getattr(sys.modules.get(module), name, None)
        if cls is not None and cls not in _wrapped:
            cls.__init__ = _wrapped.setdefault(cls, _constructor(cls, cls.__init__))


def _constructor(cls: Any, original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def construct(self: BaseException, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        try:
            if cls in _wrapped:
                _made(self)
        except Exception as problem:
            internal_errors.add(problem, Signal.EXCEPTION_NOTES)

    return construct


def _made(error: BaseException) -> None:
    """An exception was made. If it is of a failed attempt, the note moves to it from its cause."""
    tracked = _tracked_request_of(error)
    if tracked is not None and tracked.binding.failed is not None:
        _move_to(error, sys.exc_info()[1], line_of(tracked.binding.failed))


def _tracked_request_of(error: BaseException) -> TrackedRequest | None:
    """The exchange of the request that an exception names."""
    try:
        request: Any = error.request  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError):  # the clients' own raise the second while they have none
        return None
    return previous_request(request) if isinstance(getattr(request, "extensions", None), dict) else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__


def _move_to(error: BaseException, cause: BaseException | None, line: str) -> None:
    for inner in _causes(cause):
        _take_off(inner, line)
    _put(error, line)


def _put(error: BaseException, line: str) -> None:
    _take_off(error, _PREFIX)  # a transport may raise the same object again and again
    error.add_note(line)


def _take_off(error: BaseException, beginning: str) -> None:
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        notes[:] = [note for note in notes if not str(note).startswith(beginning)]
