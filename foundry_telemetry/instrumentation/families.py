"""The families of HTTP clients: one table, and what of them the application has imported.

*Family*: a package with the classes of httpx, such as httpx2. A further one is a row of ``FAMILIES``.

Nothing here imports one: that would cost time, and an application may still call ``httpx2.alias_httpx()``,
which makes one of the two. What a family needs is done when it is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NamedTuple

from wrapt import when_imported

from foundry_telemetry.internal_errors import internal_errors


class Family(NamedTuple):
    """One library of HTTP clients, as far as it differs from the others."""

    name: str
    """Of its module and of its distribution; after ``alias_httpx()`` two name the same module."""
    least: str
    """The first version that is tested."""
    below: str
    """The first that is not tested any more."""
    instrumentor: str
    """Class of ``opentelemetry.instrumentation.httpx`` that makes its HTTP spans."""
    mock: str
    """Module of its pytest plugin whose ``HTTPXMock`` replaces its transports."""
    is_required: bool = True
    """Whether our own requirements bring it."""


FAMILIES: Final = (
    Family("httpx", "0.28", "1", "HTTPXClientInstrumentor", "pytest_httpx"),
    Family("httpx2", "2.16", "3", "HTTPX2ClientInstrumentor", "pytest_httpx2", is_required=False),
)
FAMILY_NAMES: Final = tuple(family.name for family in FAMILIES)

CLIENTS: Final = ("Client", "AsyncClient")
"""Names of the client classes, which are public and the same in every family, as are those below."""
NETWORK_TRANSPORTS: Final = (
    ("HTTPTransport", "handle_request"),
    ("AsyncHTTPTransport", "handle_async_request"),
)
"""Where a family opens sockets, and what mocks replace."""
IN_PROCESS_TRANSPORTS: Final = ("ASGITransport", "MockTransport", "WSGITransport")
STATUS_ERROR: Final = "HTTPStatusError"
"""What ``raise_for_status()`` raises."""


class LeftOut:
    """What we leave with an object of the application; a copy of that, or a pickle, has ``None`` instead."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> None:
        """In place of ours."""

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


_callbacks: Final[dict[Callable[[], object], None]] = {}


def loaded(name: str) -> list[Any]:
    """What goes by a name in the families that are imported; each thing once."""
    modules = [sys.modules.get(family) for family in FAMILY_NAMES]
    return list(dict.fromkeys(getattr(one, name) for one in modules if hasattr(one, name)))


def client_classes() -> list[type]:
    """The client classes of the families that are imported."""
    return [cls for name in CLIENTS for cls in loaded(name)]


def when_loaded(callback: Callable[[], object]) -> None:
    """Call something now, if a family is imported, and whenever one will be."""
    _callbacks[callback] = None
    _watch_imports()
    for family in FAMILY_NAMES:
        if family in sys.modules and not hasattr(sys.modules[family], CLIENTS[-1]):
            with suppress(Exception):
                import_module(family)  # another thread is at it; this waits for that
    if client_classes():
        callback()


@lru_cache(maxsize=1)
def _watch_imports() -> None:
    for family in FAMILY_NAMES:
        when_imported(family)(_imported)


def _imported(_: ModuleType) -> None:
    for callback in list(_callbacks):
        try:
            callback()
        except Exception as error:  # the application's import is as without us
            internal_errors.add(error)
