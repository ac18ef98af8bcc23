"""Settings of the environment that OpenTelemetry refuses: its errors name a parameter, ours the variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PREFIXES: Final = ("APPINSIGHTS_", "APPLICATIONINSIGHTS_", "OTEL_", "PYTHON_APPLICATIONINSIGHTS_")
_OF_NO_INTEREST: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
"""Checked before, and hidden while the pipelines are built."""

_LONGEST: Final = 300
"""Characters of the words of OpenTelemetry, which may repeat the whole value."""


@contextmanager
def naming_variables() -> Iterator[None]:
    """Add to a refusal within the block the variables it can come from; their values may be secret.

    Raises:
        ValueError: OpenTelemetry refuses a value, in its own words.
    """
    try:
        yield
    except (LookupError, OverflowError, StopIteration, TypeError, ValueError) as error:
        said = " ".join((str(error) or type(error).__name__).split())
        found = sorted(name for name in os.environ if name.startswith(_PREFIXES) and name != _OF_NO_INTEREST)
        if not found or any(name in said for name in found):
            raise
        raise ValueError(
            f"OpenTelemetry rejects a setting: {said[:_LONGEST]} Set in the environment: {', '.join(found)}"
        ) from error
