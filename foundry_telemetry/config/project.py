"""The Foundry project that calls belong to, by its ARM ID: what the portal's Traces view finds spans by.

A project's endpoint has neither subscription nor resource group, so the ID cannot be worked out from it.
"""

from __future__ import annotations

import os
from typing import Final

from foundry_telemetry.schema.constraint import ARM_ID

_VARIABLE: Final = "FOUNDRY_PROJECT_ARM_ID"
"""Foundry sets it for the agents that it hosts."""


def project_in_force(given: str | None) -> str | None:
    """The ARM ID of the project; ``None`` where nobody says which it is.

    Args:
        given: What the call says; it wins over the environment.

    Raises:
        ValueError: It is no ARM ID.
    """
    where, found = (_VARIABLE, os.environ.get(_VARIABLE)) if given is None else ("project_id", given)
    if given is None and not (found or "").strip():
        return None
    project = found.strip().rstrip("/") if isinstance(found, str) else ""
    if not ARM_ID.fits(project):
        # Behind these characters of an address may be a password or a key.
        shown = "a text with '@' or '?'" if {"@", "?"} & set(project) else f"{found!r:.100}"
        raise ValueError(
            f"{where}={shown}: expected the ARM ID of a Foundry project, /subscriptions/<id>/"
            "resourceGroups/<name>/providers/Microsoft.CognitiveServices/accounts/<name>/projects/<name>; "
            "the portal shows it as the resource ID of the project"
        )
    return project
