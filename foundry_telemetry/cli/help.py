"""The layout of help texts: usage, arguments, groups of options, exit codes; plain text everywhere.

Options stand in groups by their ``rich_help_panel``. Flags have no type beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand

if TYPE_CHECKING:
    Record = tuple[str, str]
    """An option or an argument as it is written, and its help text."""

CONTEXT: Final = {"help_option_names": ["-h", "--help"]}
"""Settings of every command."""

_ARGUMENTS: Final = "Arguments"
_OPTIONS: Final = "Options"
_FIRST: Final = (_ARGUMENTS, _OPTIONS)
"""Before the groups that several commands share."""


class Command(TyperCommand):
    """A command with its options in groups."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the name of the command in its usage: ``[OPTIONS] ID``."""
        return ["[OPTIONS]", *(_name(param) for param in self.get_params(ctx) if _is_argument(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options, group by group in the order of the command's parameters."""
        groups: dict[str, list[Record]] = {}  # arguments come before options
        for param in self.get_params(ctx):
            if _is_argument(param):
                groups.setdefault(_ARGUMENTS, []).append((_name(param), getattr(param, "help", None) or ""))
            elif (record := param.get_help_record(ctx)) is not None:
                panel = getattr(param, "rich_help_panel", None)
                groups.setdefault(panel or _OPTIONS, []).append(record)
        for heading in sorted(groups, key=_FIRST.__contains__, reverse=True):
            with formatter.section(heading):
                formatter.write_dl(groups[heading])


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _name(param: Any) -> str:
    return str(param.metavar or param.name.upper())
