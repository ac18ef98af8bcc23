"""Values of OTLP as the SDK for Python has them, so that the exporter writes them as it always does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.sdk.util.instrumentation import InstrumentationScope

_INSTANCE: Final = "service.instance.id"
_POD: Final = "k8s.pod.name"
_HOST: Final = "host.name"


class ItemError(ValueError):
    """Why an item is refused; the message repeats nothing of it."""


@dataclass(frozen=True)
class Resource:
    """Who sent it. The SDK's own class would log a line for each attribute that is no scalar."""

    attributes: Mapping[str, Any]

    @property
    def instance(self) -> str:
        """The role instance; the host's name where there is no other, and empty where it is unknown."""
        found = (self.attributes.get(name) for name in (_POD, _INSTANCE, _HOST))
        return str(next((one for one in found if one), ""))

    @property
    def sdk(self) -> str:
        """Language and version of the SDK that made the telemetry."""
        parts = (self.attributes.get(f"telemetry.sdk.{part}", "") for part in ("language", "version"))
        return ":".join(filter(None, ("otlp", "".join(map(str, parts)))))


def attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    """The attributes of anything."""
    return {pair.key: value(pair.value) for pair in pairs}


def scope(message: Any) -> InstrumentationScope | None:
    """A scope; ``None`` where it has no name."""
    if not message.name:
        return None
    return InstrumentationScope(message.name, message.version)


def value(of: Any) -> Any:
    """A value; ``None`` for one that is empty."""
    kind = of.WhichOneof("value")
    return _VALUES.get(kind, _nothing)(of)  # type: ignore[no-untyped-call]


def _nothing(_: Any) -> None:
    return None


_VALUES: Final[Mapping[str | None, Callable[[Any], Any]]] = {
    "string_value": lambda of: of.string_value,
    "bool_value": lambda of: of.bool_value,
    "int_value": lambda of: of.int_value,
    "double_value": lambda of: of.double_value,
    "bytes_value": lambda of: of.bytes_value,
    "array_value": lambda of: tuple(value(one) for one in of.array_value.values),
    "kvlist_value": lambda of: attributes(of.kvlist_value.values),
}
