"""Clients whose answers come from a script: bare ones of either family, and those of the SDK."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import anthropic

from foundry_telemetry.testing import FakeFoundry

FAMILIES: list[ModuleType] = [
    importlib.import_module(name) for name in ("httpx", "httpx2") if find_spec(name)
]
httpx, httpx2 = FAMILIES[0], FAMILIES[-1]

HOSTS = ("gw.example.com", "127.0.0.1")
"""Hosts that are named to `configure`: the gateway of the odd answers, and servers on loopback."""

FOUNDRY = "https://example-resource.services.ai.azure.com/anthropic"
AT = {"foundry": f"{FOUNDRY}/v1/messages", "gateway": "https://gw.example.com/anthropic/v1/messages"}
KEYS: dict[str, dict[str, str]] = {
    "none": {},
    "api_key": {"api-key": "CANARY-API-KEY"},
    "gateway_key": {"ocp-apim-subscription-key": "CANARY-API-KEY"},
}
ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "CANARY-PROMPT"}],
}


def of_sdk() -> ModuleType:
    """The family whose clients the installed SDK takes."""
    return next(each for each in FAMILIES if issubclass(anthropic.DefaultHttpxClient, each.Client))


def bare(script: Any, family: ModuleType = httpx) -> Any:
    """A client that is answered from a script, without a socket."""
    return family.Client(transport=FakeFoundry(script).transport(family))


def sdk(script: Any, *, spans: bool, event_hooks: Any = None, **options: Any) -> anthropic.AnthropicFoundry:
    """A client of the SDK that is answered from a script, with or without spans of its own."""
    family = of_sdk()
    client = family.Client(
        transport=FakeFoundry(script).transport(family), trust_env=False, event_hooks=event_hooks
    )
    options = {"base_url": FOUNDRY, "open_telemetry": {} if spans else False, **options}
    if "azure_ad_token_provider" not in options:
        options.setdefault("api_key", "CANARY-API-KEY")
    return anthropic.AnthropicFoundry(http_client=client, **options)


def async_sdk(foundry: FakeFoundry) -> anthropic.AsyncAnthropicFoundry:
    """An async client of the SDK that `foundry` answers, without spans of its own and without retries."""
    family = of_sdk()
    return anthropic.AsyncAnthropicFoundry(
        api_key="CANARY-API-KEY",
        base_url=FOUNDRY,
        max_retries=0,
        open_telemetry=False,
        http_client=family.AsyncClient(transport=foundry.transport(family)),
    )
