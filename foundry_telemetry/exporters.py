"""The Azure exporters of a provider of OpenTelemetry, whoever set them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

_AZURE: Final = "azure.monitor.opentelemetry"
_EXPORTERS: Final = f"{_AZURE}.exporter.export"
_SEARCHED: Final = (_AZURE, "opentelemetry.sdk")
_BATCH_PROCESSORS: Final = ("BatchSpanProcessor", "BatchLogRecordProcessor")
_MOST_OBJECTS: Final = 2000


def azure_exporters(provider: object) -> list[Any]:
    """Every Azure exporter that a provider sends to."""
    return _search(provider, _is_azure_exporter)


def batch_processors(provider: object) -> list[Any]:
    """Every batch processor of the SDK that a provider sends to."""
    return _search(provider, _is_batch_processor)


def _is_azure_exporter(item: object) -> bool:
    return type(item).__module__.startswith(_EXPORTERS) and type(item).__name__.endswith("Exporter")


def _is_batch_processor(item: object) -> bool:
    """Whether it is one, or of a class derived from one, as is the distro's for logs."""
    return any(
        cls.__name__ in _BATCH_PROCESSORS and cls.__module__.startswith("opentelemetry.sdk")
        for cls in type(item).__mro__
    )


def _search(provider: object, wanted: Callable[[object], bool]) -> list[Any]:
    """Objects below a provider.

    The SDK has no public way to ask, so its objects are searched whatever they call their attributes.
    """
    seen: set[int] = set()
    queue: list[object] = [provider]
    found: list[Any] = []
    while queue and len(seen) < _MOST_OBJECTS:
        item = queue.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if wanted(item):
            found.append(item)
        if isinstance(item, Mapping):
            queue += [*item.keys(), *item.values()]
        elif isinstance(item, (tuple, list)):
            queue += item
        elif not _is_azure_exporter(item) and type(item).__module__.startswith(_SEARCHED):
            queue += vars(item).values() if hasattr(item, "__dict__") else ()
    return found
