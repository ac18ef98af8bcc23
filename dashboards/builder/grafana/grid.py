"""Where panels stand: side by side as long as they fit, each line as high as its highest panel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboards.builder.grafana.units import Json

COLUMNS: Final = 24
_WHOLE: Final = 100


@dataclass(frozen=True)
class Sized:
    """A panel that has no place yet."""

    panel: Json
    width: int
    """In columns of the grid."""
    height: int
    """In the grid's units, of 30 pixels."""


def columns(percent: float | None) -> int:
    """The columns of a width in percent of the page."""
    return max(1, round(COLUMNS * (_WHOLE if percent is None else percent) / _WHOLE))


def place(panels: Iterable[Sized], top: int) -> tuple[list[Json], int]:
    """The panels with their places, from `top` on; and where the next may begin."""
    placed: list[Json] = []
    for line in _lines(panels):
        left, height = 0, max(each.height for each in line)
        for each in line:
            placed.append(each.panel | {"gridPos": {"x": left, "y": top, "w": each.width, "h": height}})
            left += each.width
        top += height
    return placed, top


def _lines(panels: Iterable[Sized]) -> list[list[Sized]]:
    lines: list[list[Sized]] = []
    for each in panels:
        if not lines or sum(other.width for other in lines[-1]) + each.width > COLUMNS:
            lines.append([])
        lines[-1].append(each)
    return lines
