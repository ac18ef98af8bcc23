"""Numbers as JSON and CSV hold them: without the noise of binary fractions."""

from __future__ import annotations

from typing import Any, Final

_DECIMALS: Final = 9
"""A thousandth of a millionth: less than any price of a token, and than a tick of any clock."""


def rounded(value: Any) -> Any:
    """A value, and all that it holds, with every fraction rounded: ``0.143012`` for ``0.14301200000000003``.

    Args:
        value: What JSON can hold.
    """
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(one) for one in value]
    return value
