"""Drills that are written down: the quiet ones, and one or more for each measure and each trap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.incident_drills.measures import MEASURES, with_code
from tests.incident_drills.scattered import SCATTERED
from tests.incident_drills.scenarios import Drill, Part
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
_RELEASED = where(service="orders-api", version="4.3.0")
_ORDERS_CHAT, _ORDERS_FAST = where(deployment="orders-chat"), where(deployment="orders-fast")
_SUPPORT_CHAT, _RANK_US = where(deployment="support-chat"), where(deployment="search-rank-us")
_SONNET, _HAIKU = where(model="claude-sonnet-5-5"), where(model="claude-haiku-5-5")
_EUROPE = where(region="Sweden Central")


def _of(service: str, **values: str) -> Slice:
    return where(service=service, **values)


def _instance(service: str, number: int) -> Slice:
    return _of(service, instance=f"{service}-{number}")


_STEPS = (
    ("key rotated, one service", "auth_invalid_key", 1.0, _SUPPORT, 25),
    ("key rotated, one instance has the old", "auth_invalid_key", 1.0, _instance("support-bot", 2), 45),
    ("deployment deleted that two services use", "deployment_not_found", 1.0, _ORDERS_CHAT, 12),
    ("overload of one model", "overloaded", 0.2, _SONNET, 45),
    ("requests of a new version refused", "invalid_request", 0.5, _RELEASED, 25),
    ("prompts of a tenant too long", "prompt_too_long", 1.0, _of("support-bot", tenant="umbrella"), 45),
    ("role missing for tokens", "authz_missing_role", 1.0, _of("search", auth_scheme="entra_id"), 25),
    ("retries after 429 succeed", "rate_limited", 0.4, _SUPPORT_CHAT, 45),
    ("attempts a call", "attempts", 0.5, _ORDERS_FAST, 45),
    ("slow region", "latency", 3.0, _EUROPE, 25),
    ("slow instance", "latency", 3.0, _instance("search", 0), 45),
    ("first token late", "time_to_first_token", 4.0, _SUPPORT_CHAT, 25),
    ("tokens come slowly", "time_per_output_token", 2.0, _HAIKU, 45),
    ("a new version cuts answers", "stop_reason:max_tokens", 0.5, _RELEASED, 45),
    ("refusals", "stop_reason:refusal", 0.4, _of("orders-api", feature="triage"), 45),
    ("more tool use", "stop_reason:tool_use", 0.8, _SHOP, 45),
    ("a tenant's prompts are long", "input_tokens", 4.0, _of("orders-api", tenant="globex"), 45),
    ("answers are long", "output_tokens", 4.0, _SEARCH, 45),
    ("a new version loses the cache", "cache_hit_rate", 1.0, _RELEASED, 45),
    ("a dearer model behind a deployment", "cost", 1.0, _ORDERS_FAST, 45),
    ("service silent", "volume:silent", 1.0, _SHOP, 45),
    ("instance silent", "volume:silent", 1.0, _instance("orders-api", 2), 45),
    ("a tenant's load fourfold", "volume:more", 4.0, _of("support-bot", tenant="acme"), 45),
    ("records twice", "duplicates", 1.0, _SHOP, 45),
    ("clock ahead in one instance", "clock_skew", 420.0, _instance("search", 1), 45),
)
"""Name, measure, strength, slice and minutes of what began on Thursday and goes on."""


def _step(name: str, measure: str, strength: float, slice_: Slice, minutes: float) -> Drill:
    release = ("orders-api", "4.3.0") if slice_ == _RELEASED else None
    return Drill(name, THURSDAY, (part(measure, strength, slice_, minutes, release=release),))


_UNRESOLVED = with_code("connection_error", "EAI_NONAME")

_OTHERS = (
    Drill(
        "overload of one model, ended",
        FRIDAY,
        (part("overloaded", 0.5, _SONNET, 120, FRIDAY, "ended", until=60),),
        asked=_THREE_HOURS,
    ),
    Drill(
        "region unavailable, again and again",
        THURSDAY,
        (part("service_unavailable", 1.0, _EUROPE, 90, kind="intermittent"),),
        asked=_TWO_HOURS,
    ),
    Drill(
        "timeouts creep up",
        THURSDAY,
        (part("timeout", 1.0, _SUPPORT_CHAT, 80, kind="ramp"),),
        asked=_TWO_HOURS,
    ),
    Drill(
        "name not resolved in one instance",
        THURSDAY,
        (Part(_UNRESOLVED, _instance("orders-api", 1), Shape("step", THURSDAY - timedelta(minutes=25))),),
    ),
    Drill(
        "retries after failures of many classes",
        THURSDAY,
        (Part(SCATTERED, _SONNET, Shape("step", THURSDAY - timedelta(minutes=45)), 0.12),),
    ),
    Drill(
        "failing since long before the time asked for",
        THURSDAY,
        (part("authz_network_denied", 1.0, _SEARCH, 200),),
        asked=timedelta(minutes=30),
    ),
    Drill(
        "a few calls at night, all of them failing",
        at(19, 4, 40),
        (part("auth_invalid_key", 1.0, _ORDERS, 160, at(19, 4, 40)),),
        asked=_THREE_HOURS,
    ),
    Drill(
        "two at once: a key rotated, a slow model",
        THURSDAY,
        (part("auth_invalid_key", 1.0, _SUPPORT, 25), part("latency", 3.0, _HAIKU, 45)),
    ),
    Drill(
        "two at once: two services, two causes",
        THURSDAY,
        (part("overloaded", 0.5, _SUPPORT_CHAT, 45), part("deployment_not_found", 1.0, _RANK_US, 20)),
    ),
    Drill(
        "two at once: one ends, another begins",
        THURSDAY,
        (
            part("overloaded", 1.0, _SUPPORT, 100, kind="ended", until=60),
            part("auth_invalid_key", 1.0, _SHOP, 30),
        ),
        asked=_TWO_HOURS,
    ),
    Drill(
        "a new version elsewhere is not the cause",
        THURSDAY,
        (_released(30, "search", "2026.11.3"), part("auth_invalid_key", 1.0, _SUPPORT, 25)),
    ),
)

INCIDENTS = (*(_step(*row) for row in _STEPS), *_OTHERS)
NAMED = (*HEALTHY, *INCIDENTS)
