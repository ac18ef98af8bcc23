"""An answer from its pieces: the message of a JSON body, or the one that the events of a stream make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from foundry_telemetry.content.answer_pieces import AnswerPieces

GAP: Final = " [... cut ...] "
"""Stands where pieces of a stream were not kept."""

_TEXTS: Final = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "input_json_delta": ("partial_json", "input"),
}
"""The field of a delta, and the field of a block that it makes longer."""
_INPUT: Final = "input"


def read_answer(pieces: AnswerPieces) -> dict[str, Any]:
    """The message, as far as it came; empty where it is none."""
    beginning, end = b"".join(pieces.beginning), pieces.end
    if not pieces.has_gap:
        beginning, end = beginning + end, b""
    if beginning.lstrip()[:1] == b"{":
        message = _decoded(beginning) if not pieces.has_gap else None
        return message if message is not None else {}
    return _Message().read(beginning, end, has_gap=pieces.has_gap)


class _Message:
    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._texts: dict[int, list[str]] = {}
        self._targets: dict[int, str] = {}
        self._stop_reason: object = None

    def read(self, beginning: bytes, end: bytes, *, has_gap: bool) -> dict[str, Any]:
        for event in _events(beginning):
            self._take(event)
        if has_gap:
            for texts in list(self._texts.values())[-1:]:
                texts.append(GAP)
            for event in _events(end.partition(b"\n\n")[2]):
                self._take(event)
        content = [self._whole(index) for index in sorted(self._blocks)]
        return {"content": content, "stop_reason": self._stop_reason}

    def _take(self, event: dict[str, Any]) -> None:
        index, delta = event.get("index", 0), event.get("delta")
        if event.get("type") == "content_block_start":
            block = event.get("content_block")
            self._blocks[index] = dict(block) if isinstance(block, dict) else {}
            self._texts[index] = []
        elif isinstance(delta, dict) and delta.get("type") in _TEXTS:
            source, target = _TEXTS[delta["type"]]
            self._blocks.setdefault(index, {"type": _TYPES[target]})
            self._targets[index] = target
            self._texts.setdefault(index, []).append(str(delta.get(source, "")))
        elif event.get("type") == "message_delta" and isinstance(delta, dict):
            self._stop_reason = delta.get("stop_reason")

    def _whole(self, index: int) -> dict[str, Any]:
        block = self._blocks[index]
        target = self._targets.get(index)
        if target is None:
            return block
        text = "".join(self._texts[index])
        if target != _INPUT:
            return block | {target: str(block.get(target) or "") + text}
        arguments = _decoded(text.encode())
        return block | {_INPUT: text if arguments is None else arguments}


_TYPES: Final = {"text": "text", "thinking": "thinking", _INPUT: "tool_use"}


def _events(stream: bytes) -> Iterator[dict[str, Any]]:
    for line in stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.startswith(b"data:"):
            event = _decoded(line[5:])
            if event is not None:
                yield event


def _decoded(text: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
