"""The dimensions of an attempt: by what a change can be narrowed down.

To add a dimension, add a row.
"""

from __future__ import annotations

from typing import Final

from foundry_telemetry.investigate.incident.slices import Dimension
from foundry_telemetry.schema.value import TAG_PREFIX

_POWERS: Final = f"case({''.join(f'{{0}} == {power}, {str(2**power)!r}, ' for power in range(25))}'')"
"""A power of two as text, by its exponent."""

DIMENSIONS: Final = tuple(
    Dimension(name=name, kql=kql, text=text, table=table)
    for name, kql, text, table in (
        ("model", "model", "{}", ""),
        ("region", "region", "{}", ""),
        ("resource", "resource", "{}", ""),
        ("version", "AppVersion", "{}", ""),
        ("instance", "AppRoleInstance", "{}", ""),
        ("auth_scheme", "auth_scheme", "{}", ""),
        ("client", "client", "{}", ""),
        ("operation", "operation", "{}", ""),
        ("stream", "stream", "case({0}, 'True', isnull({0}), '', 'False')", ""),
        ("max_tokens", "ceiling(log2(max_tokens))", "tostring(tolong(pow(2, {})))", _POWERS),
    )
)
"""Those of every attempt, what answers before what calls; a service and a deployment are the units."""

OF_UNITS: Final = ("service", "deployment")
TAG: Final = "tag "
"""Begins the name of the dimension of a tag."""


def tag(key: str) -> Dimension:
    """The dimension of a tag; its key is checked before."""
    return Dimension(name=f"{TAG}{key}", kql=f"tostring(Properties['{TAG_PREFIX}{key}'])")
