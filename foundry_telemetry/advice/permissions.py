"""Advice on what a known caller is not allowed to do."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import (
    ADD_RULE,
    DATA_ACTION,
    RESOLVE,
    ROLE_ID,
    RULES,
    SHOW,
    USE_PROVIDER,
    Advice,
    Step,
    by_name,
)
from foundry_telemetry.schema import field_table as names

PERMISSIONS: Final = by_name(
    Advice(
        about="authz_key_auth_disabled",
        meaning="Keys are switched off on this resource; it takes Entra tokens only.",
        next_step="Use Entra tokens in place of the key, or ask the owner of the resource to allow keys.",
        steps=(
            Step("Ask the resource; true means that keys are off.", f"{SHOW} properties.disableLocalAuth"),
            Step(f"{USE_PROVIDER} Its identity needs the role that authz_missing_role tells of."),
            Step("Before keys are switched on again, ask who switched them off: it may be a policy."),
        ),
        relevant_fields=(names.AUTH_SCHEME, names.RESOURCE, names.ERROR_CODE),
        tab="Auth",
        retry="Keys are refused until they are allowed again.",
        ticket="the setting is that of your resource.",
    ),
    Advice(
        about="authz_missing_role",
        meaning="The identity is known, but no role of it on this resource allows Claude; it comes as a 401.",
        next_step="Assign Foundry User (was Azure AI User) on the Foundry resource, then wait about 5 "
        "minutes.",
        steps=(
            Step(
                "Find the identity. For an application or a managed identity, foundry.token.application "
                "is its client id, and a role needs its object id. If foundry.token.identity_type is "
                "user, the role is for the person who signed in.",
                "az ad sp show --id <application-id> --query id -o tsv",
            ),
            Step(
                "See which roles it has on the resource.",
                "az role assignment list --assignee <principal-id> --scope <resource-id> "
                "--include-inherited -o table",
            ),
            Step(
                f"One of them must allow the data action {DATA_ACTION}. Foundry User (formerly Azure AI "
                "User) and Cognitive Services User do; so does a role of your own that names it. Owner, "
                "Contributor and Cognitive Services OpenAI User do not."
            ),
            Step(
                "Assign Foundry User, here by its id, which is the same under both names. The scope is "
                "the resource: on a project in it alone it may not be enough. A person is of type User.",
                "az role assignment create --assignee-object-id <principal-id> --assignee-principal-type "
                f"ServicePrincipal --role {ROLE_ID} --scope <resource-id>",
            ),
            Step("Wait about 5 minutes: a new assignment needs them."),
            Step(
                "If foundry.error.origin is anthropic, the model service refused it: the model or the "
                "feature may not be open to your subscription."
            ),
        ),
        relevant_fields=(
            names.TOKEN_APPLICATION,
            names.TOKEN_IDENTITY_TYPE,
            names.RESOURCE,
            names.ERROR_CODE,
            names.ERROR_ORIGIN,
        ),
        tab="Auth",
        retry="Not before the role is assigned and about 5 minutes have passed.",
        ticket="if the role stands on the resource itself and half an hour later the answer is the same.",
        support_channels=("Azure",),
    ),
    Advice(
        about="authz_network_denied",
        meaning="The network rules of the resource refused the address that the request came from.",
        next_step="Allow the address of the service in the firewall of the resource, or use the private "
        "endpoint.",
        steps=(
            Step(
                "Ask the resource whether it has public access, and what happens to addresses without a "
                "rule.",
                f'{SHOW} "[properties.publicNetworkAccess, properties.networkAcls.defaultAction]" -o tsv',
            ),
            Step(
                "Public access is off: where the service runs, the name must resolve to the private "
                "address of the endpoint.",
                RESOLVE,
            ),
            Step("Public access with rules: compare them with the address your service calls from.", RULES),
            Step("Allow the address, if it is to be allowed.", ADD_RULE),
            Step(
                "Only some instances are refused: they may leave by another address, such as a new NAT "
                "gateway."
            ),
        ),
        relevant_fields=(names.RESOURCE, names.SERVER_ADDRESS, names.ERROR_CODE, names.ERROR_ORIGIN),
        tab="Auth",
        retry="Nothing changes until the rules or the way do.",
        ticket="if the address has been allowed for some minutes and is refused all the same.",
        support_channels=("Azure",),
    ),
    Advice(
        about="authz_resource_blocked",
        meaning="Azure has blocked the resource for a time.",
        next_step="Ask the owner of the subscription what Azure wrote, and open a ticket with Azure.",
        steps=(
            Step(
                "Ask the owner of the subscription for messages from Azure: the reason may be behaviour "
                "that breaks the content policy, or billing."
            ),
            Step(
                "See which deployment, service and tag grew before the first refusal, and hold that traffic."
            ),
            Step("Open a ticket: only Azure can lift the block."),
        ),
        relevant_fields=(names.RESOURCE, names.REQUEST_MODEL, names.ERROR_CODE),
        tab="Auth",
        retry="Not until the block is lifted.",
        ticket="at once.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
