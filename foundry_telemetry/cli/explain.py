"""``foundry-telemetry explain``."""

# No `from __future__ import annotations`, as in `id_commands`.

from typing import TYPE_CHECKING, Final

import typer

from foundry_telemetry.cli import exit_codes, id_commands, query_options

if TYPE_CHECKING:
    from foundry_telemetry.investigate.sources import Source

EXIT_CODES: Final = exit_codes.epilog(
    {exit_codes.OK: "explained", exit_codes.ATTENTION: "the call was not found"}
)

_TEXT: Final = typer.Argument(
    metavar="TEXT",
    help="An exception, a log line, an ID as for ticket, or a cause such as rate_limited. "
    "Use `-` to read standard input.",
)


def _explain(source: "Source", given: id_commands.Given) -> id_commands.Result:
    """Explain an exception or an ID: cause, owner, next step.

    With an ID, shows what ticket shows. Without one, reads the cause from the text: its status and error
    body, Entra code or exception class. Searches the last 90 days by default.
    """
    from foundry_telemetry.investigate.ticket import lookup, read_rendering  # noqa: PLC0415 - takes a while

    with query_options.progress() as on_progress:
        explanation = lookup.explain(source, given.text, given.span, on_progress)
    if explanation.found is not None:
        return id_commands.of_call(source, explanation.found, with_content=given.with_content)
    if explanation.read is None:
        id_commands.fail_not_found(source, explanation.identities, given.span)
    return id_commands.Result(
        lambda: read_rendering.as_object(explanation),
        lambda: read_rendering.markdown(explanation),
        lambda console: read_rendering.show(explanation, console),
        exit_codes.ATTENTION if explanation.identities else exit_codes.OK,
    )


explain: Final = id_commands.command("explain", _TEXT, _explain)
