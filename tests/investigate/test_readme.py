"""The README shows what the commands print."""

from __future__ import annotations

from tests.investigate.readme import blocks, printed, same


def test_the_incident_of_the_readme() -> None:
    """Played again, the drill gives the same words; `python -m tests.investigate.readme` writes them anew."""
    shown, told = blocks(), printed()
    for name, text in told.items():
        assert same(shown[name]) == same(text), name
