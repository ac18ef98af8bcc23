"""The protocol, over standard input and output: tools and resources of this package for any client of MCP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from foundry_telemetry.mcp import resources, texts
from foundry_telemetry.mcp.answers import encoded
from foundry_telemetry.mcp.arguments import schema
from foundry_telemetry.mcp.calls import CallError, Calls
from foundry_telemetry.mcp.context import Context
from foundry_telemetry.mcp.tools import TOOLS, Tool

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

NAME: Final = "foundry-telemetry"


def serve(context: Context, version: str, most_bytes: int) -> None:
    """Answer one client until it goes.

    Args:
        context: Who is asked; closed by whoever made it.
        version: Of this package.
        most_bytes: Of an answer.
    """
    anyio.run(_serve, Calls(context, most_bytes), version)


async def _serve(calls: Calls, version: str) -> None:
    server = _server(calls, version)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _server(calls: Calls, version: str) -> Server[Any]:
    async def call(_: ServerRequestContext[Any], params: types.CallToolRequestParams) -> types.CallToolResult:
        return await _called(calls, params)

    return Server(
        NAME,
        version=version,
        title="Claude in Microsoft Foundry: telemetry",
        instructions=texts.INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=call,
        on_list_resources=_list_resources,
        on_read_resource=_read_resource,
    )


async def _called(calls: Calls, params: types.CallToolRequestParams) -> types.CallToolResult:
    work = partial(calls.page, params.name, params.arguments or {})
    try:
        text, is_error = await anyio.to_thread.run_sync(work, abandon_on_cancel=True), False
    except CallError as error:
        text, is_error = encoded({"error": str(error)}), True
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=is_error)


async def _list_tools(
    _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])


def _described(tool: Tool) -> types.Tool:
    hints = types.ToolAnnotations(
        title=tool.title,
        read_only_hint=True,
        destructive_hint=False,
        idempotent_hint=True,
        open_world_hint=False,
    )
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema(tool.arguments),
        annotations=hints,
    )


async def _list_resources(
    _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    return types.ListResourcesResult(
        resources=[
            types.Resource(uri=one.uri, name=one.name, description=one.about, mime_type=resources.MEDIA_TYPE)
            for one in resources.pages().values()
        ]
    )


async def _read_resource(
    _: ServerRequestContext[Any], params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    uri = str(params.uri)
    try:
        text = resources.read(uri)
    except ValueError as error:
        raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from error
    contents = types.TextResourceContents(uri=uri, text=text, mime_type=resources.MEDIA_TYPE)
    return types.ReadResourceResult(contents=[contents])
