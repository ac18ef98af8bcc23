"""A TOML file whose mistakes are reported with the line they stand on.

*Path*: the keys from the top of the document to a value; a number for an element of an array of tables.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, Final, Self, TypeVar

import msgspec

Path = tuple[str | int, ...]
T = TypeVar("T")

_AT: Final = " - at `$"


class SettingsError(ValueError):
    """A setting that cannot be; the message has the place, the value or key, and what was expected."""


class Document:
    """A TOML file that was read.

    Args:
        file: Where it is.

    Raises:
        SettingsError: It cannot be read, or is no TOML.
    """

    def __init__(self, file: str | File) -> None:
        self._file = file
        self._lines: Mapping[Path, int] = {}
        self.reported: Mapping[str, Any] = {}
        if file:
            self._read(File(file))

    @classmethod
    def empty(cls) -> Self:
        """One that says nothing."""
        return cls("")

    def _read(self, file: File) -> None:
        try:
            text = file.read_text(encoding="utf-8")
            self.reported = tomllib.loads(text)
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror}; expected a TOML file") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{file}: expected a TOML file in UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{file}: {error}; expected TOML") from error
        self._lines = dict(_places(text))

    def read(self, kind: type[T], path: Path, value: object) -> T:
        """`value`, which stands at `path`, as a `kind`.

        Raises:
            SettingsError: It is none.
        """
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            why, _, inner = str(error).partition(_AT)
            keys = tuple(
                key for key in inner.rstrip("`").replace("[", ".").split(".") if key and "]" not in key
            )
            unknown = _unknown_field(why)
            raise self.error(
                (*path, *keys, *unknown), why.replace("Object contains", "there is an")
            ) from error

    def error(self, path: Path, why: str) -> SettingsError:
        """An error that says where it is."""
        return SettingsError(f"{self._file}, line {self._line(path)}: {_dotted(path)}: {why}")

    def _line(self, path: Path) -> int:
        """Of the value, or of what it stands in."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Where each table and key begins. What stands inside an inline table has the line of its key."""
    table: Path = ()
    elements: Counter[Path] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _numbered(_keys(stripped), elements)
            if stripped.startswith("[["):
                table = (*table, elements[table])
                elements[table[:-1]] += 1
            yield table, number
        elif "=" in stripped:
            keys = _keys(f"{stripped.partition('=')[0]} = 0")
            if keys:
                yield (*table, *keys), number


def _numbered(keys: Path, elements: Mapping[Path, int]) -> Path:
    """With the number of the element that a table belongs to, where it is inside an array of tables."""
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if elements.get(path):
            path = (*path, elements[path] - 1)
    return (*path, *keys[-1:])


def _keys(line: str) -> Path:
    """The keys of a header, or of what stands before an equals sign, as TOML itself reads them."""
    try:
        reported: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()  # a part of a value that goes over several lines
    keys: Path = ()
    while isinstance(reported, dict) and reported:
        key, reported = next(iter(reported.items()))
        keys = (*keys, key)
    return keys


def _unknown_field(why: str) -> tuple[str, ...]:
    """The key in "Object contains unknown field `key`"."""
    return (why.split("`")[1],) if "unknown field" in why else ()


def _dotted(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
