"""The two families of HTTP clients, httpx and httpx2, as far as the application has imported them.

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
from typing import Any, Final

from wrapt import when_imported

from foundry_telemetry.internal_errors import internal_errors

FAMILIES: Final = ("httpx", "httpx2")
"""Names of their modules; after ``alias_httpx()`` both name the same one."""
_CLIENTS: Final = ("Client", "AsyncClient")


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
    modules = [sys.modules.get(family) for family in FAMILIES]
    return list(dict.fromkeys(getattr(one, name) for one in modules if hasattr(one, name)))


def client_classes() -> list[type]:
    """The client classes of the families that are imported."""
    return [cls for name in _CLIENTS for cls in loaded(name)]


def when_loaded(callback: Callable[[], object]) -> None:
    """Call something now, if a family is imported, and whenever one will be."""
    _callbacks[callback] = None
    _watch_imports()
    for family in FAMILIES:
        if family in sys.modules and not hasattr(sys.modules[family], _CLIENTS[-1]):
            with suppress(Exception):
                import_module(family)  # another thread is at it; this waits for that
    if client_classes():
        callback()


@lru_cache(maxsize=1)
def _watch_imports() -> None:
    for family in FAMILIES:
        when_imported(family)(_imported)


def _imported(_: ModuleType) -> None:
    for callback in list(_callbacks):
        try:
            callback()
        except Exception as error:  # the application's import is as without us
            internal_errors.add(error)
