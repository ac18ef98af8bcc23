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
        meaning="The key was refused: mistyped, rotated, of another resource, or sent to the wrong endpoint.",
        next_step="Compare the key with key1 and key2 of this resource; it may be rotated or of another one.",
        steps=(
            Step(
                "Compare the service's key with those of the resource by their digests, so that none is "
                "shown; then once more with key2 in place of key1.",
                f"printenv ANTHROPIC_FOUNDRY_API_KEY | sha256sum; {KEY_DIGEST}",
            ),
            Step(
                "Put the current key into the service's secret, and restart what reads it only at its start."
            ),
            Step(
                "Equal, and refused all the same: foundry.resource must be the resource that the key is "
                "of. If foundry.auth.scheme is gateway_key, the key is that of your own gateway: ask its "
                "owner."
            ),
            Step(
                "If foundry.client is AnthropicFoundry/0.106.0 or 0.107.0, update the anthropic package: "
                "these two send the key in one header only and were refused."
            ),
            Step(f"Some models take no keys, only Entra tokens. {USE_PROVIDER}"),
        ),
        relevant_fields=(
            names.RESOURCE,
            names.SERVER_ADDRESS,
            names.AUTH_SCHEME,
            names.CLIENT,
            names.ERROR_ORIGIN,
        ),
        tab="Auth",
        retry="The same key gets the same answer.",
        ticket="if a key that is equal to key1 or key2 of this very resource is refused.",
        support_channels=("Azure",),
    ),
    Advice(
        about="auth_missing_credential",
        meaning="The request carried no credential, or not the one that the answering side wants.",
        next_step="Set ANTHROPIC_FOUNDRY_API_KEY or azure_ad_token_provider; a gateway may want a key of "
        "its own.",
        steps=(
            Step(
                "If foundry.error.origin is customer_gateway, your own gateway wants its key: in API "
                "Management the header is Ocp-Apim-Subscription-Key unless its owner chose another."
            ),
            Step(
                "If foundry.auth.scheme is none, nothing was sent: set ANTHROPIC_FOUNDRY_API_KEY, or do "
                f"the following. {USE_PROVIDER}"
            ),
            Step(
                "If the client has a credential, look for what removes the header x-api-key, api-key or "
                "authorization: an event hook, a middleware, a redirect to another host, a proxy."
            ),
        ),
        relevant_fields=(names.AUTH_SCHEME, names.ERROR_ORIGIN, names.SERVER_ADDRESS, names.CLIENT),
        tab="Auth",
        retry="Nothing changes until a credential is sent.",
        ticket="the credential is set on your side.",
    ),
    Advice(
        about="auth_tenant_mismatch",
        meaning="The token comes from another Entra tenant than the one the resource belongs to.",
        next_step="Get the token from the tenant of the resource: AZURE_TENANT_ID, or tenant_id of the "
        "credential.",
        steps=(
            Step("Compare foundry.token.tenant with the tenant of the resource.", TENANT),
            Step("Set AZURE_TENANT_ID, or tenant_id of the credential, to the tenant of the resource."),
            Step(
                "A managed identity belongs to the tenant of its own subscription: use one in the tenant "
                "of the resource."
            ),
            Step("On a developer's machine, sign in to the right tenant.", "az login --tenant <tenant>"),
        ),
        relevant_fields=(
            names.TOKEN_TENANT,
            names.TOKEN_APPLICATION,
            names.TOKEN_IDENTITY_TYPE,
            names.RESOURCE,
        ),
        tab="Auth",
        retry="Only a token of the right tenant helps.",
        ticket="which tenant is asked for a token is set on your side.",
    ),
    Advice(
        about="auth_token_expired",
        meaning="The Entra token had expired when it was sent, as its own claim says.",
        next_step="Let azure-identity renew the token: pass a token provider, not a token; check the host "
        "clock.",
        steps=(
            Step(
                "Read foundry.token.expires_in_s: some seconds below zero are a token that aged in a "
                "cache or a queue, many minutes one that was fetched once and kept. Tokens live about an "
                "hour."
            ),
            Step(f"{USE_PROVIDER} The SDK asks it at every attempt, and it renews in time."),
            Step("Check the clock of the host: the seconds are counted by it."),
        ),
        relevant_fields=(
            names.TOKEN_EXPIRES_IN,
            names.TOKEN_APPLICATION,
            names.TOKEN_IDENTITY_TYPE,
            names.CLIENT,
        ),
        tab="Auth",
        retry="Only with a new token; the SDK does not retry a 401.",
        ticket="the token is renewed on your side.",
    ),
    Advice(
        about="auth_token_rejected",
        meaning="The token was refused, though it neither had expired nor shows a wrong audience.",
        next_step="Check tenant and audience of the token; if both are right, get a new one, then ask Azure.",
        steps=(
            Step(
                "If the fields foundry.token are absent, what was sent is no readable token: check what "
                "the token provider gives, and that it is no key."
            ),
            Step("Compare foundry.token.tenant with the tenant of the resource.", TENANT),
            Step(
                "If foundry.token.audience is absent or a GUID, it cannot be judged from here: ask for "
                f"the scope {SCOPE} and compare."
            ),
            Step("See whether a token can be had at all where the service runs.", TOKEN),
        ),
        relevant_fields=(
            names.TOKEN_TENANT,
            names.TOKEN_AUDIENCE,
            names.TOKEN_EXPIRES_IN,
            names.TOKEN_APPLICATION,
        ),
        tab="Auth",
        retry="The same token gets the same answer; a new one may pass.",
        ticket="if a new token of the right tenant and scope is refused as well.",
        support_channels=("Azure",),
    ),
    Advice(
        about="auth_wrong_audience",
        meaning="The token was issued for another service: its audience is none that Foundry accepts.",
        next_step=f"Ask for a token with the scope {SCOPE}",
        steps=(
            Step(
                "Read foundry.token.audience. Accepted are https://ai.azure.com and "
                "https://cognitiveservices.azure.com; in sovereign clouds the names may end in .us or .cn."
            ),
            Step(USE_PROVIDER),
            Step(
                "Look for https://ai.cognitiveservices.com/.default in code and settings: one revision of "
                "the documentation printed it, and it matches neither."
            ),
            Step("See whether a token of that scope can be had where the service runs.", TOKEN),
        ),
        relevant_fields=(names.TOKEN_AUDIENCE, names.TOKEN_APPLICATION, names.TOKEN_TENANT, names.CLIENT),
        tab="Auth",
        retry="Only a token of the right scope helps.",
        ticket="the scope is chosen on your side.",
    ),
    Advice(
        about="credential_error",
        meaning="The token provider failed, so that no request was sent; nothing reached Foundry.",
        next_step="Read the AADSTS code: 7000222 secret expired, 7000215 secret wrong, 700016 wrong "
        "tenant or app.",
        steps=(
            Step(f"Read foundry.entra.code. {meanings('credential_error')}"),
            Step(
                "See when the secrets of the application end.",
                'az ad app credential list --id <application-id> --query "[].endDateTime" -o tsv',
            ),
            Step(
                "No code: the provider found no credential, or did not reach Entra. Check the managed "
                "identity, AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, and the way to "
                "login.microsoftonline.com."
            ),
            Step("Renew the secret, or use a managed identity, which has none."),
        ),
        relevant_fields=(names.ENTRA_CODE, names.ENTRA_TRACE_ID, names.ENTRA_CORRELATION_ID, names.CLIENT),
        tab="Auth",
        retry="The SDK does not retry it either; an expired secret stays expired.",
        ticket="if application, secret and tenant are right and Entra refuses them.",
        support_channels=("Entra",),
    ),
)
"""By failure class."""
