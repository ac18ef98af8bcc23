"""Every screen of README and documentation is real; `python -m tests.docs.screens` writes them."""

from __future__ import annotations

import re

import pytest

from tests.docs.screens import PAGES, ROOT, SAME_BY, labels, printed, shape, shown, without_trailing_space


@pytest.mark.slow
def test_screens(subtests: pytest.Subtests) -> None:
    """Made again, each screen has the same words."""
    fresh = printed()
    assert fresh.keys() == PAGES.keys()
    for name, same in SAME_BY.items():
        with subtests.test(name):
            assert same(shown(name)) == same(without_trailing_space(fresh[name]))


def test_every_screen_is_made() -> None:
    """A block that shows output of our commands stands between the markers of a screen."""
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for name, page in PAGES.items():
            if path == ROOT / page:
                text = text.replace(shown(name), "")
        for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            assert not re.match(r"\$ foundry-telemetry|anthropic\.|foundry\.attempt", block), (path, block)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("AnthropicFoundry/2.12.0, 2026-10-21", "AnthropicFoundry/3.0.0b1, 2027-01-02"),
        ("2026-11-22 23:08:49 to 23:38:49 UTC", "2026-11-22\n   23:50:00 to 2026-11-23 00:20:00 UTC"),
        ("since 23:38:49 UTC, 0 s ago", "since Nov 22 23:59:59 UTC, 1 h 2 min ago"),
        ("--from 2026-11-22T23:38 --url", "--from 2026-11-23T00:07 --url"),
        ("good for 3599 s, took 3 ms", "good for 59 min, took 1.2 s"),
        (
            "FT-5C81D-456E3 07071666-232b-40fb-8f54-d41159f83129",
            "FT-5BCDD-4B91D\n807e1d2d-509a-4f2d-adf9-06fcc6dbea51",
        ),
    ],
)
def test_another_run_has_the_same_shape(shown: str, printed: str) -> None:
    """Versions, ids, times, and where a line ends do not count."""
    assert shape(shown) == shape(printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("5 of 8 failed", "5 of 9 failed"),
        ("AnthropicFoundry/2.12.0", "AsyncAnthropicFoundry/2.12.0"),
        ("at http://127.0.0.1:4319", "at http://127.0.0.1:4320"),
        ("then wait about 5 minutes", "then wait about 6 minutes"),
        ("object 00000000-0000-0000-0000-00000000aaaa", "object 00000000-0000-0000-0000-00000000bbbb"),
    ],
)
def test_other_words_have_another_shape(shown: str, printed: str) -> None:
    """What a reader would miss or read wrongly does count."""
    assert shape(shown) != shape(printed)


def test_labels() -> None:
    """Of a screen with numbers of today its words count, and not what the day of the month decides."""
    assert labels("total  $0.68\nForecast  none yet") == labels("total  $1.00\nForecast  $30 to $40")
    assert labels("total  $0.68") != labels("sum  $0.68")
