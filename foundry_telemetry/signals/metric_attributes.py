"""The attributes of metrics, bounded: whatever comes over the wire, the number of series stays small."""

from __future__ import annotations

from typing import Any, Final

from foundry_telemetry.attribution import metric_tags
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import CHAT, PROVIDER_ANTHROPIC, TAG_PREFIX
from foundry_telemetry.signals.fields import Attributes

_MAX_VALUES: Final = 50
"""Distinct values of one attribute; further ones are recorded as `_OTHER`, so that series stay bounded."""
_OTHER: Final = "other"
_MAX_PLACES: Final = 200
"""Distinct combinations of server, deployment and model; each alone is bounded, but their product is not."""

_MAX_TAGGED: Final = 200
"""Distinct combinations of a place and its tags; of a further one the tags are recorded as `_OTHER`."""


class MetricAttributes:
    """Makes the attributes of attempts. What was the first to come keeps its name from then on."""

    def __init__(self) -> None:
        self._deployments = Values()
        self._models = Values()
        self._servers = Values()
        self._tags: dict[str, Values] = {}
        self._places: set[tuple[tuple[str, Any], ...]] = set()
        self._tagged: set[tuple[tuple[str, Any], ...]] = set()

    def of(self, observation: Observation) -> tuple[Attributes, Attributes]:
        """The attributes of an attempt, and those of its call."""
        place = self._place(observation)
        model = place.pop(names.RESPONSE_MODEL, None)
        call = place | {names.OPERATION: CHAT, names.PROVIDER: PROVIDER_ANTHROPIC}
        if observation.server_port is not None:
            call[names.SERVER_PORT] = observation.server_port
        if model is not None:
            call[names.RESPONSE_MODEL] = model
        return place | _of_attempt(observation), call

    def _place(self, observation: Observation) -> Attributes:
        """Server, deployment and model, as far as they are known; bounded one by one and together."""
        place: Attributes = {}
        for name, values, value in (
            (names.SERVER_ADDRESS, self._servers, observation.server_address),
            (names.REQUEST_MODEL, self._deployments, observation.deployment),
            (names.RESPONSE_MODEL, self._models, observation.response_model),
        ):
            if value is not None:
                place[name] = values.bound(value)
        if not _is_bounded(self._places, place, _MAX_PLACES):
            place = dict.fromkeys(place, _OTHER)
        tags = self._tags_of(observation)
        if tags and not _is_bounded(self._tagged, place | tags, _MAX_TAGGED):
            tags = dict.fromkeys(tags, _OTHER)
        return place | tags

    def _tags_of(self, observation: Observation) -> Attributes:
        """The tags that go on metrics, each bounded by itself."""
        return {
            TAG_PREFIX + key: self._tags.setdefault(key, Values()).bound(observation.tags[key])
            for key in metric_tags()
            if key in observation.tags
        }


class Values:
    """The values one attribute may take: the first fifty that come."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bound(self, value: str) -> str:
        """`value`, or ``other``."""
        if value not in self._known:
            if len(self._known) >= _MAX_VALUES:
                return _OTHER
            self._known.add(value)
        return value


def _of_attempt(observation: Observation) -> Attributes:
    fields: Attributes = {
        names.AUTH_SCHEME: observation.auth_scheme,
        names.IS_RETRY: observation.attempt_number > 1,
    }
    if observation.status_code is not None:
        fields[names.STATUS_CODE] = observation.status_code
    if observation.failure is not None:
        fields[names.ERROR_TYPE] = observation.failure.type
    return fields


def _is_bounded(known: set[tuple[tuple[str, Any], ...]], combination: Attributes, most: int) -> bool:
    """Whether a combination is one of the first that came; so many there may be."""
    key = tuple(combination.items())
    if key not in known:
        if len(known) >= most:
            return False
        known.add(key)
    return True
