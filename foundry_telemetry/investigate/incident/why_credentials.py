"""What evidence adds to the advice on refused credentials, roles and networks, and on missing deployments."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import DEPLOYMENTS
from foundry_telemetry.investigate.incident.evidence import Evidence
from foundry_telemetry.investigate.incident.numbers import share_of
from foundry_telemetry.investigate.incident.why_row import (
    Row,
    Values,
    all_of,
    clock_differs,
    new,
    not_parted_by,
    nothing_new,
    one_instance,
)

TOKENS: Final = ("auth_token_expired", "auth_token_rejected")
KEYS: Final = ("auth_invalid_key", "auth_gateway_key_invalid")
ROLES: Final = ("authz_missing_role",)
NETWORKS: Final = ("authz_network_denied",)
DEPLOYMENTS_MISSING: Final = ("deployment_not_found",)
OF_A_VERSION: Final = "The affected calls have version {new}, first seen {at}; before: {before}."
_SELDOM: Final = 0.01
"""Share of attempts up to which a failure was seldom before."""


def _seldom_before(evidence: Evidence) -> Values | None:
    """The affected hardly had this failure before, as far as there is a baseline."""
    main, period = evidence.finding.main, evidence.finding.period
    if main.baseline is None or main.baseline > _SELDOM or period.is_earliest:
        return None
    return {"since": evidence.when(period.since), "baseline": share_of(main.baseline)}


_CLOCK: Final = "The clock of the client is {offset} {side} that of the server."
_BEFORE: Final = "Before {since}, {baseline} of these attempts had this error"
CREDENTIAL_ROWS: Final = (
    Row(
        name="token_and_clock",
        about=TOKENS,
        found=clock_differs,
        text=f"{_CLOCK} Tokens are valid by the clock of the server.",
        next_step="Synchronise the clock of the host with NTP, then get a new token.",
        command="timedatectl status",
    ),
    Row(
        name="stale_token",
        about=TOKENS,
        found=one_instance,
        text="Instance {instance} is affected; {others} not: likely a token that this instance keeps.",
        next_step="Restart {instance}; pass a token provider to the client, not a token.",
    ),
    Row(
        name="old_key",
        about=KEYS,
        found=one_instance,
        text="Instance {instance} is affected; {others} not: likely an old key in this instance.",
        next_step="Restart or redeploy {instance} with the current key.",
    ),
    *(
        Row(name=name, about=about, found=new("version"), text=OF_A_VERSION, next_step=next_step)
        for name, about, next_step in (
            (
                "key_of_a_version",
                KEYS,
                "Check the key that version {new} uses; roll back to {before} until it is right.",
            ),
            (
                "identity_of_a_version",
                ROLES,
                "Assign the role to the identity that version {new} uses, or roll back to {before}.",
            ),
            (
                "network_of_a_version",
                NETWORKS,
                "Allow the network that version {new} calls from in the firewall, or roll back to {before}.",
            ),
        )
    ),
    Row(
        name="key_rotated",
        about=KEYS,
        found=all_of(not_parted_by("instance"), _seldom_before),
        text=f"{_BEFORE}: likely a rotated or replaced key.",
    ),
    Row(
        name="role_removed",
        about=ROLES,
        found=_seldom_before,
        text=f"{_BEFORE}: likely a removed role, or another identity.",
    ),
    Row(
        name="network_rule",
        about=NETWORKS,
        found=_seldom_before,
        text=f"{_BEFORE}: likely a changed network rule, or another outgoing address.",
    ),
    Row(
        name="new_deployment",
        about=DEPLOYMENTS_MISSING,
        found=new("deployment"),
        text="The affected calls name deployment {new}, first seen {at}; before: {before}.",
        next_step="Check the spelling of {new}, and that it exists on this resource.",
        command=DEPLOYMENTS,
    ),
    Row(
        name="deployment_of_a_version",
        about=DEPLOYMENTS_MISSING,
        found=new("version"),
        text=OF_A_VERSION,
        next_step="Check the deployment that version {new} names; roll back to {before} until it is right.",
    ),
    Row(
        name="deployment_deleted",
        about=DEPLOYMENTS_MISSING,
        found=all_of(nothing_new("deployment"), _seldom_before),
        text=f"{_BEFORE}: likely a deleted or renamed deployment.",
    ),
)
"""Of them."""
