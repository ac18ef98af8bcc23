"""Teaches the engine everything of this package, in the order that its parts need."""

from __future__ import annotations

from foundry_telemetry.local.engine.language import (
    aggregates,
    as_operator,
    calls,
    column_names,
    column_operators,
    functions,
    join_keys,
    joined_rows,
    json_paths,
    literal_times,
    literals,
    make_series,
    mv_apply,
    needs_columns,
    own_operator,
    parse_from_start,
    partition,
    request_options,
    search,
    several_columns,
    sources,
    time_bins,
    top_hitters,
    top_nested,
    type_checks,
    window_functions,
)

_OPERATORS = (
    as_operator,
    column_operators,
    make_series,
    mv_apply,
    parse_from_start,
    partition,
    top_hitters,
    top_nested,
    window_functions,
)
"""Each registers its operators with `own_operator` when it is imported."""


def install() -> None:
    """Teach the engine; a second time does nothing."""
    for part in (
        literals,
        literal_times,
        request_options,
        column_names,
        calls,
        own_operator,
        sources,
        search,
        needs_columns,
        join_keys,
        joined_rows,
        json_paths,
        type_checks,
        functions,
        time_bins,
        several_columns,
        aggregates,
    ):
        part.install()
