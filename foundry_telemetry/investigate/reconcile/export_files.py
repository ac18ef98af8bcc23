"""Which files an export is: files, folders with or without a manifest, patterns; each row once."""

from __future__ import annotations

import glob
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec
from msgspec import Struct

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.decompression import InputFile, cannot_read, members
from foundry_telemetry.investigate.reconcile.errors import ExportError

_MANIFEST: Final = "manifest.json"
_ENDS: Final = (".csv", ".csv.gz", ".gz", ".zip", ".parquet")
_MOST_MANIFEST: Final = 16 << 20


class Found(Struct, frozen=True):
    """All files of rows, and when they can have been written at the latest."""

    files: tuple[InputFile, ...]
    as_of: datetime
    notes: tuple[str, ...] = ()


class _Blob(Struct, frozen=True, rename="camel"):
    blob_name: str


class _Manifest(Struct, frozen=True, rename="camel"):
    """What is read of a manifest; the other keys are Azure's."""

    blobs: list[_Blob]
    export_config: dict[str, Any] = {}
    run_info: dict[str, Any] = {}


class _Run(Struct, frozen=True):
    """One run of an export."""

    folder: Path
    manifest: _Manifest

    @property
    def name(self) -> str:
        return str(self.manifest.export_config.get("exportName", ""))

    @property
    def period(self) -> str:
        """When its data begins: runs with the same begin are of the same month."""
        return str(self.manifest.run_info.get("startDate", ""))

    @property
    def until(self) -> tuple[str, str]:
        """How far its data goes, and how new it is."""
        return str(self.manifest.run_info.get("endDate", "")), self.submitted

    @property
    def submitted(self) -> str:
        return str(self.manifest.run_info.get("submittedTime", ""))


def find(paths: Iterable[str], now: datetime) -> Found:
    """The files that are meant.

    Args:
        paths: Files, folders and patterns as they were typed.
        now: The present.

    Raises:
        ExportError: One is not there, cannot be read, or a folder holds several exports.
    """
    notes: list[str] = []
    plain_paths = list(dict.fromkeys(path for text in paths for path in _expanded(text)))
    stated: list[datetime] = []
    files: dict[Path, Path | None] = {}
    for path in plain_paths:
        files |= _of_folder(path, notes, stated) if path.is_dir() else {path: files.get(path)}
    once = _once(files, notes)
    written = (datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in once)
    found = tuple(member for path in once for member in members(path, files[path]))
    return Found(found, min([now, *stated, *([] if stated else [max(written)])]), tuple(notes))


def _expanded(text: str) -> Iterator[Path]:
    path = Path(text)
    if path.exists():
        yield path.parent if path.name == _MANIFEST else path
        return
    matches = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) else []  # noqa: PTH207 - any root
    if not matches:
        raise ExportError(texts.NO_FILE.format(file=plain(text)))
    yield from (Path(one) for one in matches if Path(one).name != _MANIFEST)


def _of_folder(folder: Path, notes: list[str], stated: list[datetime]) -> dict[Path, Path | None]:
    """Files, each with the run whose manifest names it."""
    runs = [_Run(path.parent, _manifest(path)) for path in sorted(folder.rglob(_MANIFEST))]
    if not runs:
        files = sorted(
            path for path in folder.rglob("*") if path.is_file() and path.name.lower().endswith(_ENDS)
        )
        if not files:
            raise ExportError(texts.NO_EXPORT_IN.format(file=plain(str(folder))))
        return dict.fromkeys(files)
    newest = _newest(folder, runs, notes)
    stated += [moment for run in newest if (moment := _moment(run.submitted))]
    return {path: run.folder for run in newest for path in _parts(run)}


def _manifest(path: Path) -> _Manifest:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(
                file.read(_MOST_MANIFEST).removeprefix(b"\xef\xbb\xbf"), type=_Manifest
            )
    except OSError as error:
        raise cannot_read(path, error) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise ExportError(texts.BAD_MANIFEST.format(file=plain(str(path)), error=error)) from error


def _newest(folder: Path, runs: Sequence[_Run], notes: list[str]) -> list[_Run]:
    """Of each period the last run: a daily export writes the month anew each day."""
    names = sorted({run.name for run in runs})
    if len(names) > 1:
        raise ExportError(
            texts.SEVERAL_EXPORTS.format(file=plain(str(folder)), names=", ".join(map(plain, names)))
        )
    by_period: defaultdict[str, list[_Run]] = defaultdict(list)
    for run in runs:
        by_period[run.period].append(run)
    newest = []
    for same in by_period.values():
        *earlier, last = sorted(same, key=lambda run: run.until)
        notes += [texts.OLD_RUN.format(file=plain(str(run.folder))) for run in earlier]
        newest.append(last)
    return newest


def _parts(run: _Run) -> Iterator[Path]:
    """The files of a run: beside the manifest, by the last part of their name in the storage."""
    for blob in run.manifest.blobs:
        path = run.folder / PurePosixPath(blob.blob_name).name
        if not path.is_file():
            raise ExportError(texts.MISSING_PART.format(file=plain(str(run.folder)), part=plain(path.name)))
        yield path


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text[:19])
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC)


def _once(files: Mapping[Path, Path | None], notes: list[str]) -> list[Path]:
    """Each content once, but for the parts of one run; only files of one size are read for it."""
    by_size: defaultdict[int, list[Path]] = defaultdict(list)
    for path in files:
        try:
            by_size[path.stat().st_size].append(path)
        except OSError as error:
            raise cannot_read(path, error) from error
    kept: list[Path] = []
    for same in by_size.values():
        known: dict[bytes, Path] = {}
        for path in same:
            first = known.setdefault(_digest(path) if len(same) > 1 else b"", path)
            if first is path or (files[path] is not None and files[path] == files[first]):
                kept.append(path)
            else:
                notes.append(texts.SAME_FILE.format(file=plain(path.name), other=plain(first.name)))
    return kept


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise cannot_read(path, error) from error
