"""The commands in the order of the help text, each with its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from foundry_telemetry.cli import (
    audit,
    completion,
    cost,
    demo,
    doctor,
    explain,
    fake,
    incident,
    local,
    mcp,
    query,
    reconcile,
    ticket,
)
from foundry_telemetry.cli.exit_codes import epilog

COMMANDS: Final[tuple[tuple[Callable[..., Any], str], ...]] = (
    (demo.demo, demo.EXIT_CODES),
    (local.local, local.EXIT_CODES),
    (fake.fake, fake.EXIT_CODES),
    (incident.incident, incident.EXIT_CODES),
    (ticket.ticket, ticket.EXIT_CODES),
    (explain.explain, explain.EXIT_CODES),
    (doctor.doctor, doctor.EXIT_CODES),
    (cost.cost, epilog()),
    (reconcile.reconcile, reconcile.EXIT_CODES),
    (query.query, epilog()),
    (mcp.mcp, mcp.EXIT_CODES),
    (audit.audit, epilog()),
    (completion.completion, epilog()),
)
