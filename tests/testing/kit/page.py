"""The page about the kit: its code, its tables, and how they are written anew.

``python -m tests.testing.kit.page`` writes the tables.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Final

from foundry_telemetry.testing import INCIDENTS
from foundry_telemetry.testing.kit.calls import Expected
from foundry_telemetry.testing.kit.expected import ExpectedFields

PAGE: Final = Path(__file__).parents[3] / "foundry_telemetry" / "testing" / "README.md"
_BLOCK: Final = re.compile(r"(<!-- fails -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r'^    (\w+): object\n    """(.*?)"""$', re.MULTILINE)


def blocks(language: str, *, fails: bool = False) -> list[str]:
    """The code of the page in one language: what passes, or what shows a failure."""
    found = _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))
    return [
        code
        for mark, name, code in (each.groups() for each in found)
        if name == language and bool(mark) == fails
    ]


def shown(table: str) -> str:
    """A table as the page has it."""
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(f"<!-- {table}:start -->\n")[2].partition(f"<!-- {table}:end -->")[0]


def made() -> dict[str, str]:
    """The tables as they should be."""
    comments = dict(_COMMENT.findall(inspect.getsource(ExpectedFields) + inspect.getsource(Expected)))
    rows = (f"| `{each.name}` | {each.title} | {_kind(each.error)} |" for each in INCIDENTS.values())
    fields = (
        f"`{name}`" + (f" ({_short(comments[name])})" if name in comments else "")
        for name in Expected.__annotations__
    )
    return {
        "incidents": "| Name | What happens | `error.type` |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n",
        "fields": "Fields: " + ", ".join(fields) + ".\n",
    }


def _kind(error: str | None) -> str:
    return "none, after a retry" if error is None else f"`{error}`"


def _short(comment: str) -> str:
    text = " ".join(comment.replace("``", "`").split()).removesuffix(".")
    return text if text[1].isupper() else text[0].lower() + text[1:]


def main() -> None:
    """Write the tables."""
    text = PAGE.read_text(encoding="utf-8")
    for table, content in made().items():
        start, end = f"<!-- {table}:start -->\n", f"<!-- {table}:end -->"
        before, _, rest = text.partition(start)
        text = before + start + content + end + rest.partition(end)[2]
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
