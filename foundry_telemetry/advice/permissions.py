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
        meaning="Key authentication is disabled on this resource; it accepts Entra tokens only.",
        next_step="Use Entra tokens instead of the key, or ask the owner of the resource to enable keys.",
        steps=(
            Step(
                "Read the setting of the resource; true means that keys are disabled.",
                f"{SHOW} properties.disableLocalAuth",
            ),
            Step(f"{USE_PROVIDER} Its identity needs the role described under authz_missing_role."),
            Step("Before you enable keys, ask who disabled them: an Azure policy may require it."),
        ),
        relevant_fields=(names.AUTH_SCHEME, names.RESOURCE, names.ERROR_CODE),
        tab="Auth",
        retry="Only after keys are enabled.",
        ticket="change the setting of your resource.",
    ),
    Advice(
        about="authz_missing_role",
        meaning=(
            "The identity is valid but has no role on this resource that allows Claude; the status is 401."
        ),
        next_step=(
            "Assign Foundry User (was Azure AI User) on the Foundry resource, then wait about 5 minutes."
        ),
        steps=(
            Step(
                (
                    "Find the identity. For an application or a managed identity, "
                    "foundry.token.application is its client ID, and a role needs its object ID. If "
                    "foundry.token.identity_type is user, assign the role to the person who signed in."
                ),
                "az ad sp show --id <application-id> --query id -o tsv",
            ),
            Step(
                "List its roles on the resource.",
                "az role assignment list --assignee <principal-id> --scope <resource-id> "
                "--include-inherited -o table",
            ),
            Step(
                f"One role must allow the data action {DATA_ACTION}. Foundry User (formerly Azure AI "
                "User) and Cognitive Services User do; so does a custom role with this action. Owner,"
                " Contributor and Cognitive Services OpenAI User do not."
            ),
            Step(
                (
                    "Assign Foundry User by its id, which is the same under both names. Use the resource "
                    "as the scope: a role on one of its projects may not be enough. For a person use the "
                    "type User."
                ),
                "az role assignment create --assignee-object-id <principal-id> --assignee-principal-type "
                f"ServicePrincipal --role {ROLE_ID} --scope <resource-id>",
            ),
            Step("Wait about 5 minutes for the assignment to take effect."),
            Step(
                "If foundry.error.origin is anthropic, Anthropic denied the request: the model or the"
                " feature may not be available to your subscription."
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
        retry="Only about 5 minutes after the role is assigned.",
        ticket=("if the role is assigned on the resource itself and the error persists after half an hour."),
        support_channels=("Azure",),
    ),
    Advice(
        about="authz_network_denied",
        meaning="The network rules of the resource denied the IP address of the caller.",
        next_step=(
            "Allow the IP address of the service in the firewall of the resource, or use the private "
            "endpoint."
        ),
        steps=(
            Step(
                (
                    "Read whether the resource has public access, and the default action for addresses "
                    "without a rule."
                ),
                f'{SHOW} "[properties.publicNetworkAccess, properties.networkAcls.defaultAction]" -o tsv',
            ),
            Step(
                (
                    "Public access is disabled: the name must resolve to the private address of the "
                    "endpoint where the service runs."
                ),
                RESOLVE,
            ),
            Step("Public access with rules: compare them with the IP address of your service.", RULES),
            Step("Allow the address, if your policy permits it.", ADD_RULE),
            Step(
                "Only some instances are denied: they may use another outbound address, such as a new"
                " NAT gateway."
            ),
        ),
        relevant_fields=(names.RESOURCE, names.SERVER_ADDRESS, names.ERROR_CODE, names.ERROR_ORIGIN),
        tab="Auth",
        retry="Only after the rules or the network path change.",
        ticket="if the address has been allowed for several minutes and is still denied.",
        support_channels=("Azure",),
    ),
    Advice(
        about="authz_resource_blocked",
        meaning="Azure has temporarily blocked the resource.",
        next_step="Ask the owner of the subscription for messages from Azure, and open a ticket with Azure.",
        steps=(
            Step(
                "Ask the owner of the subscription for messages from Azure: the reason may be a "
                "violation of the content policy, or billing."
            ),
            Step(
                "Find the deployment, service and tag with increased traffic before the first denial,"
                " and stop that traffic."
            ),
            Step("Open a ticket: only Azure can lift the block."),
        ),
        relevant_fields=(names.RESOURCE, names.REQUEST_MODEL, names.ERROR_CODE),
        tab="Auth",
        retry="Only after the block is lifted.",
        ticket="at once.",
        support_channels=("Azure",),
    ),
)
"""By failure class."""
