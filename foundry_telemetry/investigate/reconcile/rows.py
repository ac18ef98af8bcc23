"""The rows of one file, CSV or Parquet, one by one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Final

from msgspec import Struct

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.reconcile import columns, texts
from foundry_telemetry.investigate.reconcile.columns import Columns
from foundry_telemetry.investigate.reconcile.decompression import PARQUET, InputFile, open_lines, starts_with
from foundry_telemetry.investigate.reconcile.errors import ExportError

Numbered = tuple[int, Sequence[str]]
"""A row with its line."""

_SEPARATORS: Final = (",", ";", "\t", "|")
_MOST_BEFORE: Final = 30
"""Lines that may stand before the header: a title, a summary, ``sep=;``."""
_SHOWN: Final = 8


class Table(Struct, frozen=True):
    """A file as rows of text."""

    columns: Columns
    separator: str
    rows: Iterator[Numbered]


@contextmanager
def open_table(file: InputFile) -> Iterator[Table]:
    """Open a file.

    Raises:
        ExportError: It is no cost export, or cannot be read.
    """
    if file.member is None and starts_with(file.path) == PARQUET:
        with _open_parquet(file) as table:
            yield table
        return
    with open_lines(file) as lines:
        yield _csv(file.name, lines)


def _csv(name: str, lines: Iterator[str]) -> Table:
    before: list[str] = []
    for line in lines:
        before.append(line)
        for separator in _SEPARATORS:
            found = columns.find(_split(name, len(before), line, separator))
            if found.missing is None:
                return Table(found, separator, _csv_rows(name, found, lines, separator, len(before)))
        if len(before) >= _MOST_BEFORE:
            break
    raise _no_column(name, _best(name, before))


def _split(name: str, number: int, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise ExportError(texts.NOT_CSV.format(file=name, line=number, error=error)) from error


def _best(name: str, lines: Sequence[str]) -> Columns:
    """The columns of the line that is most like a header."""
    candidates = (
        columns.find(_split(name, number, line, separator))
        for number, line in enumerate(lines, 1)
        for separator in _SEPARATORS
    )
    return max(candidates, key=lambda one: (len(one.fields) + len(one.naming), len(one.head)))


def _no_column(name: str, found: Columns) -> ExportError:
    what, names = found.missing or ("", ())
    head = ", ".join(plain(one, 40) for one in found.head[:_SHOWN]) or texts.NO_COLUMNS
    return ExportError(texts.NO_COLUMN.format(file=name, what=what, names=", ".join(names), found=head))


def _csv_rows(
    name: str, found: Columns, lines: Iterator[str], separator: str, before: int
) -> Iterator[Numbered]:
    width = len(found.head)
    while width and not found.head[width - 1].strip():  # a separator at the end of the header
        width -= 1
    reader = csv.reader(lines, delimiter=separator)
    try:
        for row in reader:
            if not any(row):
                continue
            if len(row) >= width:
                yield before + reader.line_num, row
            else:
                raise ExportError(
                    texts.SHORT_ROW.format(
                        file=name, line=before + reader.line_num, found=len(row), expected=width
                    )
                )
    except csv.Error as error:
        raise ExportError(
            texts.NOT_CSV.format(file=name, line=before + reader.line_num, error=error)
        ) from error


@contextmanager
def _open_parquet(file: InputFile) -> Iterator[Table]:
    try:
        from foundry_telemetry.investigate.reconcile import parquet  # noqa: PLC0415 - of the extra `local`
    except ModuleNotFoundError as missing:
        raise ExportError(texts.NO_PARQUET.format(file=file.name, package=missing.name)) from missing
    try:
        with parquet.open_parquet(file.path) as (names, read):
            found = columns.find(names)
            if found.missing is not None:
                raise _no_column(file.name, found)
            needed = sorted({*found.fields.values(), *chain.from_iterable(found.naming.values())})
            narrow = columns.find([names[index] for index in needed])
            yield Table(narrow, ",", enumerate(read([names[index] for index in needed]), 1))
    except parquet.ParquetError as error:
        why = plain(str(error).partition("\n")[0])
        raise ExportError(texts.BAD_PARQUET.format(file=file.name, error=why)) from error
