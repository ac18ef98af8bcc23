"""The providers of OpenTelemetry that signals go to: whether there is one, and whether there can be one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

from opentelemetry import _logs, metrics, trace

BY_VARIABLE: Final[Mapping[str, Callable[[], object]]] = {
    "OTEL_PYTHON_TRACER_PROVIDER": trace.get_tracer_provider,
    "OTEL_PYTHON_METER_PROVIDER": metrics.get_meter_provider,
    "OTEL_PYTHON_LOGGER_PROVIDER": _logs.get_logger_provider,
}
"""Each variable that names a provider, with the function of the API that makes it when nobody has set one."""


def is_placeholder(provider: object) -> bool:
    """Whether a provider is one of the API package, which drops what it gets until an SDK takes its place."""
    return type(provider).__module__.startswith(
        ("opentelemetry.metrics", "opentelemetry._logs", "opentelemetry.trace")
    )


def check_providers(*given: object) -> None:
    """Check that there are providers, before a call needs them.

    Args:
        *given: Those of the application, in the order of `BY_VARIABLE`; ``None`` for the global one.

    Raises:
        ValueError: The environment names one that OpenTelemetry cannot make.
    """
    for provider, (variable, find) in zip(given, BY_VARIABLE.items(), strict=True):
        if provider is not None:
            continue
        try:
            find()
        except Exception as error:  # whatever the named one raises; StopIteration where there is none
            raise ValueError(
                f"{variable}={os.environ.get(variable)!r}: OpenTelemetry has no such provider. Unset "
                f"{variable}, or install the package that registers it"
            ) from error
