"""Who calls what in the drills' world: tables, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = (3, 2, 2, 2, 3, 6, 14, 34, 70, 96, 100, 98, 84, 92, 100, 97, 88, 66, 44, 32, 24, 16, 9, 5)
"""Traffic of each hour of a day, UTC, in percent of the busiest."""
NIGHTLY = (0, 100, 100, 80, *(0,) * 20)
"""The same for a job that runs at night."""
WEEKDAYS = (1.0, 1.0, 0.95, 1.0, 0.9, 0.35, 0.3)
"""Traffic of each day of a week, Monday first."""


@dataclass(frozen=True)
class Deployment:
    """A deployment of a model, and what its answers are usually like."""

    name: str
    model: str
    resource: str
    region: str
    ttft_ms: float
    """Median time to first token."""
    tpot_ms: float
    """Median time per output token after the first."""
    usd_per_million: tuple[float, float]
    """Input and output tokens."""


SONNET, HAIKU, OPUS = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"
PRICES = {SONNET: (3.0, 15.0), HAIKU: (1.0, 5.0), OPUS: (5.0, 25.0)}
US, EU = ("contoso-eastus2", "East US 2"), ("contoso-swc", "Sweden Central")


def _deployment(name: str, model: str, place: tuple[str, str], ttft_ms: float, tpot_ms: float) -> Deployment:
    return Deployment(name, model, *place, ttft_ms, tpot_ms, PRICES[model])


DEPLOYMENTS = {
    one.name: one
    for one in (
        _deployment("orders-chat", SONNET, US, 800, 14),
        _deployment("orders-fast", HAIKU, US, 420, 7),
        _deployment("support-chat", SONNET, EU, 850, 15),
        _deployment("search-rank-us", HAIKU, US, 400, 7),
        _deployment("search-rank-eu", HAIKU, EU, 440, 7),
        _deployment("night-reports", OPUS, EU, 1_500, 22),
    )
}


@dataclass(frozen=True)
class Service:
    """A service, and how it calls."""

    name: str
    version: str
    instances: int
    calls: int
    """Of a usual Monday."""
    deployments: tuple[tuple[str, float], ...]
    """Each with its share of the calls."""
    credentials: tuple[tuple[str, float], ...]
    client: str
    streamed: float
    """Share of the calls that ask for a stream."""
    hours: tuple[int, ...] = HOURS


SERVICES = (
    Service(
        "orders-api",
        "4.2.0",
        3,
        2_400,
        (("orders-chat", 0.65), ("orders-fast", 0.35)),
        (("entra_id", 1.0),),
        "AnthropicFoundry/2.12.0",
        0.8,
    ),
    Service(
        "support-bot",
        "1.9.3",
        4,
        1_800,
        (("support-chat", 1.0),),
        (("api_key", 1.0),),
        "AsyncAnthropicFoundry/2.12.0",
        1.0,
    ),
    Service(
        "search",
        "2026.11.2",
        3,
        1_600,
        (("search-rank-us", 0.6), ("search-rank-eu", 0.4)),
        (("entra_id", 0.7), ("api_key", 0.3)),
        "httpx/0.28.1",
        0.0,
    ),
    Service(
        "shop-checkout",
        "7.0.1",
        2,
        800,
        (("orders-chat", 1.0),),
        (("entra_id", 1.0),),
        "AnthropicFoundry/2.11.4",
        0.5,
    ),
    Service(
        "night-batch",
        "3.3.0",
        1,
        400,
        (("night-reports", 1.0),),
        (("api_key", 1.0),),
        "AnthropicFoundry/2.12.0",
        0.0,
        NIGHTLY,
    ),
)

TENANTS = (
    ("acme", 0.34),
    ("globex", 0.22),
    ("initech", 0.16),
    ("umbrella", 0.12),
    ("hooli", 0.09),
    ("tyrell", 0.07),
)
FEATURES = (("chat", 0.6), ("summary", 0.25), ("triage", 0.15))
MAX_TOKENS = ((1_024, 0.5), (4_096, 0.4), (8_192, 0.1))
STOP_REASONS = (("end_turn", 0.82), ("tool_use", 0.15), ("max_tokens", 0.025), ("refusal", 0.005))
BACKGROUND = (
    ("rate_limited", 0.006, True),
    ("auth_token_expired", 0.002, True),
    ("overloaded", 0.0015, True),
    ("connection_error", 0.0008, False),
)
"""What always fails now and then: the class, its share of the calls, and whether a retry mends it."""
