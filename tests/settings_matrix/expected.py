"""How each cell ends: whole, but for what stands here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.settings_matrix.cells import CELLS, Cell, Outcome
from tests.settings_matrix.variables import LIMITS

_EVERYWHERE: Final = (
    (Outcome.REFUSED, " ".join(LIMITS), "nonsense below"),
    (Outcome.REFUSED, "OTEL_BLRP_SCHEDULE_DELAY OTEL_BSP_SCHEDULE_DELAY", "below zero"),
    (Outcome.REFUSED, "OTEL_METRIC_EXPORT_INTERVAL", "below zero"),
    (Outcome.REFUSED, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "huge below zero"),
    (Outcome.REFUSED, "OTEL_BLRP_MAX_QUEUE_SIZE OTEL_BSP_MAX_QUEUE_SIZE", "small below zero"),
    (Outcome.REFUSED, "OTEL_METRICS_EXEMPLAR_FILTER", "huge nonsense empty"),
    (Outcome.REFUSED, "OTEL_PROPAGATORS", "huge nonsense some"),
    (Outcome.KEPT, "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "small"),
    (Outcome.OFF, "OTEL_LOGS_EXPORTER OTEL_SDK_DISABLED", "small"),
)

_ONE_WAY: Final = {
    "configure": ((Outcome.COUNTED, "AZURE_HTTP_USER_AGENT", "nonsense"),),
    "instrument": (
        (Outcome.AS_DISTRO, "AZURE_HTTP_USER_AGENT", "nonsense"),
        # The span of the SDK for Claude has more attributes than that without us.
        (Outcome.AS_DISTRO, "OTEL_ATTRIBUTE_COUNT_LIMIT OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "small middle"),
        # Its instrumentor of httpx raises what `re` says, in the call; `configure()` silences it there.
        (Outcome.AS_DISTRO, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", "nonsense"),
        (Outcome.AS_DISTRO, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", "nonsense"),
        # The distro takes the other string, but its exporter reads this one all the same.
        (Outcome.REFUSED, "APPLICATIONINSIGHTS_CONNECTION_STRING", "huge nonsense empty"),
        # Its handler formats unguarded, in the application's own call of `logger.info()`; ours is guarded.
        (Outcome.AS_DISTRO, "PYTHON_APPLICATIONINSIGHTS_LOGGING_FORMAT", "nonsense"),
    ),
}


def _rows() -> Iterator[tuple[tuple[str, str, str], Outcome]]:
    for way, more in _ONE_WAY.items():
        for outcome, names, words in (*_EVERYWHERE, *more):
            for name in names.split():
                for word in words.split():
                    yield (name, word, way), outcome


NOT_WHOLE: Final = dict(_rows())


def expected(cell: Cell) -> Outcome:
    """How a cell ends."""
    return NOT_WHOLE.get((cell.name, cell.word, cell.way), Outcome.WHOLE)


UNKNOWN: Final = NOT_WHOLE.keys() - {(cell.name, cell.word, cell.way) for cell in CELLS}
"""Rows above that belong to no cell."""
