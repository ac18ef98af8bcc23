"""Calls of tools: arguments checked, answers in pages, errors in words that say what to call instead.

The pages of an answer are kept, so that a further page is of the same answer and not of a newer one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.mcp import texts
from foundry_telemetry.mcp.answers import pages
from foundry_telemetry.mcp.arguments import ArgumentError, checked
from foundry_telemetry.mcp.command_line import command
from foundry_telemetry.mcp.context import Context
from foundry_telemetry.mcp.tools import TOOLS, Tool

_KEPT: Final = 8
"""Answers whose pages are kept."""
_MOST_CHARACTERS: Final = 1_000
"""Of an error."""


class CallError(Exception):
    """A call without an answer; the message says what to call instead."""


class Calls:
    """Answers calls; several threads may use it.

    Args:
        context: Who is asked.
        most_bytes: Of a page.
    """

    def __init__(self, context: Context, most_bytes: int) -> None:
        self._context = context
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, name: str, given: Mapping[str, Any]) -> str:
        """One page of an answer, as JSON.

        Raises:
            CallError: There is none.
        """
        tool = TOOLS.get(name)
        if tool is None:
            raise CallError(texts.UNKNOWN_TOOL.format(name=plain(name, 80), names=", ".join(TOOLS)))
        try:
            arguments = checked(name, tool.arguments, given)
            number: int = arguments.pop("page", 1)
            answered = self._pages(tool, arguments, is_new=number == 1)
        except Exception as error:
            raise CallError(_explained(error, tool)) from error
        if number > len(answered):
            raise CallError(texts.NO_SUCH_PAGE.format(page=number, pages=len(answered)))
        return answered[number - 1]

    def _pages(self, tool: Tool, arguments: Mapping[str, Any], *, is_new: bool) -> list[str]:
        key = msgspec.json.encode([tool.name, arguments], order="sorted")
        with self._lock:
            kept = None if is_new else self._kept.get(key)
        if kept is not None:
            return kept
        answered = pages(tool.answer(self._context, arguments), tool.name, self._most_bytes)
        with self._lock:
            self._kept[key] = answered
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answered


def _explained(error: Exception, tool: Tool) -> str:
    """What went wrong. Of what was not foreseen the class alone: its message can hold anything."""
    from foundry_telemetry.investigate.filters import FilterError  # noqa: PLC0415 - takes a while
    from foundry_telemetry.investigate.sources import SourceError  # noqa: PLC0415 - as above
    from foundry_telemetry.investigate.time_range import RangeError  # noqa: PLC0415 - as above
    from foundry_telemetry.mcp.query.walk import QueryRefusedError  # noqa: PLC0415 - as above

    expected = (ArgumentError, FilterError, RangeError, SourceError, QueryRefusedError)
    if isinstance(error, expected):
        return plain(str(error), _MOST_CHARACTERS)
    shown = command(tool.name.replace("_", " --"), {})
    return texts.UNEXPECTED.format(tool=tool.name, error=type(error).__name__, command=shown)
