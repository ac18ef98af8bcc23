"""Which versions are installed: those that do not work, those that the integrations were never tried on."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final, NamedTuple

from foundry_telemetry.instrumentation.class_patch import SEAM
from foundry_telemetry.instrumentation.families import CLIENTS, FAMILIES, FAMILY_NAMES
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, skipped, warning

_Version = tuple[int, ...]


class Range(NamedTuple):
    """The versions of a package that are tested: from the first, up to but without the second."""

    least: str
    below: str | None = None


RANGES: Final = {
    **{family.name: Range(family.least, family.below) for family in FAMILIES},
    "opentelemetry-sdk": Range("1.44"),
    "azure-monitor-opentelemetry": Range("1.8.10"),
}
"""As in the package's own requirements."""

_SDK: Final = "anthropic"
_WRONG_HEADER: Final = ((0, 106, 0), (0, 107, 0))
_FIRST_FOUNDRY: Final = (0, 74, 0)
_FIRST_MIDDLEWARE: Final = (0, 108, 0)
_NEXT_SDK: Final = (3,)
_UPDATE_SDK: Final = "pip install --upgrade 'anthropic>=2.12,<3'"

_NOT_SEEN: Final = ("aiohttp", "requests", "urllib")
"""Clients that we never stand in; what others build on them is not seen either."""

_OPTIONAL: Final = frozenset(family.name for family in FAMILIES if not family.is_required)


def check(scene: Scene) -> Iterator[Finding]:  # noqa: ARG001 - every check is given it
    """Python, the SDK, the HTTP clients, and what carries the telemetry; those that are well in one."""
    found = [_sdk(), *(_package(name, wanted) for name, wanted in RANGES.items())]
    well = [f"{one.check} {one.seen}" for one in found if one.state == "ok"]
    yield ok("packages", ", ".join([f"python {platform.python_version()}", *well]))
    yield from (one for one in found if one.state != "ok")
    yield from _integrations()
    seen = f"calls through {', '.join(_NOT_SEEN[:-1])} and {_NOT_SEEN[-1]} are not recorded"
    yield skipped("other clients", seen, "Call Claude through httpx, httpx2 or the anthropic SDK.")


def installed(name: str) -> str | None:
    """The version of a distribution, ``None`` where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def numbers(text: str) -> _Version:
    """``1.45.1`` as numbers; a beta counts as its release."""
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[a-z+]", text)[0]))


def _sdk() -> Finding:
    found = installed(_SDK)
    if found is None:
        seen = f"not installed; calls through {' and '.join(FAMILY_NAMES)} are seen all the same"
        return skipped(_SDK, seen, _UPDATE_SDK)
    at = (*numbers(found), 0, 0)[:3]
    if at in _WRONG_HEADER:
        seen = f"{found} sends the key in the header api-key alone, and Foundry refuses it with a 401"
        return failure(_SDK, seen, _UPDATE_SDK)
    if at < _FIRST_FOUNDRY:
        seen = f"{found} has no AnthropicFoundry (CrewAI pins such a one); calls with base_url= are recorded"
        return warning(_SDK, seen, _UPDATE_SDK)
    if at < _FIRST_MIDDLEWARE:
        seen = f"{found} takes no middleware, so a token provider that raises is not seen"
        return warning(_SDK, seen, _UPDATE_SDK)
    if at >= _NEXT_SDK:
        return warning(_SDK, f"{found} is newer than any that was tested", _UPDATE_SDK)
    return ok(_SDK, found)


def _package(name: str, wanted: Range) -> Finding:
    found = installed(name)
    bounds = f">={wanted.least}" + (f",<{wanted.below}" if wanted.below else "")
    repair = f"pip install '{name}{bounds}'"
    if found is None:
        if name in _OPTIONAL:
            return skipped(name, "not installed; the SDK needs it from 1.0 on", repair)
        return failure(name, "not installed", repair)
    if numbers(found) < numbers(wanted.least):
        return failure(name, f"{found} is older than {wanted.least}", repair)
    if wanted.below and numbers(found) >= numbers(wanted.below):
        return warning(name, f"{found} is newer than any that was tested", repair)
    return ok(name, found)


def _integrations() -> Iterator[Finding]:
    """Whether `instrument()` can stand in each installed client class; the method is a private one."""
    families = [family for family in FAMILY_NAMES if find_spec(family)]
    missing = [
        f"{family}.{name}"
        for family in families
        for name in CLIENTS
        if not hasattr(getattr(import_module(family), name, None), SEAM)
    ]
    if missing:
        fix = "use event_hooks() and async_event_hooks() for these clients, or an older version of them"
        yield failure("doors", f"instrument() cannot see {', '.join(missing)}", fix)
    else:
        yield ok("doors", f"instrument() sees the clients of {' and '.join(families)}")
