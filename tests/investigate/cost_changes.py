"""Ledgers of two periods with a change made in the second one, and the truth of what was made.

*World*: services, deployments, tenants, and how each pair of a service and a tenant calls. *Change*: what is
done to the calls of a slice in the second period. The truth is the change, not what an engine finds in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from foundry_telemetry import pricing
from foundry_telemetry.investigate.sources import Row as Answer
from foundry_telemetry.observation import TokenUsage
from foundry_telemetry.pricing.rate_tables import tiers
from foundry_telemetry.schema.value import EVENT_NAME, TAG_PREFIX
from tests.support.telemetry import Envelope, envelope

DAY = timedelta(days=1)
_TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NOW = (_TODAY - DAY, _TODAY)
"""Yesterday: recent, because a store forgets what is old."""
BEFORE = (NOW[0] - 7 * DAY, NOW[1] - 7 * DAY)
MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-4-5", "claude-fable-5-1")
"""Of today's list; the first has a dearer tier above 100,000 tokens."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt of a ledger."""

    at: datetime
    service: str
    deployment: str
    model: str
    version: str
    tags: tuple[tuple[str, str], ...]
    call_id: str
    number: int = 1
    outcome: str = "ok"
    new: int = 0
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    output: int | None = 0
    thinking: int = 0
    multiplier: float = 1.0
    list_factor: float = 1.0
    """Of the prices of another list."""

    @property
    def usd(self) -> float | None:
        """Its price by the list; unknown without its output."""
        if self.output is None:
            return None
        usage = TokenUsage(
            input_tokens=self.new,
            output_tokens=self.output,
            cache_read_input_tokens=self.read,
            cache_creation_input_tokens=self.write_5m + self.write_1h,
            cache_creation_1h=self.write_1h,
            complete=True,
        )
        found = pricing.cost(self.model, usage, int(self.at.timestamp()) * 10**9)
        assert found is not None
        return found.usd * self.multiplier * self.list_factor

    @property
    def source(self) -> str:
        """Of its price."""
        name = "genai-prices 0.2.3" if self.list_factor == 1 else "genai-prices 0.2.4"
        return name if self.multiplier == 1 else f"{name} x {self.multiplier:g}"

    @property
    def prompt(self) -> int:
        """All input tokens."""
        return self.new + self.read + self.write_5m + self.write_1h


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How one tenant calls one deployment by one service."""

    service: str
    tenant: str
    deployment: str
    model: str
    calls: float
    new: float
    read: float
    write: float
    output: float
    thinking: float = 0.0
    write_1h: bool = False
    version: str = "1.0"
    retries: float = 0.01
    abandoned: float = 0.01
    multiplier: float = 1.0
    list_factor: float = 1.0
    spread: float = 0.3
    """Of the logarithm of tokens."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What was made, and where."""

    factor: str
    where: dict[str, str]
    make: Callable[[Habit], Habit | tuple[Habit, ...]]
    kind: str = ""


@dataclass(frozen=True)
class Case:
    """A ledger and its truth."""

    name: str
    attempts: list[Attempt]
    changes: list[Change] = field(default_factory=list)


def world(chance: Random) -> list[Habit]:
    """A world made by chance."""
    services = [
        f"svc-{name}" for name in chance.sample(["orders", "bot", "search", "mail"], chance.randint(2, 4))
    ]
    models = chance.sample(MODELS, chance.randint(2, 3))
    deployments = [(f"dep-{model.removeprefix('claude-')}", model) for model in models]
    tenants = [f"t{number}" for number in range(chance.randint(2, 5))]
    used = {service: chance.sample(deployments, chance.randint(1, 2)) for service in services}
    sizes = {service: _sizes(chance) for service in services}
    return [
        Habit(
            service=service,
            tenant=tenant,
            deployment=deployment,
            model=model,
            calls=chance.uniform(30, 90),
            **sizes[service],
        )
        for service in services
        for tenant in tenants
        for deployment, model in used[service]
    ]


def _sizes(chance: Random) -> dict[str, float]:
    return {
        "new": chance.uniform(300, 3_000),
        "read": chance.choice((0, chance.uniform(3_000, 9_000))),
        "write": chance.choice((0, chance.uniform(200, 900))),
        "output": chance.uniform(200, 1_200),
    }


def ledger(habits: Iterable[Habit], start: datetime, chance: Random, noise: float) -> Iterator[Attempt]:
    """The attempts of a day."""
    habits = list(habits)
    day = math.exp(chance.gauss(0, noise))
    for number, habit in enumerate(habits):
        count = round(chance.gauss(1, 1 / math.sqrt(habit.calls)) * habit.calls * day)
        for call in range(max(count, 0)):
            yield from _call(habit, start + chance.random() * DAY, f"{start:%d}-{number}-{call}", chance)


def _call(habit: Habit, at: datetime, call_id: str, chance: Random) -> Iterator[Attempt]:
    def drawn(mean: float) -> int:
        return round(mean * math.exp(chance.gauss(0, habit.spread) - habit.spread**2 / 2))

    write = drawn(habit.write)
    first = Attempt(
        at=at,
        service=habit.service,
        deployment=habit.deployment,
        model=habit.model,
        version=habit.version,
        tags=(("tenant", habit.tenant), ("feature", chance.choice(("chat", "search")))),
        call_id=call_id,
        new=drawn(habit.new),
        read=drawn(habit.read),
        write_5m=0 if habit.write_1h else write,
        write_1h=write if habit.write_1h else 0,
        output=drawn(habit.output) + (thinking := drawn(habit.thinking)),
        thinking=thinking,
        multiplier=habit.multiplier,
        list_factor=habit.list_factor,
    )
    yield first
    for number in range(_count(habit.retries, chance)):
        yield replace(first, number=2 + number)
    for number in range(_count(habit.abandoned, chance)):
        yield replace(first, call_id=f"{call_id}-a{number}", outcome="abandoned")


def _count(mean: float, chance: Random) -> int:
    return int(mean) + (chance.random() < mean % 1)


# --- what can be made -------------------------------------------------------------------------------------


def _all(factor: str, kind: str, **new: Callable[[Habit], Any]) -> Callable[[Random, list[Habit]], Change]:
    """A change of the numbers of all habits of a slice."""

    def made(chance: Random, habits: list[Habit]) -> Change:
        where = _where(chance, habits, kind)
        return Change(
            factor=factor,
            where=where,
            make=lambda habit: replace(habit, **{name: of(habit) for name, of in new.items()}),
        )

    return made


def _where(chance: Random, habits: list[Habit], kind: str) -> dict[str, str]:
    if kind == "all":
        return {}
    some = chance.choice(habits)
    return {kind: getattr(some, kind)}


def _moved_to_dear(chance: Random, habits: list[Habit]) -> Change:
    """A service moves its calls to a dearer model."""
    where = {"service": chance.choice(habits).service}
    return Change(
        factor="model_mix",
        where=where,
        make=lambda habit: replace(habit, deployment="dep-dear", model="claude-opus-4-1"),
    )


def _crossed(chance: Random, habits: list[Habit]) -> Change:
    """Prompts of one service that were below the border of a tier are a little above it."""
    service = chance.choice(habits).service
    return Change(
        factor="price_tier",
        where={"service": service},
        kind="tier",
        make=lambda habit: replace(habit, new=habit.new * 1.25),
    )


CHANGES: dict[str, Callable[[Random, list[Habit]], Change]] = {
    "volume of a tenant": _all("volume", "tenant", calls=lambda h: h.calls * 3),
    "volume of a service": _all("volume", "service", calls=lambda h: h.calls * 3),
    "volume of all": _all("volume", "all", calls=lambda h: h.calls * 2.5),
    "less volume": _all("volume", "service", calls=lambda h: h.calls * 0.2),
    "prompts": _all("new_input", "service", new=lambda h: h.new * 12, version=lambda _: "2.0"),
    "prompts of a tenant": _all("new_input", "tenant", new=lambda h: h.new * 12),
    "lost cache": _all(
        "cache_share", "service", new=lambda h: h.new + h.read + h.write, read=lambda _: 0, write=lambda _: 0
    ),
    "cache re-writes": _all("cache_share", "service", read=lambda _: 0, write=lambda h: h.write + h.read),
    "an hour": _all("cache_write_kind", "service", write_1h=lambda _: True),
    "longer output": _all("output", "service", output=lambda h: h.output * 5),
    "output of a tenant": _all("output", "tenant", output=lambda h: h.output * 5),
    "thinking": _all("thinking", "service", thinking=lambda _: 4_000),
    "dearer model": _moved_to_dear,
    "new list": _all("price_list", "deployment", list_factor=lambda _: 1.4),
    "data zone": _all("multiplier", "deployment", multiplier=lambda _: 1.1),
    "tier": _crossed,
    "retry storm": _all("retries", "service", retries=lambda _: 2.0),
    "abandoned": _all("abandoned", "service", abandoned=lambda _: 1.0),
}


LEAST = {"multiplier": 0.02}
"""Of the cost before, the least that a change that is made must make, by factor; of others a tenth."""


def case(name: str, seed: int) -> Case:
    """A ledger with the changes of a name, two with a plus between them; ``none`` has none.

    Worlds in which a change would hardly be seen are passed over.
    """
    for attempt in range(50):
        made = _case(name, f"{name} {seed} {attempt}")
        if made is not None:
            return made
    raise AssertionError(f"no world for {name}")


def _case(name: str, seed: str) -> Case | None:
    chance = Random(seed)  # noqa: S311 - seeded, so that runs are alike
    habits = world(chance)
    changes: list[Change] = []
    for one in [] if name == "none" else name.split(" + "):
        changes.append(_fresh(chance, habits, one, changes))
        habits = _suited(habits, changes[-1], one)
    before = list(ledger(habits, BEFORE[0], chance, 0.03))
    usd = sum(one.usd or 0.0 for one in before)
    after = list(habits)
    for change in changes:
        after = [_made(habit, change) for habit in after]
        alone = [_made(habit, change) for habit in habits if _fits(habit, change)]
        without = [habit for habit in habits if _fits(habit, change)]
        if abs(_mean_usd(alone) - _mean_usd(without)) < LEAST.get(change.factor, 0.1) * usd:
            return None
    return Case(seed, [*before, *ledger(after, NOW[0], chance, 0.03)], changes)


def _mean_usd(habits: list[Habit]) -> float:
    """About what habits cost in a day, without chance."""
    calm = [replace(habit, spread=0.0) for habit in habits]
    return sum(one.usd or 0.0 for one in ledger(calm, NOW[0], Random(0), 0.0))  # noqa: S311 - as above


def _fresh(chance: Random, habits: list[Habit], name: str, others: list[Change]) -> Change:
    """A change in a slice of its own."""
    change = CHANGES[name](chance, habits)
    for _ in range(20):
        if all(change.where != other.where for other in others):
            break
        change = CHANGES[name](chance, habits)
    return change


def _fits(habit: Habit, change: Change) -> bool:
    return all(getattr(habit, name) == value for name, value in change.where.items())


def _suited(habits: list[Habit], change: Change, name: str) -> list[Habit]:
    """A world in which the change can be made: a cache to lose, a prompt near a border."""
    new: dict[str, Any] = {}
    if name in ("lost cache", "cache re-writes"):
        new = {"read": 12_000, "write": 300, "new": 500}
    elif name == "an hour":
        new = {"write": 9_000, "read": 0, "new": 300, "output": 200}
    elif name == "tier":
        new = {
            "model": MODELS[0],
            "deployment": "dep-near",
            "new": 90_000,
            "read": 0,
            "write": 0,
            "spread": 0.02,
        }
    elif name == "dearer model":
        new = {"model": "claude-sonnet-5-5", "deployment": "dep-cheap"}
    return [replace(habit, **new) if new and _fits(habit, change) else habit for habit in habits]


def _made(habit: Habit, change: Change) -> Habit:
    made = change.make(habit) if _fits(habit, change) else habit
    assert isinstance(made, Habit)
    return made


# --- the answer of `cost_cells`, in plain Python ----------------------------------------------------------


def cells(attempts: Iterable[Attempt], tag: str | None) -> list[Answer]:
    """What the query answers for these attempts."""
    attempts = list(attempts)
    billed: dict[str, int] = {}
    for one in attempts:
        if one.usd is not None:
            billed[one.call_id] = min(one.number, billed.get(one.call_id, one.number))
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in attempts:
        usd = one.usd
        kind = (
            "" if usd is None
            else "abandoned" if one.outcome in ("abandoned", "cancelled")
            else "retry" if one.number > billed[one.call_id]
            else "call"
        )  # fmt: skip
        tier = max((above for above in tiers() if one.prompt > above), default=0) if kind else 0
        value = dict(one.tags).get(tag, "") if tag else ""
        key = (one.at >= NOW[0], one.service, one.deployment, one.model, value, kind, tier)
        source = one.source if kind else ""
        row = found.setdefault((*key, source), _empty(key, source))
        _count_in(row, one, usd)
    return list(found.values())


def _empty(key: tuple[Any, ...], source: str) -> dict[str, Any]:
    names = ("is_now", "service", "deployment", "model", "value", "part", "tier")
    sums = ("attempts", "usd", "squares", "input", "cache_read", "cache_write", "cache_write_1h", "output")
    zeros = dict.fromkeys((*sums, "thinking", "unpriced", "incomplete"), 0)
    return {**dict(zip(names, key, strict=True)), "source": source, "epoch": 0, "newest": NOW[1], **zeros}


def _count_in(row: dict[str, Any], one: Attempt, usd: float | None) -> None:
    row["attempts"] += 1
    row["incomplete"] += usd is None
    row["usd"] += usd or 0.0
    row["squares"] += (usd or 0.0) ** 2
    row["input"] += one.prompt
    row["cache_read"] += one.read
    row["cache_write"] += one.write_5m + one.write_1h
    row["cache_write_1h"] += one.write_1h
    row["output"] += one.output or 0
    row["thinking"] += one.thinking


# --- the ledger as it is exported -------------------------------------------------------------------------


def envelopes(attempts: Iterable[Attempt]) -> list[Envelope]:
    """What the exporter posts for these attempts."""
    return [
        envelope(
            "EventData",
            {"name": EVENT_NAME, "properties": _properties(one)},
            one.at,
            tags={"ai.cloud.role": one.service, "ai.application.ver": one.version},
        )
        for one in attempts
    ]


def _properties(one: Attempt) -> dict[str, str]:
    reported: dict[str, object] = {
        "foundry.call.id": one.call_id,
        "foundry.attempt.number": one.number,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": one.deployment,
        "gen_ai.response.model": one.model,
        "foundry.outcome": one.outcome,
        "gen_ai.usage.input_tokens": one.prompt,
        "gen_ai.usage.output_tokens": one.output,
        "gen_ai.usage.cache_read.input_tokens": one.read,
        "gen_ai.usage.cache_write.input_tokens": one.write_5m + one.write_1h,
        "foundry.usage.cache_write_1h_tokens": one.write_1h,
        "gen_ai.usage.reasoning.output_tokens": one.thinking,
        "foundry.cost.usd": one.usd,
        "foundry.cost.source": None if one.usd is None else one.source,
    }
    tags = {f"{TAG_PREFIX}{key}": value for key, value in one.tags}
    return tags | {key: str(value) for key, value in reported.items() if value is not None}
