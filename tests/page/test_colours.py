"""Colours of series: told apart by colour-blind people in both themes, and seen against the ground."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

import foundry_telemetry.local
from dashboards.builder import colours
from dashboards.builder.tabs.auth import CAUSES
from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.wire.causes import CLASSES

PAGE = Path(foundry_telemetry.local.__file__).parent / "page"
STYLE = (PAGE / "base.css").read_text("utf-8")
SCRIPT = (PAGE / "colors.js").read_text("utf-8")
THEMES = ("light", "dark")
LEAST_2000, LEAST_76, LEAST_CONTRAST = 10.0, 12.0, 3.0
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1: what red, green and blue of linear light become."""

Triple = tuple[float, float, float]


def declared(name: str, theme: str) -> str:
    """A colour of the style sheet."""
    [both] = re.findall(rf"--{name}: light-dark\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})\)", STYLE)
    return both[THEMES.index(theme)]


def series() -> dict[str, str]:
    """Name of a colour in a workbook: its custom property."""
    [table] = re.findall(r"const FILLS = \{(.*?)\};", SCRIPT, re.DOTALL)
    return {name: f"s-{number}" for name, number in re.findall(r"(\w+): (\d+)", table)}


def linear(colour: str) -> Triple:
    """Linear light of red, green and blue, from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue)
    )  # type: ignore[return-value]


def seen(light: Triple, vision: str) -> Triple:
    """What somebody sees of it."""
    mixed = (sum(part * one for part, one in zip(row, light, strict=True)) for row in VISION[vision])
    return tuple(min(1.0, max(0.0, one)) for one in mixed)  # type: ignore[return-value]


def lab(light: Triple) -> Triple:
    """CIELAB under D65."""
    rows = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.072175),
        (0.0193339, 0.119192, 0.9503041),
    )
    white = (0.95047, 1.0, 1.08883)
    xyz = (sum(part * one for part, one in zip(row, light, strict=True)) for row in rows)
    x, y, z = (
        t ** (1 / 3) if (t := one / at) > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for one, at in zip(xyz, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_2000(one: Triple, other: Triple) -> float:
    """CIEDE2000."""
    chroma = [math.hypot(each[1], each[2]) for each in (one, other)]
    seventh = (sum(chroma) / 2) ** 7
    stretch = 1.5 - 0.5 * math.sqrt(seventh / (seventh + 25**7))
    axes = [(each[1] * stretch, each[2]) for each in (one, other)]
    c1, c2 = (math.hypot(*each) for each in axes)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in axes)
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    middle = (h1 + turn / 2) % 360
    light, c = (one[0] + other[0]) / 2, (c1 + c2) / 2
    wave = sum(
        part * math.cos(math.radians(times * middle + shift))
        for part, times, shift in ((1, 0, 0), (-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    )
    of_light = (other[0] - one[0]) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    of_chroma = (c2 - c1) / (1 + 0.045 * c)
    of_hue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn) / 2) / (1 + 0.015 * c * wave)
    twist = (
        -2
        * math.sqrt(c**7 / (c**7 + 25**7))
        * math.sin(math.radians(60 * math.exp(-(((middle - 275) / 25) ** 2))))
    )
    return math.sqrt(of_light**2 + of_chroma**2 + of_hue**2 + twist * of_chroma * of_hue)


def luminance(colour: str) -> float:
    """Relative luminance."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_measure_is_that_of_its_authors() -> None:
    """Two pairs of the published test data of CIEDE2000."""
    assert delta_2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert delta_2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(
        1.2644, abs=1e-4
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_any_two_series_are_told_apart(theme: str, vision: str) -> None:
    """Whoever looks, on either ground: no two colours of series are much the same."""
    labs = {
        name: lab(seen(linear(declared(where, theme)), vision))
        for name, where in series().items()
        if name != "cyan"
    }
    assert len(labs) == 14
    for one, other in combinations(labs, 2):
        told_apart = (
            delta_2000(labs[one], labs[other]) >= LEAST_2000 or math.dist(labs[one], labs[other]) >= LEAST_76
        )
        assert told_apart, (one, other)


@pytest.mark.parametrize("theme", THEMES)
def test_each_series_is_seen_against_the_ground(theme: str) -> None:
    """Three to one at least, on the page and on its cards."""
    for where in series().values():
        for ground in ("surface", "bg"):
            darker, lighter = sorted(luminance(declared(name, theme)) for name in (where, ground))
            assert (lighter + 0.05) / (darker + 0.05) >= LEAST_CONTRAST, (where, ground)


def test_each_cause_and_owner_has_one_colour() -> None:
    """All that the product writes has a colour of the page; what often stands together has different ones."""
    assert set(colours.CAUSES) == set(CLASSES)
    assert set(colours.OWNERS) == {*OWNER_LABELS, "unknown"}
    named = {
        name.replace("redBright", "red") for name in (*colours.CAUSES.values(), *colours.OWNERS.values())
    }
    assert named <= set(series())
    for together in (colours.OFTEN, CAUSES):
        assert len({colours.CAUSES[cause] for cause in together}) == len(together)
    assert len(set(colours.OWNERS.values())) == len(colours.OWNERS)
