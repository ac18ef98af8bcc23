"""The page of the commands, from the parsers themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from docs.builder import markdown
from foundry_telemetry.cli.exit_codes import MEANINGS

_INTRODUCTION: Final = """\
`pip install 'foundry-telemetry[cli]'` brings the commands that query telemetry; `demo`, `local` and `fake` \
need `pip install 'foundry-telemetry[demo]'`. Each command has `--help`. \
What each exit code means: [Exit codes](exit-codes.md)."""

_MORE: Final = {
    "foundry-telemetry incident": "Guide: [Debug an incident](../guides/incident.md). Measures, baselines "
    "and thresholds: [How incident decides](../concepts/incidents.md).",
}
"""What stands below a command, beside its help."""

_EXAMPLE: Final = """\
Warnings of `doctor` do not change its exit code.

```bash
foundry-telemetry incident --since 10m --json > incident.json
test $? -ne 3 || ./notify-on-call incident.json
```"""


def page(application: Any = None) -> str:
    """Every command with its arguments and options, as its parser has them."""
    found = list(commands(application or parser()))
    rows = ((f"[`{name}`](#{_anchor(name)})", summary(each)) for name, each in found)
    return markdown.page(
        "Commands", _INTRODUCTION, markdown.table(("Command", "What it does"), rows), *map(_section, found)
    )


def exit_codes() -> str:
    """What each code means, and what it means more exactly for one command."""
    rows = (
        (str(code), meaning, "; ".join(f"{markdown.code(name)}: {exact}" for name, exact in _exactly(code)))
        for code, meaning in MEANINGS.items()
    )
    return markdown.page("Exit codes", markdown.table(("Code", "Meaning", "Exactly"), rows), _EXAMPLE)


def _exactly(code: int) -> Iterator[tuple[str, str]]:
    """The commands that say more of a code at the end of their help."""
    for name, command in commands(parser()):
        found = re.search(rf"^ +{code} +(.+)$", command.epilog or "", re.MULTILINE)
        if found and found[1] != MEANINGS[code]:
            yield name.removeprefix("foundry-telemetry "), found[1]


def parser() -> Any:
    """The command line, as typer builds it."""
    import typer.main  # noqa: PLC0415 - with it comes much

    from foundry_telemetry import cli  # noqa: PLC0415

    return typer.main.get_command(cli._application())  # noqa: SLF001 - there is no other way to it


def commands(group: Any, prefix: str = "foundry-telemetry") -> Iterator[tuple[str, Any]]:
    """Each command that does something, by its whole name."""
    for name, each in group.commands.items():
        if each.hidden:
            continue
        if hasattr(each, "commands"):
            yield from commands(each, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", each


def _section(item: tuple[str, Any]) -> str:
    name, command = item
    parts = [f"## {name} {{ #{_anchor(name)} }}", _help(command.help), f"```\n{_usage(name, command)}\n```"]
    rows = list(_parameters(command))
    if rows:
        parts.append(markdown.table(("Option", "Meaning"), rows))
    if name in _MORE:
        parts.append(_MORE[name])
    return "\n\n".join(parts)


def _usage(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=name)
    return " ".join((name, *command.collect_usage_pieces(context)))


def _parameters(command: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(command, info_name=command.name)
    for each in command.get_params(context):
        record = each.get_help_record(context)
        if record and "--help" not in record[0]:
            names, text = record
            yield markdown.code(re.sub(r"\s+", " ", names).strip()), _unmarked(text)


def _help(text: str | None) -> str:
    """Paragraphs of a command's help."""
    return "\n\n".join(_unmarked(part) for part in re.split(r"\n\s*\n", text or ""))


def summary(command: Any) -> str:
    """What a command does, in its first paragraph."""
    return _unmarked((command.help or "").partition("\n\n")[0])


def _unmarked(text: str) -> str:
    """Without the marks of rich."""
    return markdown.prose(re.sub(r"\[/?(?:bold|dim|cyan|red|green|yellow|italic)\]", "", text))


def _anchor(name: str) -> str:
    return name.removeprefix("foundry-telemetry ").replace(" ", "-")
