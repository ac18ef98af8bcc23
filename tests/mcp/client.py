"""One server in a process of its own, and the SDK's client for it; tests call it without awaiting."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters, stdio_client

from tests.cli.process import MAIN


class Response(NamedTuple):
    """What a tool replied."""

    text: str
    is_error: bool

    @property
    def body(self) -> Any:
        """As JSON."""
        return json.loads(self.text)


class Agent:
    """Calls tools as an agent does."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def do(self, method: str, *arguments: Any) -> Any:
        """Any request of the SDK's client."""
        return self._portal.call(getattr(self.client, method), *arguments)

    def call(self, tool: str, **arguments: Any) -> Response:
        """One call; the answer is one text."""
        result = self.do("call_tool", tool, arguments)
        (content,) = result.content
        return Response(content.text, bool(result.is_error))

    def pages(self, tool: str, **arguments: Any) -> list[Response]:
        """All pages of an answer, as an agent gets them."""
        found = [self.call(tool, **arguments)]
        while not found[-1].is_error and "next_page" in found[-1].body:
            found.append(self.call(tool, **arguments, page=len(found) + 1))
        return found

    def records(self, tool: str, **arguments: Any) -> list[dict[str, Any]]:
        """All records of an answer."""
        found = self.pages(tool, **arguments)
        assert not any(one.is_error for one in found), found[-1].text
        return [record for one in found for record in one.body["data"]]


@contextmanager
def agent(*options: str) -> Iterator[Agent]:
    """A client and its server.

    Args:
        *options: Of ``foundry-telemetry mcp``.
    """
    command = ["-c", MAIN, "mcp", *options]
    server = StdioServerParameters(command=sys.executable, args=command, env={**os.environ})
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        client = stack.enter_context(portal.wrap_async_context_manager(Client(stdio_client(server))))
        yield Agent(portal, client)
