"""`rounded`: numbers as a person would have written them."""

from __future__ import annotations

from foundry_telemetry.investigate.formatting import rounded


def test_fractions_lose_their_noise() -> None:
    """A sum of cents is what it would be on paper, however deep it lies; all else stays as it is."""
    given = {
        "a": [0.1 + 0.2, {"b": (0.14301200000000003,)}],
        "whole": 2**60,
        "flag": True,
        "text": "0.1",
        "no": None,
    }
    assert rounded(given) == {
        "a": [0.3, {"b": [0.143012]}],
        "whole": 2**60,
        "flag": True,
        "text": "0.1",
        "no": None,
    }
    assert rounded({"flag": True})["flag"] is True


def test_prices_of_a_token_are_whole() -> None:
    """The price of one token, a few ten-millionths of a dollar, is not rounded away."""
    assert rounded(0.0000003) == 0.0000003
