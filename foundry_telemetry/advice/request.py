"""Advice on what was asked, how much of it, and where it was sent."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import DEPLOYMENTS, SHOW, Advice, Step, by_name
from foundry_telemetry.schema import field_table as names

_SEE_MESSAGE: Final = (
    "Read the message of the exception that the application caught; it names what is wrong. It is not "
    "kept here, because it may hold parts of the prompt."
)

REQUEST: Final = by_name(
    Advice(
        about="content_filtered",
        meaning="A content filter refused the request; Foundry has no built-in one for Claude, a gateway "
        "may have.",
        next_step="Find whose filter it is: foundry.error.origin says who answered; then change text or "
        "filter.",
        steps=(
            Step(
                "If foundry.error.origin is customer_gateway, a policy of your own gateway refused it: "
                "ask its owner, with the time and the deployment."
            ),
            Step("Otherwise see in the portal whether a filter or guardrail was put on the deployment."),
            Step("Change what is sent, or have the filter changed."),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.ERROR_CODE, names.SERVER_ADDRESS, names.REQUEST_MODEL),
        retry="The same text gets the same answer.",
        ticket="if Azure itself answered, and no filter is set on the deployment.",
        support_channels=("Azure",),
    ),
    Advice(
        about="deployment_not_found",
        meaning="The resource has no deployment of this name.",
        next_step="Compare the model of the request with the deployment names of this resource; was one "
        "deleted?",
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step(
                "gen_ai.request.model must be the name of a deployment, which need not be that of its "
                "model. Is foundry.resource the resource that has it?"
            ),
            Step(
                "It used to work: see who changed the deployments in the last week.",
                "az monitor activity-log list -g <resource-group> --offset 7d -o table",
            ),
            Step("It is new: wait some minutes."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.SERVER_ADDRESS),
        retry="Only in the first minutes after the deployment was made.",
        ticket="the deployment is yours to make or to name.",
    ),
    Advice(
        about="invalid_request",
        meaning="The model service does not accept the request as it is.",
        next_step="Read the message of the exception; after an SDK upgrade compare anthropic.version.",
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                "It began with an upgrade: compare anthropic.version before and after. 2026-10-21, which "
                "the SDK sends since 2.0, refuses temperature, top_p and top_k; 2023-06-01 took them."
            ),
            Step(
                "Compare gen_ai.request.max_tokens and the size of the prompt with the limits of the model."
            ),
        ),
        relevant_fields=(
            names.ANTHROPIC_VERSION,
            names.CLIENT,
            names.REQUEST_MAX_TOKENS,
            names.REQUEST_MODEL,
        ),
        retry="The same request gets the same answer.",
        ticket="if the documentation allows the request.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="model_not_found",
        meaning="The service does not know the model that the request, or its deployment, names.",
        next_step="Send the name of a deployment as model; see with az that it exists and its state is "
        "Succeeded.",
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step("gen_ai.request.model must be the name of one of them."),
            Step("It is one of them: its model may have been retired, or the deployment not be finished."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.ERROR_CODE, names.ERROR_ORIGIN),
        retry="The same name gets the same answer.",
        ticket="if the deployment is listed as Succeeded and its model is not retired.",
        support_channels=("Azure",),
    ),
    Advice(
        about="rate_limited",
        meaning="The quota for this model is used up: requests, uncached input or output tokens a minute.",
        next_step="Wait as long as retry-after says, lower concurrency, see the Limits tab, ask for more "
        "quota.",
        steps=(
            Step(
                "See which of the three limits is met, and by whom. All deployments of a model and "
                "version in the subscription share it, with other services too."
            ),
            Step(
                "Lower concurrency, and wait foundry.retry_after_s where it is told. By default the SDK "
                "sends each request up to twice more, which can keep the quota used up."
            ),
            Step(
                "Cache the parts of the prompt that repeat: what is read from the cache does not count "
                "against the limit."
            ),
            Step(
                "See the quota on the page Quota of the Foundry portal; this command may list it as well.",
                "az cognitiveservices usage list -l <location> -o table",
            ),
            Step(
                "Ask for more there. By default trial subscriptions have 0, pay-as-you-go 40 or 80 "
                "requests a minute."
            ),
        ),
        relevant_fields=(names.RETRY_AFTER, names.UNCACHED_TOKENS, names.REQUEST_MODEL, names.ATTEMPT_NUMBER),
        tab="Limits",
        retry="After foundry.retry_after_s, else with waits that grow.",
        ticket="only if it comes well below the quota; more quota is asked for in the portal.",
        support_channels=("Azure",),
    ),
    Advice(
        about="request_too_large",
        meaning="The body of the request is larger than the side that answered takes.",
        next_step="Send less: shrink images and documents, split the request; see whether a gateway set "
        "the limit.",
        steps=(
            Step("If foundry.error.origin is customer_gateway, the limit is that of your own gateway."),
            Step("Shrink images, cut documents, drop old turns, or split the request."),
            Step(
                "Upload files once with the Files API, where the deployment is hosted by Anthropic (model "
                "version 1); those hosted on Azure do not have it."
            ),
        ),
        relevant_fields=(names.ERROR_ORIGIN, names.REQUEST_MODEL, names.SERVER_ADDRESS),
        retry="The same request gets the same answer.",
        ticket="the size is that of your request.",
    ),
    Advice(
        about="route_not_found",
        meaning="The path does not exist on this host: the base URL is wrong, or the resource is another.",
        next_step="Correct the base URL: url.template must be /anthropic/v1/messages; or give resource "
        "instead.",
        steps=(
            Step(
                "Read url.template. On a host of Azure /anthropic/v1/messages is right. Without "
                "/anthropic the base URL lacks it; with it twice, both base URL and path bring it; an "
                "OpenAI path is no use to Claude."
            ),
            Step(
                "Give the client resource, or set ANTHROPIC_FOUNDRY_RESOURCE, and no base URL: then the "
                "SDK builds https://<resource>.services.ai.azure.com/anthropic/ itself."
            ),
            Step("Compare server.address with the resource's own.", f"{SHOW} properties.endpoint -o tsv"),
        ),
        relevant_fields=(names.URL_TEMPLATE, names.SERVER_ADDRESS, names.RESOURCE, names.ERROR_CODE),
        retry="The same URL gets the same answer.",
        ticket="the URL is set on your side.",
    ),
    Advice(
        about="unsupported_endpoint",
        meaning="A call to another API than messages and count_tokens failed; Foundry may not offer it.",
        next_step="Use messages or count_tokens; batches, models and admin APIs are not offered on Foundry.",
        steps=(
            Step(
                "Read url.template. Batches, models, admin, compliance and managed agents are not offered "
                "on Foundry; files and skills only where the deployment is hosted by Anthropic (model "
                "version 1)."
            ),
            Step(
                "Find the code that calls it, often a framework made for the Claude API, and switch it off."
            ),
        ),
        relevant_fields=(names.URL_TEMPLATE, names.STATUS_CODE, names.CLIENT),
        retry="It stays unsupported.",
        ticket="the documentation of Claude in Microsoft Foundry says what is offered.",
    ),
    Advice(
        about="unsupported_feature",
        meaning="The request uses a feature that this deployment does not offer.",
        next_step="Leave the feature out, or use a deployment hosted by Anthropic (model version 1), if "
        "it has it.",
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                "See where the model is hosted: version 1 by Anthropic, version 2 on Azure, where some "
                "features are missing.",
                DEPLOYMENTS,
            ),
            Step("Leave the feature out, or send such requests to a deployment that has it."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESPONSE_MODEL, names.ANTHROPIC_VERSION),
        retry="The same request gets the same answer.",
        ticket="if the documentation says that this hosting has the feature.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="model_retired",
        meaning="The model of the deployment is retired and answers no more.",
        next_step="Deploy a current model and send its deployment name; keep the old name if you can.",
        steps=(
            Step("List the deployments: name, model, version, state.", DEPLOYMENTS),
            Step("See the retirement dates of the models in the portal, and move the others in time."),
            Step("A new deployment under the old name needs no change in the services."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.RESOURCE, names.ERROR_CODE, names.ERROR_ORIGIN),
        retry="The same name gets the same answer.",
        ticket="if the model is not listed as retired.",
        support_channels=("Azure",),
    ),
    Advice(
        about="prompt_too_long",
        meaning="The prompt, or prompt and max_tokens together, exceed the context window of the model.",
        next_step="Shorten the prompt, compact the history or lower max_tokens; count_tokens tells the size.",
        steps=(
            Step(_SEE_MESSAGE),
            Step("Count the tokens of the prompt before it is sent: count_tokens is free."),
            Step("A conversation that grows: drop or summarise its oldest parts."),
            Step("A longer context window may need a beta header or another model."),
        ),
        relevant_fields=(names.REQUEST_MODEL, names.REQUEST_MAX_TOKENS, names.CLIENT),
        retry="The same request gets the same answer.",
        ticket="if the count of tokens is below the limit of the model.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="unsupported_beta",
        meaning="The service does not take a value of the anthropic-beta header.",
        next_step="Drop the beta header, or the value that the message names; Foundry has not all of them.",
        steps=(
            Step(_SEE_MESSAGE),
            Step("Compare the header with the features that Claude in Foundry offers."),
            Step(
                "It began with an upgrade of the client or a framework: which betas does it send by itself?"
            ),
        ),
        relevant_fields=(names.CLIENT, names.ANTHROPIC_VERSION, names.REQUEST_MODEL),
        retry="The same header gets the same answer.",
        ticket="if the documentation lists the feature for Foundry.",
        support_channels=("Anthropic",),
    ),
    Advice(
        about="unsupported_parameter",
        meaning="The request has a field that this model or this version of the API does not take.",
        next_step="Drop the field that the message names; after an upgrade compare anthropic.version.",
        steps=(
            Step(_SEE_MESSAGE),
            Step(
                "It began with an upgrade: compare anthropic.version before and after. 2026-10-21, which "
                "the SDK sends since 2.0, refuses temperature, top_p and top_k; 2023-06-01 took them."
            ),
            Step("A framework may add fields by itself: see its settings for this model."),
        ),
        relevant_fields=(names.ANTHROPIC_VERSION, names.CLIENT, names.REQUEST_MODEL),
        retry="The same request gets the same answer.",
        ticket="if the documentation lists the field for this model.",
        support_channels=("Anthropic",),
    ),
)
"""By failure class."""
