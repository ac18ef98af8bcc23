"""Parts of README.md that are written by a command: between two marker lines that carry its name."""

from __future__ import annotations

from pathlib import Path


def markers(name: str) -> tuple[str, str]:
    """The lines before and after the part."""
    return f"<!-- {name}:start -->", f"<!-- {name}:end -->"


def update(path: Path, name: str, text: str) -> None:
    """Replace what stands between the two marker lines of a file.

    Raises:
        SystemExit: The file has not each of them once, in this order.
    """
    start, end = markers(name)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if old.count(start) != 1 or old.count(end) != 1 or old.index(start) > old.index(end):
        raise SystemExit(f"{path.name} must have the line {start!r} once, and after it the line {end!r}")
    head, tail = old[: old.index(start) + len(start)], old[old.index(end) :]
    path.write_text(f"{head}\n{text}\n{tail}", encoding="utf-8")


def table(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its head; numbers stand at the right. Nothing without rows."""
    if len(rows) < 2:
        return ""
    lines = [rows[0], ["---", *("---:" for _ in rows[0][1:])], *rows[1:]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
