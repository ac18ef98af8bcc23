"""Requests and answers of the Messages API in the JSON form of OpenTelemetry's GenAI conventions.

`semantic-conventions-genai`: `gen-ai-input-messages.json` and its siblings. Images and documents are kept by
their hash and size; where the convention wants their bytes, the text is empty.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

Part = dict[str, Any]

FINISH_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
}
"""The convention's name for a ``stop_reason``; others are kept as they are."""


def input_messages(request: Mapping[str, Any]) -> list[Part]:
    """The chat history of a request."""
    found = []
    for message in _objects(request.get("messages")):
        parts = parts_of(message.get("content"))
        is_result = bool(parts) and all(part["type"] == "tool_call_response" for part in parts)
        role = "tool" if is_result else message.get("role")
        found.append({"role": role if isinstance(role, str) else "unknown", "parts": parts})
    return found


def system_instructions(request: Mapping[str, Any]) -> list[Part]:
    """The system prompt of a request, apart from the history."""
    return parts_of(request.get("system"))


def tool_definitions(request: Mapping[str, Any]) -> list[Part]:
    """The tools of a request. Those that the service has itself have no schema."""
    found = []
    for tool in _objects(request.get("tools")):
        definition = {"type": "function", "name": tool.get("name")}
        if "input_schema" not in tool:
            definition = {name: value for name, value in tool.items() if name != "cache_control"}
            definition.setdefault("type", "unknown")
        else:
            definition |= {"description": tool.get("description"), "parameters": tool["input_schema"]}
        found.append(definition)
    return found


def output_messages(message: Mapping[str, Any]) -> list[Part]:
    """The answer of the model, one message; none where nothing of it came."""
    parts = parts_of(message.get("content"))
    reason = message.get("stop_reason")
    if not parts and reason is None:
        return []
    made: Part = {"role": "assistant", "parts": parts}
    if isinstance(reason, str):  # unknown where the answer was cut short
        made["finish_reason"] = FINISH_REASONS.get(reason, reason)
    return [made]


def parts_of(content: object) -> list[Part]:
    """The parts of a message, a system prompt or a tool's result."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [_part(block) for block in _objects(content)]


def _part(block: Part) -> Part:
    kind = block.get("type")
    if isinstance(kind, str):
        if kind in _PARTS:
            return _PARTS[kind](block)
        if kind.endswith("_tool_result"):
            response = {"type": kind, "content": block.get("content")}
            return {
                "type": "server_tool_call_response",
                "id": block.get("tool_use_id"),
                "server_tool_call_response": response,
            }
    return {**block, "type": kind if isinstance(kind, str) else "unknown"}


def _text(block: Part) -> Part:
    return {"type": "text", "content": block.get("text")}


def _thinking(block: Part) -> Part:
    return {"type": "reasoning", "content": block.get("thinking")}


def _hidden_thinking(block: Part) -> Part:
    return {"type": "redacted_thinking", "bytes": len(str(block.get("data", "")))}


def _tool_use(block: Part) -> Part:
    return {
        "type": "tool_call",
        "id": block.get("id"),
        "name": block.get("name"),
        "arguments": block.get("input"),
    }


def _server_tool_use(block: Part) -> Part:
    call = {"type": block.get("name"), "input": block.get("input")}
    return {
        "type": "server_tool_call",
        "id": block.get("id"),
        "name": block.get("name"),
        "server_tool_call": call,
    }


def _tool_result(block: Part) -> Part:
    content = block.get("content")
    response = content if isinstance(content, str) else parts_of(content)
    made = {"type": "tool_call_response", "id": block.get("tool_use_id"), "response": response}
    return made | ({"is_error": True} if block.get("is_error") else {})


def _attachment(modality: str) -> Callable[[Part], Part]:
    def part(block: Part) -> Part:
        source = block.get("source")
        source = source if isinstance(source, dict) else {}
        kind = source.get("type")
        if kind == "url":
            return {"type": "uri", "modality": modality, "uri": source.get("url")}
        if kind == "file":
            return {"type": "file", "modality": modality, "file_id": source.get("file_id")}
        if kind in ("text", "content"):
            text = source.get("data") if kind == "text" else source.get("content")
            return {"type": "document", "title": block.get("title"), "parts": parts_of(text)}
        made = {"type": "blob", "modality": modality, "mime_type": source.get("media_type"), "content": ""}
        return made | _size_of(source.get("data"))

    return part


def _size_of(data: object) -> Part:
    """Hash and size of what is in base64."""
    if not isinstance(data, str):
        return {}
    try:
        raw = base64.b64decode(data)
    except (binascii.Error, ValueError):
        raw = data.encode(errors="replace")
    return {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}


_PARTS: Final[Mapping[str, Callable[[Part], Part]]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _hidden_thinking,
    "tool_use": _tool_use,
    "server_tool_use": _server_tool_use,
    "tool_result": _tool_result,
    "image": _attachment("image"),
    "document": _attachment("document"),
}


def _objects(value: object) -> list[Part]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
