"""The text of a file, plain or compressed, in bounded memory; what is no text is refused by name."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from msgspec import Struct

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import texts
from foundry_telemetry.investigate.reconcile.errors import ExportError

PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_MAGIC: Final = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "xlsx"),
    (b"PK\x05\x06", "no member"),
    (_ZIP, "archive"),
    (_GZIP, "archive"),
    (PARQUET, "parquet"),
    (b"{", "json"),
    (b"[", "json"),
    (b"<", "xml"),
)
"""How a file begins that is no CSV, and what it is; by the keys of `texts.FOUND`."""
_UTF_16: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\x0b\x0c\x1b")
_HEAD: Final = 65_536
_MOST_LINE: Final = 1 << 20
"""Characters of a line: a file without line breaks must not fill the memory."""
_RATIO: Final = 250
_FREE: Final = 1 << 30
"""Bytes that may come out whatever the ratio. Rows are summed as they come, so that only time is at stake."""
_BROKEN: Final = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)


class InputFile(Struct, frozen=True):
    """One file of rows."""

    path: Path
    member: str | None = None
    """Within a zip archive."""
    run: Path | None = None
    """The folder of the run whose manifest names it: no two parts of a run have a row in common."""

    @property
    def name(self) -> str:
        """As messages call it."""
        return plain(self.path.name if self.member is None else f"{self.path.name}:{self.member}")


def other_kind(file: str, found: str) -> ExportError:
    """The error for a file that is something else, by the key of `texts.FOUND`."""
    return ExportError(texts.OTHER_KIND.format(file=file, found=texts.FOUND[found].format(times=_RATIO)))


def starts_with(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        ExportError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError) -> ExportError:
    """The error for a file that the system does not let us read."""
    return ExportError(texts.CANNOT_READ.format(file=plain(str(path)), error=error.strerror))


def members(path: Path, run: Path | None = None) -> Iterator[InputFile]:
    """The file itself, or the CSV files of the archive that it is.

    Args:
        path: The file.
        run: See `InputFile`.

    Raises:
        ExportError: The archive is damaged, or holds none.
    """
    if starts_with(path) != _ZIP:
        yield InputFile(path, run=run)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
    except _BROKEN as error:
        raise other_kind(plain(path.name), "broken") from error
    names = [one.filename for one in entries]
    if "[Content_Types].xml" in names:
        raise other_kind(plain(path.name), "xlsx")
    if any(one.flag_bits & 1 for one in entries):
        raise other_kind(plain(path.name), "encrypted")
    csv = [name for name in names if name.lower().endswith((".csv", ".csv.gz", ".txt"))]
    if not csv:
        kinds = {".zip": "archive", ".gz": "archive", ".parquet": "parquet"}
        inside = next(
            (kinds[end] for name in names if (end := Path(name).suffix.lower()) in kinds), "no member"
        )
        raise other_kind(plain(path.name), inside)
    yield from (InputFile(path, name, run) for name in sorted(csv))


@contextmanager
def open_lines(file: InputFile) -> Iterator[Iterator[str]]:
    """The lines of a file, with their ends.

    Raises:
        ExportError: It is no text, damaged, or a bomb.
    """
    try:
        with file.path.open("rb") as raw, _member(raw, file.member) as packed:
            yield _lines(file.name, _unpacked(file, packed))
    except OSError as error:  # a damaged gzip is one too
        if isinstance(error, _BROKEN):
            raise other_kind(file.name, "broken") from error
        raise cannot_read(file.path, error) from error
    except _BROKEN as error:
        raise other_kind(file.name, "broken") from error


@contextmanager
def _member(raw: IO[bytes], member: str | None) -> Iterator[IO[bytes]]:
    if member is None:
        yield raw
        return
    with zipfile.ZipFile(raw) as archive, archive.open(member) as found:
        yield found


def _unpacked(file: InputFile, packed: IO[bytes]) -> io.BufferedReader:
    buffered = io.BufferedReader(_Raw(packed))
    if buffered.peek(2)[:2] != _GZIP:
        limit = None if file.member is None else _packed_size(file)
        return io.BufferedReader(_Bounded(buffered, file.name, limit), _HEAD)
    size = _packed_size(file)
    return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=buffered), file.name, size), _HEAD)


def _packed_size(file: InputFile) -> int:
    return file.path.stat().st_size


class _Raw(io.RawIOBase):
    """Any stream of bytes as one that can be buffered."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class _Bounded(_Raw):
    """Counts what comes out, and ends when that is out of proportion to what is stored."""

    def __init__(self, stream: Any, name: str, packed: int | None) -> None:
        super().__init__(stream)
        self._name = name
        self._most = None if packed is None else max(_FREE, _RATIO * packed)
        self._count = 0

    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer)
        self._count += count
        if self._most is not None and self._count > self._most:
            raise other_kind(self._name, "bomb")
        return count


def _lines(name: str, stream: io.BufferedReader) -> Iterator[str]:
    head = stream.peek(_HEAD)[:_HEAD]
    encoding = _UTF_16.get(head[:2], "utf-8-sig")
    _check_head(name, head, is_wide=encoding == "utf-16")
    # Names that count are ASCII: a letter of another encoding, as Excel saves it, may be replaced.
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    with suppress(ValueError):  # the stream below is closed by whoever opened it
        while line := text.readline(_MOST_LINE + 1):
            if len(line) > _MOST_LINE:
                raise other_kind(name, "line")
            yield line


def _check_head(name: str, head: bytes, *, is_wide: bool) -> None:
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not bare:
        raise other_kind(name, "empty")
    for magic, found in _MAGIC:
        if bare.startswith(magic):
            raise other_kind(name, found)
    if not is_wide and any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):  # noqa: PLR2004 - ASCII
        raise other_kind(name, "binary")
