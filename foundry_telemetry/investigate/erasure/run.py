"""Deletes what a plan has, request by request, as far as the service lets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foundry_telemetry.investigate.erasure.management import WAIT_S, Management, Outcome
from foundry_telemetry.investigate.erasure.plan import EVENTS, Api, Plan, Request

_GO_ON = ("deleted", "absent")


def erase(
    plan: Plan,
    management: Management,
    api: Api,
    on_outcome: Callable[[Outcome], object],
    wait_s: float = WAIT_S,
) -> tuple[list[Outcome], list[Request]]:
    """Send the requests of a plan.

    The events of a batch go only after its content: by them a next run would find what was not deleted. A
    purge takes days, so there it is enough that it was accepted.

    Args:
        plan: What is to go.
        management: Where.
        api: By which API.
        on_outcome: Given what became of each request.
        wait_s: Seconds to wait for each to be done.

    Returns:
        What became of those that were sent, and those that were not.
    """
    outcomes: list[Outcome] = []
    waiting = list(plan.requests(api))
    goes_on = (*_GO_ON, "accepted") if api == "purge" else _GO_ON
    while waiting:
        outcome = management.send(waiting[0], api, 0.0 if api == "purge" else wait_s)
        on_outcome(outcome)
        outcomes.append(outcome)
        is_last_of_batch = waiting[0].table == EVENTS
        if outcome.state not in goes_on and not (is_last_of_batch and outcome.state == "accepted"):
            break
        waiting.pop(0)
    return outcomes, waiting


def is_done(outcomes: list[Outcome], waiting: list[Request]) -> bool:
    """Whether nothing is to be looked after."""
    return not waiting and all(outcome.state in _GO_ON for outcome in outcomes)


def kept_events(waiting: list[Request]) -> Iterator[Request]:
    """Requests for events that were not sent."""
    return (request for request in waiting if request.table == EVENTS)
