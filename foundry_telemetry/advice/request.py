"""Advice on what was asked, how much of it, and where it was sent."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import DEPLOYMENTS, SHOW, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_SEE_MESSAGE: Final = (
    "Read the message of the exception in the application: it names the reason. It is not recorded here, "
    "because it may contain parts of the prompt."
)

REQUEST: Final = by_name(
    Advice(
        about="content_filtered",
        meaning=(
            "A content filter rejected the request; Foundry has no built-in filter for Claude, a gateway may."
        ),
        next_step="Read foundry.error.origin to find the filter; then change the text or the filter.",
        steps=(
            Step(
                "If foundry.error.origin is customer_gateway, a policy of your own gateway rejected "
                "the request: contact its owner with the time and the deployment."
            ),
            Step("Otherwise check in the portal whether the deployment has a filter or guardrail."),
            Step("Change the content, or the filter."),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.ERROR_CODE, names.SERVER_ADDRESS, names.REQUEST_MODEL),
        retry="The same text is rejected again.",
        ticket="if Azure responded and the deployment has no filter.",
        support_channels=("Azure",),
    ),
    Advice(
        about="deployment_not_found",
        meaning="The resource has no deployment of this name.",
        next_step="Compare the model of the request with the deployment names of this resource.",
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step(
                "gen_ai.request.model must be the name of a deployment, which can differ from the "
                "name of its model. Check that foundry.resource is the resource of the deployment."
            ),
            Step(
                "If it worked before, check deployment changes of the last week.",
                "az monitor activity-log list -g <resource-group> --offset 7d -o table",
            ),
            Step("If it is new, wait a few minutes."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.SERVER_ADDRESS),
        retry="Only in the first minutes after the deployment is created.",
        ticket="correct the deployment name in your service.",
    ),
    Advice(
        about="invalid_request",
        meaning="Anthropic rejected the request as invalid.",
        next_step="Read the message of the exception; after an SDK upgrade compare anthropic.version.",
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                "If it started with an upgrade, compare anthropic.version before and after. 2026-10-21, "
                "which the SDK sends since 2.0, rejects temperature, top_p and top_k; 2023-06-01 "
                "accepts them."
            ),
            Step("Compare gen_ai.request.max_tokens and the prompt size with the limits of the model."),
        ),
        relevant_fields=(
            names.ANTHROPIC_VERSION,
            names.CLIENT,
            names.REQUEST_MAX_TOKENS,
            names.REQUEST_MODEL,
        ),
        retry="The same request fails again.",
        ticket="if the documentation allows the request.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="model_not_found",
        meaning="The service does not know the model in the request, or the model of its deployment.",
        next_step=(
            "Send the name of a deployment as model; check with az that it exists and its state is Succeeded."
        ),
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step("gen_ai.request.model must be one of these names."),
            Step("If it is one of them, its model may be retired, or the deployment may not be finished."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.ERROR_CODE, names.ERROR_ORIGIN),
        retry="The same request fails again.",
        ticket="if the deployment is listed as Succeeded and its model is not retired.",
        support_channels=("Azure",),
    ),
    Advice(
        about="rate_limited",
        meaning=(
            "The quota of this model is exhausted: requests, uncached input tokens or output tokens "
            "per minute."
        ),
        next_step=(
            "Wait for retry-after; lower concurrency; see the tab Limits of the workbook; request more quota."
        ),
        steps=(
            Step(
                "Find the limit that is exceeded, and the services that use it. All deployments of a "
                "model and version in the subscription share it."
            ),
            Step(
                "Lower concurrency, and wait foundry.retry_after_s where it is present. By default "
                "the SDK retries each request up to twice, which can keep the quota exhausted."
            ),
            Step("Cache the repeated parts of the prompt: cache reads do not count against the limit."),
            Step(
                "Check the page Quota of the Foundry portal, or list the quota with the Azure CLI.",
                "az cognitiveservices usage list -l <location> -o table",
            ),
            Step(
                "Request more quota there. The defaults are 0 requests per minute for trial "
                "subscriptions, 40 or 80 for pay-as-you-go."
            ),
        ),
        relevant_fields=(names.RETRY_AFTER, names.UNCACHED_TOKENS, names.REQUEST_MODEL, names.ATTEMPT_NUMBER),
        tab="Limits",
        retry="After foundry.retry_after_s; without it, with exponential backoff.",
        ticket="only if throttling starts far below the quota; request more quota in the portal.",
        support_channels=("Azure",),
    ),
    Advice(
        about="request_too_large",
        meaning="The request body exceeds the size limit of the service that responded.",
        next_step=(
            "Send less: shrink images and documents, split the request; check the size limit of your gateway."
        ),
        steps=(
            Step("If foundry.error.origin is customer_gateway, the limit is set by your own gateway."),
            Step("Shrink images, shorten documents, drop old turns, or split the request."),
            Step(
                "Upload files once with the Files API, if the deployment is hosted by Anthropic "
                "(model version 1); deployments hosted on Azure do not have it."
            ),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.REQUEST_MODEL, names.SERVER_ADDRESS),
        retry="The same request fails again.",
        ticket="reduce the size of your request.",
    ),
    Advice(
        about="route_not_found",
        meaning="The path does not exist on this host: the base URL is wrong, or it is another resource.",
        next_step=(
            "Correct the base URL: url.template must be /anthropic/v1/messages; or set resource instead."
        ),
        steps=(
            Step(
                "Read url.template. On an Azure host /anthropic/v1/messages is right. Without "
                "/anthropic the base URL lacks it; with it twice, both base URL and path add it; an "
                "OpenAI path does not serve Claude."
            ),
            Step(
                "Set resource of the client, or ANTHROPIC_FOUNDRY_RESOURCE, and no base URL: the SDK "
                "then builds https://<resource>.services.ai.azure.com/anthropic/ itself."
            ),
            Step(
                "Compare server.address with the endpoint of the resource.",
                f"{SHOW} properties.endpoint -o tsv",
            ),
        ),
        relevant_fields=(names.URL_TEMPLATE, names.SERVER_ADDRESS, names.RESOURCE, names.ERROR_CODE),
        retry="The same URL fails again.",
        ticket="correct the URL in your service.",
    ),
    Advice(
        about="unsupported_endpoint",
        meaning="A call to an API other than messages and count_tokens failed; Foundry may not offer it.",
        next_step="Use messages or count_tokens; Foundry does not offer batches, models and admin APIs.",
        steps=(
            Step(
                "Read url.template. Foundry does not offer batches, models, admin, compliance and "
                "managed agents; files and skills only if the deployment is hosted by Anthropic "
                "(model version 1)."
            ),
            Step("Find the code that calls it, often a framework for the Claude API, and disable it."),
        ),
        relevant_fields=(names.URL_TEMPLATE, names.STATUS_CODE, names.CLIENT),
        retry="It stays unsupported.",
        ticket="see the documentation of Claude in Microsoft Foundry for the supported APIs.",
    ),
    Advice(
        about="unsupported_feature",
        meaning="The request uses a feature that this deployment does not offer.",
        next_step=(
            "Remove the feature, or use a deployment hosted by Anthropic (model version 1) if it has "
            "the feature."
        ),
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                (
                    "Check where the model is hosted: version 1 by Anthropic, version 2 on Azure, where "
                    "some features are missing."
                ),
                DEPLOYMENTS,
            ),
            Step("Remove the feature, or send these requests to a deployment that has it."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESPONSE_MODEL, names.ANTHROPIC_VERSION),
        retry="The same request fails again.",
        ticket="if the documentation lists the feature for this hosting.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="model_retired",
        meaning="The model of the deployment is retired.",
        next_step="Deploy a current model and send its deployment name; keep the old name if possible.",
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step("Check the retirement dates of your models in the portal, and migrate the others in time."),
            Step("A new deployment with the old name needs no change in the services."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.ERROR_CODE, names.ERROR_ORIGIN),
        retry="The same request fails again.",
        ticket="if the model is not listed as retired.",
        support_channels=("Azure",),
    ),
    Advice(
        about="prompt_too_long",
        meaning="The prompt, or prompt and max_tokens together, exceed the context window of the model.",
        next_step=(
            "Shorten the prompt, compact the history or lower max_tokens; count_tokens returns the size."
        ),
        steps=(
            Step(_SEE_MESSAGE),
            Step("Count the tokens of the prompt before you send it: count_tokens is free."),
            Step("A conversation grows: drop or summarise its oldest parts."),
            Step("A longer context window may need a beta header or another model."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.REQUEST_MAX_TOKENS, names.CLIENT),
        retry="The same request fails again.",
        ticket="if the token count is below the limit of the model.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="unsupported_beta",
        meaning="The service does not support a value of the anthropic-beta header.",
        next_step=(
            "Remove the beta header, or the value that the message names; Foundry does not support "
            "all of them."
        ),
        steps=(
            Step(_SEE_MESSAGE),
            Step("Compare the header with the features of Claude in Foundry."),
            Step(
                "If it started with an upgrade of the client or a framework, check which betas it sends "
                "by default."
            ),
        ),
        relevant_fields=(names.CLIENT, names.ANTHROPIC_VERSION, names.REQUEST_MODEL),
        retry="The same request fails again.",
        ticket="if the documentation lists the feature for Foundry.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="unsupported_parameter",
        meaning="The request has a field that this model or this API version does not support.",
        next_step="Remove the field that the message names; after an upgrade compare anthropic.version.",
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                "If it started with an upgrade, compare anthropic.version before and after. 2026-10-21, "
                "which the SDK sends since 2.0, rejects temperature, top_p and top_k; 2023-06-01 "
                "accepts them."
            ),
            Step("A framework may add fields by default: check its settings for this model."),
        ),
        relevant_fields=(names.ANTHROPIC_VERSION, names.CLIENT, names.REQUEST_MODEL),
        retry="The same request fails again.",
        ticket="if the documentation lists the field for this model.",
        support_channels=("Anthropic",),
    ),
)
"""By failure class."""
