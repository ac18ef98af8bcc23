"""Drills that are written down: the quiet ones, and one or more for each measure and each trap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.incident_drills.drills import Drill, Part
from tests.incident_drills.measures import MEASURES, with_code
from tests.incident_drills.shapes import Kind, Shape
from tests.incident_drills.world import Slice

THURSDAY, FRIDAY = datetime(2026, 11, 19, 15, 7, tzinfo=UTC), datetime(2026, 11, 20, 10, 22, tzinfo=UTC)
"""When most drills are asked."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def part(  # noqa: PLR0917 - reads as a sentence
    measure: str,
    strength: float,
    slice_: Slice,
    minutes: float,
    end: datetime = THURSDAY,
    kind: Kind = "step",
    *,
    until: float | None = None,
    **options: object,
) -> Part:
    """What began some minutes before the end of a drill, and ended at another where `until` is given."""
    ended = end - timedelta(minutes=until) if until is not None else None
    shape = Shape(kind, end - timedelta(minutes=minutes), ended)
    return Part(MEASURES[measure], slice_, shape, strength, **options)  # type: ignore[arg-type]


def where(**values: str) -> Slice:
    """A slice; tags are named as `tenant` and `feature`."""
    names = {"tenant": "tag tenant", "feature": "tag feature"}
    return tuple((names.get(name, name), value) for name, value in values.items())


def _released(minutes: float, service: str, version: str) -> Part:
    return Part(None, (), Shape("step", THURSDAY - timedelta(minutes=minutes)), release=(service, version))


_TWO_HOURS, _THREE_HOURS = timedelta(hours=2), timedelta(hours=3)

HEALTHY = (
    Drill("healthy: a working day", THURSDAY),
    Drill("healthy: another working day", FRIDAY),
    Drill("healthy: a night with few calls", at(19, 4, 40), asked=timedelta(minutes=30)),
    Drill("healthy: Monday morning after a quiet Sunday", at(16, 9, 30)),
    Drill("healthy: Saturday after a busy Friday", at(21, 11, 0)),
    Drill("healthy: traffic doubles from hour to hour", at(19, 8, 0)),
    Drill("healthy: the night job has begun", at(20, 1, 20)),
    Drill("healthy: the night job has ended", at(20, 5, 0)),
    Drill("healthy: after work", at(18, 20, 30), asked=_TWO_HOURS),
    Drill("healthy: a new version without effect", THURSDAY, (_released(30, "orders-api", "4.3.0"),)),
    Drill(
        "healthy: two failures of a tenant in an hour",
        THURSDAY,
        (
            part(
                "server_error",
                0.05,
                where(service="orders-api", tenant="hooli"),
                50,
                matters=False,
            ),
        ),
    ),
    Drill(
        "healthy: one slow call",
        at(19, 5, 30),
        (
            part(
                "latency",
                6.0,
                where(service="shop-checkout", tenant="hooli"),
                50,
                at(19, 5, 30),
                matters=False,
            ),
        ),
    ),
)

_ORDERS, _SUPPORT, _SEARCH, _SHOP = (
    where(service=name) for name in ("orders-api", "support-bot", "search", "shop-checkout")
)
_CANARY = where(service="orders-api", version="4.3.0")
_RELEASE = ("orders-api", "4.3.0")

_FAILING = (
    Drill("key rotated, one service", THURSDAY, (part("auth_invalid_key", 1.0, _SUPPORT, 25),)),
    Drill(
        "key rotated, one instance has the old one",
        THURSDAY,
        (part("auth_invalid_key", 1.0, where(service="support-bot", instance="support-bot-2"), 45),),
    ),
    Drill(
        "deployment deleted that two services use",
        THURSDAY,
        (part("deployment_not_found", 1.0, where(deployment="orders-chat"), 12),),
    ),
    Drill("overload of one model", THURSDAY, (part("overloaded", 0.2, where(model="claude-sonnet-5-5"), 45),)),
    Drill("overload of one model, ended", FRIDAY, (part("overloaded", 0.5, where(model="claude-sonnet-5-5"), 120, FRIDAY, "ended", until=60),), asked=_THREE_HOURS),
    Drill("region unavailable, again and again", THURSDAY, (part("service_unavailable", 1.0, where(region="Sweden Central"), 90, kind="intermittent"),), asked=_TWO_HOURS),
    Drill("timeouts creep up", THURSDAY, (part("timeout", 1.0, where(deployment="support-chat"), 80, kind="ramp"),), asked=_TWO_HOURS),
    Drill("requests of a new version refused", THURSDAY, (part("invalid_request", 0.5, _CANARY, 25, release=_RELEASE),)),
    Drill("prompts of one tenant too long", THURSDAY, (part("prompt_too_long", 1.0, where(service="support-bot", tenant="umbrella"), 45),)),
    Drill("role missing for one kind of credential", THURSDAY, (part("authz_missing_role", 1.0, where(service="search", auth_scheme="entra_id"), 25),)),
    Drill(
        "name not resolved in one instance",
        THURSDAY,
        (Part(with_code("connection_error", "EAI_NONAME"), where(service="orders-api", instance="orders-api-1"), Shape("step", THURSDAY - timedelta(minutes=25))),),
    ),
    Drill("failing since yesterday's last look", THURSDAY, (part("authz_network_denied", 1.0, _SEARCH, 200),), asked=timedelta(minutes=30)),
    Drill("a few calls at night, all of them failing", at(19, 4, 40), (part("auth_invalid_key", 1.0, _ORDERS, 160, at(19, 4, 40)),), asked=_THREE_HOURS),
)  # fmt: skip

_MEASURED = (
    Drill("quota: retries that succeed", THURSDAY, (part("rate_limited", 0.4, where(deployment="support-chat"), 45),)),
    Drill("attempts a call", THURSDAY, (part("attempts", 0.5, where(deployment="orders-fast"), 45),)),
    Drill("slow region", THURSDAY, (part("latency", 3.0, where(region="Sweden Central"), 25),)),
    Drill("slow instance", THURSDAY, (part("latency", 3.0, where(service="search", instance="search-0"), 45),)),
    Drill("first token late", THURSDAY, (part("time_to_first_token", 4.0, where(deployment="support-chat"), 25),)),
    Drill("tokens come slowly", THURSDAY, (part("time_per_output_token", 2.0, where(model="claude-haiku-5-5"), 45),)),
    Drill("answers cut at max_tokens by a new version", THURSDAY, (part("stop_reason:max_tokens", 0.5, _CANARY, 45, release=_RELEASE),)),
    Drill("refusals", THURSDAY, (part("stop_reason:refusal", 0.4, where(service="orders-api", feature="triage"), 45),)),
    Drill("one tenant's prompts four times as long", THURSDAY, (part("input_tokens", 4.0, where(service="orders-api", tenant="globex"), 45),)),
    Drill("answers four times as long", THURSDAY, (part("output_tokens", 4.0, _SEARCH, 45),)),
    Drill("caching lost with a version", THURSDAY, (part("cache_hit_rate", 1.0, _CANARY, 45, release=_RELEASE),)),
    Drill("a dearer model behind a deployment", THURSDAY, (part("cost", 1.0, where(deployment="orders-fast"), 45),)),
    Drill("service silent", THURSDAY, (part("volume:silent", 1.0, _SHOP, 45),)),
    Drill("instance silent", THURSDAY, (part("volume:silent", 1.0, where(service="orders-api", instance="orders-api-2"), 45),)),
    Drill("a tenant's load fourfold", THURSDAY, (part("volume:more", 4.0, where(service="support-bot", tenant="acme"), 45),)),
    Drill("records twice", THURSDAY, (part("duplicates", 1.0, _SHOP, 45),)),
    Drill("clock ahead in one instance", THURSDAY, (part("clock_skew", 420.0, where(service="search", instance="search-1"), 45),)),
)  # fmt: skip

_TWO = (
    Drill("two at once: a key rotated, a slow model", THURSDAY, (part("auth_invalid_key", 1.0, _SUPPORT, 25), part("latency", 3.0, where(model="claude-haiku-5-5"), 45))),
    Drill("two at once: two services, two causes", THURSDAY, (part("overloaded", 0.5, where(deployment="support-chat"), 45), part("deployment_not_found", 1.0, where(deployment="search-rank-us"), 20))),
    Drill("a new version elsewhere is not the cause", THURSDAY, (_released(30, "search", "2026.11.3"), part("auth_invalid_key", 1.0, _SUPPORT, 25))),
)  # fmt: skip

INCIDENTS = (*_FAILING, *_MEASURED, *_TWO)
NAMED = (*HEALTHY, *INCIDENTS)
