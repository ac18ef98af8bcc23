"""Which versions of other libraries a run has: ``python -m tests.support.versions`` prints them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    "anthropic",
    "azure-monitor-opentelemetry",
    "azure-monitor-opentelemetry-exporter",
    "genai-prices",
    "httpx",
    "httpx2",
    "microsoft-opentelemetry",
    "msgspec",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-sdk",
    "structlog",
)


def version_of(distribution: str) -> str:
    """The installed version, or that there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    versions = ", ".join(f"{name} {version_of(name)}" for name in LIBRARIES)
    print(f"Python {platform.python_version()}, {versions}")  # noqa: T201 - this is what it is for
