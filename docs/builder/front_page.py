"""``python -m docs.builder.front_page``: the parts of README.md that are made from the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from docs.builder import address, commands, markdown

README: Final = address.ROOT / "README.md"


def _commands() -> str:
    rows = (
        (markdown.code(name), commands.summary(each)) for name, each in commands.commands(commands.parser())
    )
    return markdown.table(("Command", "What it does"), rows)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "badges": lambda: address.badges(address.repository()),
    "commands": _commands,
}
"""What stands between the two marker lines of each name."""


def made(text: str) -> str:
    """The page with its parts made anew.

    Raises:
        ValueError: The two markers of a part are not there.
    """
    for name, make in PARTS.items():
        start, end = f"<!-- {name}:start -->\n", f"<!-- {name}:end -->"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"expected {start!r} and, after it, {end!r}")
        body = make()
        text = f"{before}{start}{body}{body and chr(10)}{end}{after}"
    return text


def main() -> None:
    """Write the page."""
    README.write_text(made(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
