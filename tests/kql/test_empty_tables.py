"""Tables that no service fills."""

from __future__ import annotations

from foundry_telemetry.kql.empty_tables import empty_tables
from foundry_telemetry.kql.tables import tables


def test_no_filled_table_is_hidden() -> None:
    """What the store fills is read from it: by neither name is it one of the empty tables."""
    filled = {*tables(), *(table.classic_name for table in tables().values())}
    assert not filled & set(empty_tables())
