"""Decides at the end of an attempt whether its content is kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import ClassVar, Final

from foundry_telemetry.config.content import ContentPolicy
from foundry_telemetry.content.answer_pieces import AnswerPieces
from foundry_telemetry.content.pipeline import ContentPipeline
from foundry_telemetry.content.record import PendingContent
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.value import CHAT
from foundry_telemetry.signals import SpanBinding
from foundry_telemetry.wire.request_matcher import Request

_MOST_CALLS: Final = 4_096
"""Calls whose failed attempts are remembered, so that a retry that succeeds is kept with them."""
_STREAM_BYTES: Final = 8
"""Bytes of a stream for each of its text: an event of a few characters has a hundred around them."""


class CallContent(AnswerPieces):
    """References to the request and the answer of one attempt.

    Args:
        request: The body.
        limit: Bytes of the answer that are kept.
    """

    __slots__ = ("request",)

    def __init__(self, request: bytes | None, limit: int) -> None:
        super().__init__(limit)
        self.request = request


class ContentListener:
    """Puts the content of chosen attempts into the pipeline.

    Args:
        policy: What is chosen.
        pipeline: Takes it.
    """

    signal: ClassVar = Signal.CONTENT
    reason: ClassVar = Reason.INTERNAL_ERROR
    is_deferred: ClassVar = True

    def __init__(self, policy: ContentPolicy, pipeline: ContentPipeline) -> None:
        self._policy = policy
        self._pipeline = pipeline
        self._failed: OrderedDict[str, None] = OrderedDict()

    def begin(self, request: Request, tags: Mapping[str, str], body: bytes | None) -> CallContent | None:
        """What an attempt puts its content into; ``None`` where it is none of those that are kept."""
        if request.operation != CHAT or self._pipeline.is_off:
            return None
        if not self._policy.covers(request.deployment, tags):
            return None
        return CallContent(body, _STREAM_BYTES * self._policy.budget_bytes)

    def finished(self, observation: Observation, binding: SpanBinding) -> None:
        """Keep the content of an attempt, or let it go."""
        content = binding.content
        if isinstance(content, CallContent) and self._is_kept(observation):
            self._pipeline.put(PendingContent(observation, binding.where, content.request, content))
        binding.content = None

    def _is_kept(self, observation: Observation) -> bool:
        call = observation.call_id
        if self._policy.failures:
            if observation.failure is not None or observation.stop_reason == "refusal":
                self._failed[call] = None
                while len(self._failed) > _MOST_CALLS:
                    self._failed.popitem(last=False)
                return True
            if call in self._failed:
                return True
        return self._policy.has_in_share(call)
