"""Whether a client goes where an answer sends it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from foundry_telemetry.attempt import Attempt

if TYPE_CHECKING:
    from foundry_telemetry.instrumentation.tracked_request import HttpResponse


def note_redirect(attempt: Attempt, response: HttpResponse) -> None:
    """Let an attempt know, once it has ended, whether a redirect that repeats its request was followed.

    A client that follows reads the answer at once; one that does not leaves the next request to the
    application first. Of an answer that is in memory already this is unknown, and few clients follow.
    """
    if not response.is_closed:
        attempt.is_followed = _follows(weakref.ref(response))


def _follows(ref: weakref.ref[HttpResponse]) -> Callable[[], bool]:
    def is_followed() -> bool:
        response = ref()
        has_next = getattr(response, "next_request", None) is not None
        return getattr(response, "has_redirect_location", False) and not has_next

    return is_followed
