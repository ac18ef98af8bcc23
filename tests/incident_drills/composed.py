"""Drills that are composed by chance: measure x dimension x shape x size, all from one seed.

What is drawn is kept where it strikes enough calls to be found (`Measure.fewest`), by the plan alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from tests.incident_drills.measures import CAUSES, MEASURES, Measure
from tests.incident_drills.scenarios import Drill, Finding, Part, play
from tests.incident_drills.shapes import Kind, Shape
from tests.incident_drills.topology import DEPLOYMENTS, HAIKU, SERVICES, SONNET, TENANTS, Service
from tests.incident_drills.world import Slice, World, chance, pick

SEED, MANY = 18, 40
_EVERY_SECOND = 6
"""One drill in so many has two things going wrong."""

Draw = Callable[[Random, Service], Slice]
DAYS = (19, 20)
_DAYTIME = tuple(service for service in SERVICES if service.name != "night-batch")
_MINUTES: dict[Kind, tuple[int, ...]] = {
    "step": (12, 25, 45, 90),
    "ramp": (60, 80, 100),
    "intermittent": (50, 80, 110),
    "ended": (75, 100, 140),
}
"""How long before the end it began."""
_ASKED: dict[Kind, int] = {"step": 60, "ramp": 120, "intermittent": 120, "ended": 180}


def _instance(own: Random, service: Service) -> Slice:
    return (("service", service.name), ("instance", f"{service.name}-{own.randrange(service.instances)}"))


DRAWS: dict[str, Draw] = {
    "service": lambda _, service: (("service", service.name),),
    "deployment": lambda own, service: (("deployment", pick(own, service.deployments)),),
    "service, deployment": lambda own, service: (
        ("service", service.name),
        ("deployment", pick(own, service.deployments)),
    ),
    "instance": _instance,
    "version": lambda _, service: (("service", service.name), ("version", f"{service.version}-next")),
    "region": lambda own, service: (("region", DEPLOYMENTS[pick(own, service.deployments)].region),),
    "resource": lambda own, service: (("resource", DEPLOYMENTS[pick(own, service.deployments)].resource),),
    "model": lambda own, _: (("model", own.choice((SONNET, HAIKU))),),
    "credential": lambda own, _: (
        ("service", "search"),
        ("auth_scheme", own.choice(("entra_id", "api_key"))),
    ),
    "client": lambda _, service: (("client", service.client),),
    "tenant": lambda own, _: (("tag tenant", pick(own, TENANTS)),),
    "service, tenant": lambda own, service: (("service", service.name), ("tag tenant", pick(own, TENANTS))),
    "service, feature": lambda own, service: (
        ("service", service.name),
        ("tag feature", own.choice(("summary", "triage"))),
    ),
    "max_tokens": lambda own, service: (
        ("service", service.name),
        ("max_tokens", own.choice(("1024", "4096"))),
    ),
    "stream": lambda own, _: (("service", "orders-api"), ("stream", own.choice(("True", "False")))),
}
"""Which dimensions a slice has."""

_CALLERS = ("service", "service, deployment", "version", "service, tenant", "service, feature", "max_tokens")
_ANSWERERS = ("deployment", "region", "resource", "model", "service, deployment", "tenant")
_ONLY: dict[str, tuple[str, ...]] = {
    "clock_skew": ("instance",),
    "duplicates": ("service", "instance"),
    "cost": ("deployment", "version"),
    "volume:silent": ("service", "instance", "deployment", "service, tenant"),
    "volume:more": ("service", "tenant", "service, tenant", "service, feature"),
    "rate_limited": ("deployment", "service, tenant", "resource"),
    "attempts": ("deployment", "region", "model"),
    "time_to_first_token": (*_ANSWERERS, "instance"),
    "time_per_output_token": _ANSWERERS,
    "stop_reason:max_tokens": _CALLERS,
    "stop_reason:tool_use": _CALLERS,
    "input_tokens": _CALLERS,
    "output_tokens": (*_CALLERS, "model", "deployment"),
    "cache_hit_rate": (*_CALLERS, "deployment", "region"),
}
"""What a measure changes by, where not by all."""


def composed(world: World, seed: int = SEED, many: int = MANY) -> list[Drill]:
    """So many drills; the same for the same seed.

    Args:
        world: Has the calls of `DAYS`, from the night on.
        seed: Of all that is drawn.
        many: How many.
    """
    names = _names(chance(seed, "measures"))
    found: list[Drill] = []
    draw = 0
    while len(found) < many:
        draw += 1
        second = len(found) % _EVERY_SECOND == _EVERY_SECOND - 1
        drill = _drill(chance(seed, draw), f"composed {len(found) + 1}", next(names), seed, second=second)
        if all(one.changed >= _fewest(drill, one) for one in play(drill, world).truth):
            found.append(drill)
    return found


def _fewest(drill: Drill, finding: Finding) -> int:
    """Changed calls from which it must be found: twice as many where the change is there by a part only."""
    shapes = {part.shape.kind for part in drill.parts if part.measure and part.measure.name == finding.cause}
    return MEASURES[finding.cause].fewest * (2 if shapes & {"ramp", "intermittent"} else 1)


def _names(own: Random) -> Iterator[str]:
    """Measures in random order, each as often as the others; of the failure classes only some each time."""
    others = [name for name in MEASURES if name not in CAUSES]
    while True:
        names = [*others, *own.sample(CAUSES, len(CAUSES) // 2)]
        own.shuffle(names)
        yield from names


def _drill(own: Random, name: str, measure: str, seed: int, *, second: bool) -> Drill:
    end = datetime(2026, 11, own.choice(DAYS), own.randrange(9, 17), own.randrange(60), tzinfo=UTC)
    kind: Kind = own.choice(MEASURES[measure].shapes)
    services = own.sample(_DAYTIME, 2)
    if not second:
        part, by = _part(own, MEASURES[measure], services[0], kind, end)
        title = f"{name}: {measure} by {by}, {part.shape.kind}, {part.strength:g}"
        return Drill(title, end, (part,), timedelta(minutes=_ASKED[part.shape.kind]), seed)
    other = own.choice([one for one in CAUSES if one != measure])
    parts = (
        _part(own, MEASURES[measure], services[0], "step", end, of_service=True)[0],
        _part(own, MEASURES[other], services[1], "step", end, of_service=True)[0],
    )
    return Drill(f"{name}: {measure} and {other}, two at once", end, parts, timedelta(hours=1), seed)


def _part(
    own: Random, measure: Measure, service: Service, kind: Kind, end: datetime, *, of_service: bool = False
) -> tuple[Part, str]:
    """A part, and which dimensions it has."""
    if of_service:
        by = "instance" if measure.name == "clock_skew" else "service"
    else:
        by = own.choice(_ONLY.get(measure.name, tuple(DRAWS)))
    release = (service.name, f"{service.version}-next") if by == "version" else None
    kind = "step" if release else kind  # an earlier version does not come back
    since = end - timedelta(minutes=own.choice(_MINUTES[kind]))
    until = end - timedelta(minutes=own.choice((25, 40))) if kind == "ended" else None
    shape = Shape(kind, since, until)
    return Part(measure, DRAWS[by](own, service), shape, own.choice(measure.strengths), release), by
