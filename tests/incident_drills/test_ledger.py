"""What the store has is what was planned; and a drill is asked as the command asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from foundry_telemetry.local.store.store import MEMORY, Store
from foundry_telemetry.schema.field_table import BY_NAME as FIELDS
from foundry_telemetry.schema.value import TAG_PREFIX
from foundry_telemetry.wire.causes import CLASSES
from tests.incident_drills import ledger
from tests.incident_drills.answer import read
from tests.incident_drills.named import THURSDAY, part, where
from tests.incident_drills.scenarios import Drill, play
from tests.incident_drills.stage import Stage
from tests.incident_drills.world import World

HOUR = timedelta(hours=1)
COUNTS = """SELECT count(*), count(DISTINCT call_id), count(*) FILTER (error_type <> ''), sum(output_tokens),
count(DISTINCT AppRoleInstance), sum(cost_usd) FROM foundry_attempts"""


def test_the_store_has_the_plan() -> None:
    """Rows, calls, failures, tokens, instances and cost in the store are those of the planned calls."""
    world = World.made(start=THURSDAY.replace(minute=0), end=THURSDAY + HOUR)
    first, second, *rest = world.calls
    planned = [replace(first, copies=2), replace(second, errors=("overloaded",) * 3, failed=True), *rest]
    with Store(MEMORY, retention_days=36_500) as store:
        assert ledger.put(store, planned) == ledger.rows(planned)
        with store.cursor() as cursor:
            (rows, calls, failed, tokens, instances, usd) = cursor.execute(COUNTS).fetchone() or ()
    answered = [call for call in planned if not call.failed for _ in range(call.copies)]
    assert rows == ledger.rows(planned)
    assert calls == len(planned)
    assert failed == sum(len(call.errors) * call.copies for call in planned)
    assert tokens == sum(call.output_tokens for call in answered)
    assert instances == len({call.instance for call in planned})
    assert abs(usd - sum(map(ledger.cost_usd, answered))) < 1e-6


def test_rows_have_fields_of_the_schema(two_days: World) -> None:
    """What a row has is a field of the ledger or a tag, and every failure class has its owner."""
    failing = [
        replace(call, errors=(name,), failed=True)
        for call, name in zip(two_days.calls, CLASSES, strict=False)
    ]
    for one in ledger.envelopes([*two_days.calls[:20], *failing]):
        properties = one["data"]["baseData"]["properties"]
        assert {key for key in properties if not key.startswith(TAG_PREFIX)} <= set(FIELDS)
        kind = CLASSES.get(properties.get("error.type"))
        assert kind is None or properties.get("foundry.error.owner") == kind.owner


@pytest.mark.slow
def test_a_drill_is_played_and_asked() -> None:
    """The ledger of a drill is its world and its own calls; the next one starts from the world again."""
    world = World.made(start=THURSDAY.replace(minute=0) - 7 * HOUR, end=THURSDAY + HOUR)
    failing = Drill("failing", THURSDAY, (part("auth_invalid_key", 1.0, where(service="support-bot"), 25),))
    quiet = Drill("quiet", THURSDAY - HOUR / 2)
    with Stage(world) as stage:
        for drill in (failing, quiet, failing):
            played = play(drill, world)
            stage.play(played)
            early = [call for call in world.calls if call.at < drill.tail]
            assert stage.rows() == ledger.rows([*early, *played.calls])
        reported = stage.ask(played)
    answer = read(reported)
    assert answer.alarm
    assert [claim.cause for claim in answer.claims] == [one.cause for one in played.truth]
