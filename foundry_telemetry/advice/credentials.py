"""Advice on credentials that are missing, refused, or never issued."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import (
    KEY_DIGEST,
    SCOPE,
    TENANT,
    TOKEN,
    USE_PROVIDER,
    Advice,
    Step,
    by_name,
)
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.wire.entra_codes import meanings

CREDENTIALS: Final = by_name(
    Advice(
        about="auth_invalid_key",
        meaning=(
            "The API key was rejected: mistyped, rotated, for another resource, or sent to the wrong "
            "endpoint."
        ),
        next_step=(
            "Compare the API key with key1 and key2 of this resource; it may be rotated or belong to "
            "another resource."
        ),
        steps=(
            Step(
                (
                    "Compare the key of the service with the keys of the resource by digest, so that no "
                    "key is shown; repeat with key2 in place of key1."
                ),
                f"printenv ANTHROPIC_FOUNDRY_API_KEY | sha256sum; {KEY_DIGEST}",
            ),
            Step(
                "Store the current key in the secret of the service, and restart processes that read "
                "it only at startup."
            ),
            Step(
                "Equal but still rejected: check that the key belongs to foundry.resource. If "
                "foundry.auth.scheme is gateway_key, the key belongs to your own gateway: ask its "
                "owner."
            ),
            Step(
                "If foundry.client is AnthropicFoundry/0.106.0 or 0.107.0, update the anthropic "
                "package: these versions send the key in one header only and are rejected."
            ),
            Step(f"Some models accept no keys, only Entra tokens. {USE_PROVIDER}"),
        ),
        relevant_fields=(
            names.RESOURCE,
            names.SERVER_ADDRESS,
            names.AUTH_SCHEME,
            names.CLIENT,
            names.ERROR_ORIGIN,
        ),
        tab="Auth",
        retry="The same key is rejected again.",
        ticket="if a key equal to key1 or key2 of this resource is rejected.",
        support_channels=("Azure",),
    ),
    Advice(
        about="auth_missing_credential",
        meaning="The request had no credential, or not the one the service that responded requires.",
        next_step=(
            "Set ANTHROPIC_FOUNDRY_API_KEY or azure_ad_token_provider; a gateway may require its own key."
        ),
        steps=(
            Step(
                "If foundry.error.origin is customer_gateway, your own gateway requires its key: in "
                "API Management the header is Ocp-Apim-Subscription-Key unless its owner changed it."
            ),
            Step(
                "If foundry.auth.scheme is none, no credential was sent: set "
                f"ANTHROPIC_FOUNDRY_API_KEY, or use Entra. {USE_PROVIDER}"
            ),
            Step(
                "If the client has a credential, find what removes the header x-api-key, api-key or "
                "authorization: an event hook, a middleware, a redirect to another host, a proxy."
            ),
        ),
        relevant_fields=(names.AUTH_SCHEME, names.ERROR_ORIGIN, names.SERVER_ADDRESS, names.CLIENT),
        tab="Auth",
        retry="Only after a credential is sent.",
        ticket="set the credential in your service.",
    ),
    Advice(
        about="auth_tenant_mismatch",
        meaning="The token comes from another Entra tenant than the tenant of the resource.",
        next_step=(
            "Get the token from the tenant of the resource: set AZURE_TENANT_ID, or tenant_id of the "
            "credential."
        ),
        steps=(
            Step("Compare foundry.token.tenant with the tenant of the resource.", TENANT),
            Step("Set AZURE_TENANT_ID, or tenant_id of the credential, to the tenant of the resource."),
            Step(
                "A managed identity belongs to the tenant of its own subscription: use one in the "
                "tenant of the resource."
            ),
            Step(
                "On a developer machine, sign in to the tenant of the resource.", "az login --tenant <tenant>"
            ),
        ),
        relevant_fields=(
            names.TOKEN_TENANT,
            names.TOKEN_APPLICATION,
            names.TOKEN_IDENTITY_TYPE,
            names.RESOURCE,
        ),
        tab="Auth",
        retry="Only after the token comes from the right tenant.",
        ticket="correct the tenant in your service.",
    ),
    Advice(
        about="auth_token_expired",
        meaning="The Entra token had already expired when it was sent (its exp claim).",
        next_step=(
            "Let azure-identity renew the token: pass a token provider, not a token; check the host clock."
        ),
        steps=(
            Step(
                "Read foundry.token.expires_in_s. A few seconds below zero: the token aged in a cache"
                " or queue. Many minutes: the token was fetched once and kept. Tokens live about an "
                "hour."
            ),
            Step(f"{USE_PROVIDER} The SDK calls it for every attempt, and it renews the token in time."),
            Step(
                "Check the clock of the host: foundry.token.expires_in_s is computed from it. "
                "foundry.clock_offset_s shows how far it is from the clock of the server; absent below 10 s."
            ),
        ),
        relevant_fields=(
            names.TOKEN_EXPIRES_IN,
            names.CLOCK_OFFSET,
            names.TOKEN_APPLICATION,
            names.TOKEN_IDENTITY_TYPE,
            names.CLIENT,
        ),
        tab="Auth",
        retry="Only with a new token; the SDK does not retry a 401.",
        ticket="renew the token in your service.",
    ),
    Advice(
        about="auth_token_rejected",
        meaning=(
            "The token was rejected, although it is not expired and its audience is not known to be wrong."
        ),
        next_step=(
            "Check tenant and audience of the token; if both are right, get a new token, then contact Azure."
        ),
        steps=(
            Step(
                "If the fields foundry.token are absent, the value sent is not a readable token: "
                "check that the token provider returns a token, not a key."
            ),
            Step("Compare foundry.token.tenant with the tenant of the resource.", TENANT),
            Step(
                "If foundry.token.audience is absent or a GUID, it cannot be verified here: request "
                f"the scope {SCOPE} and compare."
            ),
            Step("Check that the service can get a token where it runs.", TOKEN),
        ),
        relevant_fields=(
            names.TOKEN_TENANT,
            names.TOKEN_AUDIENCE,
            names.TOKEN_EXPIRES_IN,
            names.TOKEN_APPLICATION,
        ),
        tab="Auth",
        retry="The same token is rejected again; a new one may be accepted.",
        ticket="if a new token with the right tenant and scope is rejected too.",
        support_channels=("Azure",),
    ),
    Advice(
        about="auth_wrong_audience",
        meaning="The token was issued for another service: Foundry does not accept its audience.",
        next_step=f"Request a token with the scope {SCOPE}",
        steps=(
            Step(
                "Read foundry.token.audience. Foundry accepts https://ai.azure.com and "
                "https://cognitiveservices.azure.com; in sovereign clouds the names may end in .us or"
                " .cn."
            ),
            Step(f"{USE_PROVIDER}"),
            Step(
                "Search code and settings for https://ai.cognitiveservices.com/.default: an older "
                "revision of the documentation shows it, and Foundry accepts no token for it."
            ),
            Step("Check that the service can get a token with that scope where it runs.", TOKEN),
        ),
        relevant_fields=(names.TOKEN_AUDIENCE, names.TOKEN_APPLICATION, names.TOKEN_TENANT, names.CLIENT),
        tab="Auth",
        retry="Only after the token has the right scope.",
        ticket="correct the scope in your service.",
    ),
    Advice(
        about="credential_error",
        meaning="The token provider failed; no request was sent to Foundry.",
        next_step=(
            "Read the AADSTS code: 7000222 secret expired, 7000215 secret wrong, 700016 wrong tenant or app."
        ),
        steps=(
            Step(f"Read foundry.entra.code. {meanings('credential_error')}"),
            Step(
                "Check when the secrets of the application expire.",
                'az ad app credential list --id <application-id> --query "[].endDateTime" -o tsv',
            ),
            Step(
                "No code: the provider found no credential, or could not reach Entra. Check the "
                "managed identity, AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, and the "
                "connection to login.microsoftonline.com."
            ),
            Step("Renew the secret, or use a managed identity, which has no secret."),
        ),
        relevant_fields=(names.ENTRA_CODE, names.ENTRA_TRACE_ID, names.ENTRA_CORRELATION_ID, names.CLIENT),
        tab="Auth",
        retry="The SDK does not retry; an expired secret stays expired.",
        ticket="if application, secret and tenant are right and Entra rejects them.",
        support_channels=("Entra",),
    ),
)
"""By failure class."""
