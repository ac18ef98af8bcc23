"""Which versions are installed: those that do not work, those that the integrations were never tried on."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final, NamedTuple

from foundry_telemetry.instrumentation.class_patch import PATCHED_METHOD
from foundry_telemetry.instrumentation.families import CLIENTS, FAMILIES, FAMILY_NAMES
from foundry_telemetry.investigate.doctor import texts
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

_NOT_SEEN: Final = ("aiohttp",)
"""Clients that we never stand in, and that a service has only where something calls through them: requests
comes with Azure's own packages."""

_OPTIONAL: Final = frozenset(family.name for family in FAMILIES if not family.is_required)


def check(scene: Scene) -> Iterator[Finding]:  # noqa: ARG001 - every check is given it
    """Python, the SDK, the HTTP clients, and what carries the telemetry; those that are well in one."""
    found = [_sdk(), *(_package(name, wanted) for name, wanted in RANGES.items())]
    well = [f"{one.check} {one.seen}" for one in found if one.state == "ok"]
    yield ok(texts.PACKAGES, ", ".join([f"python {platform.python_version()}", *well]))
    yield from (one for one in found if one.state != "ok")
    yield from _integrations()
    for client in filter(installed, _NOT_SEEN):
        seen = texts.NOT_RECORDED.format(client=client)
        yield skipped(texts.OTHER_CLIENTS, seen, texts.FIX_NOT_RECORDED)


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
        seen = texts.SDK_NOT_INSTALLED.format(families=texts.AND.join(FAMILY_NAMES))
        return skipped(_SDK, seen, _UPDATE_SDK)
    at = (*numbers(found), 0, 0)[:3]
    if at in _WRONG_HEADER:
        return failure(_SDK, texts.SDK_WRONG_HEADER.format(version=found), _UPDATE_SDK)
    if at < _FIRST_FOUNDRY:
        return warning(_SDK, texts.SDK_WITHOUT_FOUNDRY.format(version=found), _UPDATE_SDK)
    if at < _FIRST_MIDDLEWARE:
        return warning(_SDK, texts.SDK_WITHOUT_MIDDLEWARE.format(version=found), _UPDATE_SDK)
    if at >= _NEXT_SDK:
        return warning(_SDK, texts.NEWER_THAN_TESTED.format(version=found), _UPDATE_SDK)
    return ok(_SDK, found)


def _package(name: str, wanted: Range) -> Finding:
    found = installed(name)
    bounds = f">={wanted.least}" + (f",<{wanted.below}" if wanted.below else "")
    repair = f"pip install '{name}{bounds}'"
    if found is None:
        if name in _OPTIONAL:
            return skipped(name, texts.NEEDED_FROM_SDK_1, repair)
        return failure(name, texts.NOT_INSTALLED, repair)
    if numbers(found) < numbers(wanted.least):
        return failure(name, texts.OLDER_THAN_NEEDED.format(version=found, least=wanted.least), repair)
    if wanted.below and numbers(found) >= numbers(wanted.below):
        return warning(name, texts.NEWER_THAN_TESTED.format(version=found), repair)
    return ok(name, found)


def _integrations() -> Iterator[Finding]:
    """Whether `instrument()` can stand in each installed client class; the method is a private one."""
    families = [family for family in FAMILY_NAMES if find_spec(family)]
    missing = [
        f"{family}.{name}"
        for family in families
        for name in CLIENTS
        if not hasattr(getattr(import_module(family), name, None), PATCHED_METHOD)
    ]
    if missing:
        seen = texts.CANNOT_PATCH.format(classes=", ".join(missing))
        yield failure(texts.INTEGRATIONS, seen, texts.FIX_CANNOT_PATCH)
    else:
        yield ok(texts.INTEGRATIONS, texts.CAN_PATCH.format(families=texts.AND.join(families)))
