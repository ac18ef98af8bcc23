"""Request and response logs: whether they are on, where they go, and what can be seen of their table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from foundry_telemetry.config.content import (
    CONTENT,
    STANDARD,
    ContentPolicy,
    is_kept_off,
    is_on,
    missing_packages,
    policy_of_file,
)
from foundry_telemetry.config.toml import SettingsError
from foundry_telemetry.investigate.doctor import content_texts, texts
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, skipped, warning
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.texts import ROW
from foundry_telemetry.schema.content_table import CONTENT_TABLE

Ask = Callable[[str], list[Mapping[str, Any]]]

_QUERY: Final = f"{CONTENT_TABLE} | where TimeGenerated > ago(1d) | summarize rows = count()"
_SHOW: Final = (
    "az rest --method get --url 'https://management.azure.com<workspace-resource-id>/tables/"
    f"{CONTENT_TABLE}?api-version=2023-09-01' --query 'properties.[plan, retentionInDays, protectionLevel]'"
)
_SET_UP: Final = "foundry_telemetry.content.set_up"
"""Imported by a service that logs content; what it made is looked at after ``--app``."""


def check(scene: Scene) -> Iterator[Finding]:
    """Whether content is kept, which, and where it goes."""
    try:
        policy = _policy(scene)
    except SettingsError as error:
        fix = content_texts.FIX_INVALID.format(variable=CONTENT)
        yield failure(texts.CONTENT, content_texts.INVALID.format(problem=error), fix)
        return
    if policy is None:
        yield ok(texts.CONTENT, content_texts.OFF)
    elif is_kept_off(scene.environ):
        yield warning(texts.CONTENT, content_texts.KEPT_OFF.format(name=STANDARD), f"unset {STANDARD}")
    elif missing := missing_packages():
        seen = content_texts.UNREDACTED.format(packages=", ".join(missing))
        yield failure(texts.CONTENT, seen, "pip install 'foundry-telemetry[content]'")
    else:
        yield ok(texts.CONTENT, _described(policy))


def is_wanted(scene: Scene) -> bool:
    """Whether content is asked for, as far as can be seen from here."""
    try:
        return _policy(scene) is not None
    except SettingsError:
        return False


def check_table(ask: Ask, *, is_local: bool, is_on: bool) -> Iterator[Finding]:
    """What a query can report of the table; nothing where there is no content.

    Args:
        ask: Answers KQL.
        is_local: Whether that is the local Azure Monitor, which protects no table.
        is_on: Whether content is asked for.
    """
    try:
        (row,) = ask(_QUERY)
    except Exception as error:
        status = getattr(error, "status_code", None)
        if is_on or status == HTTPStatus.FORBIDDEN:
            yield _unreadable(status)
        return
    rows = row["rows"] or 0
    if not rows and not is_on:
        return
    seen = content_texts.ROWS.format(table=CONTENT_TABLE, rows=many(rows, ROW))
    if is_local:
        yield ok(content_texts.TABLE, seen.partition(",")[0])
    else:
        yield skipped(content_texts.TABLE, seen, _SHOW)


def _unreadable(status: int | None) -> Finding:
    if status == HTTPStatus.FORBIDDEN:
        return ok(content_texts.TABLE, content_texts.REFUSED.format(table=CONTENT_TABLE))
    seen = content_texts.ABSENT.format(table=CONTENT_TABLE, status=status or content_texts.UNKNOWN_STATUS)
    return skipped(content_texts.TABLE, seen, _SHOW)


def _policy(scene: Scene) -> ContentPolicy | None:
    """That of the service where it was imported, else that of variable and settings file."""
    set_up: Any = sys.modules.get(_SET_UP)
    made: list[ContentPolicy] = [] if set_up is None else set_up.policies()
    if made:
        return made[-1]
    return policy_of_file() if is_on(scene.environ) else None


def _described(policy: ContentPolicy) -> str:
    where = content_texts.EXPORTED.format(table=CONTENT_TABLE) if policy.sink is None else content_texts.SINKS
    failures = content_texts.FAILURES if policy.failures else ""
    return content_texts.ON.format(share=policy.share, failures=failures, where=where)
