"""Counts what the exporter's disk loses: what could not be written, grew too old, or was half written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from foundry_telemetry.azure.envelopes import lose
from foundry_telemetry.dropped_items import Reason, Signal

_REASONS: Final = {
    "CLIENT_STORAGE_DISABLED": Reason.STORAGE_DISABLED,
    "CLIENT_PERSISTENCE_CAPACITY_REACHED": Reason.STORAGE_FULL,
}
"""What the storage answers; all else but success is a failure to write."""
_STORED: Final = "LOCAL_FILE_BLOB_SUCCESS"


def count_storage(storage: Any, signal: Signal) -> None:
    """Wrap what a ``LocalFileStorage`` is asked for.

    Args:
        storage: Of one exporter.
        signal: What that exporter sends; its folder has the other signals too.
    """
    put: Callable[..., Any] = storage.put
    gets: Callable[[], Iterator[Any]] = storage.gets

    def counted_put(data: Sequence[Any], *args: Any, **options: Any) -> Any:
        result = put(data, *args, **options)
        name = getattr(result, "name", "")
        if name != _STORED:
            lose(_REASONS.get(name, Reason.STORAGE_FAILED), data, signal)
        return result

    def counted_gets() -> Iterator[Any]:
        with suppress(Exception):
            _remove_lost(storage, signal)
        return gets()

    storage.put = counted_put
    storage.gets = counted_gets


def _remove_lost(storage: Any, signal: Signal) -> None:
    """Remove, and count, what the storage would remove without a word."""
    now = datetime.now(UTC)
    too_old = _stamp(now - timedelta(seconds=storage._retention_period))  # noqa: SLF001 - no public API
    half_written = _stamp(now - timedelta(seconds=storage._write_timeout))  # noqa: SLF001
    for file in Path(storage._path).iterdir():  # noqa: SLF001
        blob, _, lease = file.name.partition("@")
        if lease.removesuffix(".lock") > _stamp(now):
            continue
        if blob.endswith(".blob.tmp") and blob < half_written:
            _remove(file, Reason.STORAGE_FAILED, signal)
        elif blob.endswith(".blob") and blob < too_old:
            _remove(file, Reason.EXPIRED, signal)


def _remove(file: Path, reason: Reason, signal: Signal) -> None:
    with suppress(OSError):
        lines = file.read_bytes().splitlines()
        file.unlink()  # of several processes only one gets past this, and counts
        lose(reason, map(_envelope, lines), signal)


def _envelope(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # the last line of a half written file
        return None


def _stamp(at: datetime) -> str:
    """As the storage begins its file names."""
    return at.strftime("%Y-%m-%dT%H%M%S.%f")
