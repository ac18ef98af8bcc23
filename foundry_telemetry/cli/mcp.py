"""``foundry-telemetry mcp``."""

# No `from __future__ import annotations`: typer reads the annotations.

from typing import Annotated, Final

import typer

from foundry_telemetry.cli import query_options
from foundry_telemetry.cli.arguments import between
from foundry_telemetry.cli.exit_codes import epilog
from foundry_telemetry.cli.missing_extras import repair
from foundry_telemetry.cli.option_groups import grouped

EXIT_CODES: Final = epilog(serves=True)

_DEFAULT_BYTES: Final = 4_096

_Bytes = Annotated[
    int,
    typer.Option(
        "--answer-bytes",
        parser=between(2_048, 65_536, int, "--answer-bytes 8192"),
        metavar="BYTES",
        help="Most bytes of an answer, 2048 to 65536. Longer answers have pages.",
    ),
]


@grouped
def mcp(
    *,
    answer_bytes: _Bytes = _DEFAULT_BYTES,
    source: query_options.SourceOptions,
) -> None:
    """Serve agents: an MCP server on standard input and output.

    Tools: incident, explain, cost, cost_why, query, causes, schema. All read and none writes. Prompts and
    responses are never in an answer.

    \b
    Configure it in an MCP client:
      {"mcpServers": {"foundry-telemetry":
        {"command": "foundry-telemetry", "args": ["mcp"]}}}
    """  # noqa: D301 - \b is for the layout of the help
    with repair():
        source.check()
        from importlib.metadata import version  # noqa: PLC0415 - only here

        from foundry_telemetry.mcp.context import Context  # noqa: PLC0415 - not for --help
        from foundry_telemetry.mcp.server import serve  # noqa: PLC0415 - needs the extra

        with query_options.silent("azure"), Context(*source) as context:
            serve(context, version("foundry-telemetry"), answer_bytes)
