"""A Foundry and an Azure Monitor inside this process, for ``--fake``.

`play` sets the environment variables that the real ones would need, so that what an example does after it is
what it does in production.
"""

import atexit
import json
import os
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace

from foundry_telemetry.testing import FakeFoundry, FakeIngestion, Item, ReceivedRequest, answer, error

DEPLOYMENTS = ("claude-haiku-5-5", "claude-sonnet-5-5")
LIMITED = 5  # every fifth request gets a 429

requests = count(1)


def respond(request: ReceivedRequest) -> Item:
    """Answer one request as Foundry would."""
    if request.model not in DEPLOYMENTS:
        return error("deployment_not_found")
    if next(requests) % LIMITED == 0:
        return error("rate_limited", retry_after_s=0.1)
    return answer(
        "Nobody asked Claude; this is made up.",
        usage={"input_tokens": 20 + len(request.body)},
        first_delta_after=0.05,
    )


def play() -> None:
    """Start both; they end with the process, after the last telemetry is delivered."""
    servers = ExitStack()
    foundry = servers.enter_context(FakeFoundry(respond))
    azure = servers.enter_context(FakeIngestion())

    @atexit.register
    def close() -> None:
        servers.close()
        print(f"The fake Azure Monitor got {len(azure.events('foundry.attempt'))} ledger events.")

    os.environ.update(
        ANTHROPIC_FOUNDRY_BASE_URL=foundry.base_url,
        ANTHROPIC_FOUNDRY_API_KEY="any",
        APPLICATIONINSIGHTS_CONNECTION_STRING=azure.connection_string,
        OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel",  # the others ask the network where they are
    )


class Credential:
    """Gives what looks like an Entra token."""

    def get_token(self, *scopes: str) -> SimpleNamespace:
        """Like `azure.identity.DefaultAzureCredential.get_token`."""
        parts = ({"alg": "none"}, {"aud": scopes[0].removesuffix("/.default"), "idtyp": "app"})
        encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return SimpleNamespace(token=".".join((*encoded, "unsigned")))
