"""What a call of a tool gives: described once, as JSON schema and as the check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.mcp import texts

Kind = Literal["string", "integer", "strings"]

_MOST_CHARACTERS: Final = 256
_MOST_VALUES: Final = 20
_NOUNS: Final[Mapping[Kind, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "strings": "a list of texts",
}


class ArgumentError(ValueError):
    """Arguments that a tool cannot take; the message says what it takes, or what to call instead."""


@dataclass(frozen=True)
class Argument:
    """One argument of a tool."""

    name: str
    meaning: str
    example: Any
    kind: Kind = "string"
    required: bool = False
    most: int = _MOST_CHARACTERS
    """Characters of a text; the largest number."""

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        described: dict[str, Any] = {"description": self.meaning, "examples": [self.example]}
        if self.kind == "integer":
            return {"type": "integer", "minimum": 1, "maximum": self.most, **described}
        text = {"type": "string", "maxLength": self.most}
        if self.kind == "string":
            return {**text, **described}
        return {"type": "array", "items": text, "maxItems": _MOST_VALUES, **described}

    def checked(self, value: object) -> Any:
        """The value, if it is one.

        Raises:
            ArgumentError: It is none.
        """
        if self.kind == "integer":
            return self._number(value)
        values = value if self.kind == "strings" else [value]
        if isinstance(value, str) and self.kind == "strings":
            values = [value]  # one of many is often given alone
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self._wrong()
        if len(values) > _MOST_VALUES:
            raise ArgumentError(
                texts.OUT_OF_RANGE.format(name=self.name, least=1, most=f"{_MOST_VALUES} texts")
            )
        if any(len(one) > self.most for one in values):
            raise ArgumentError(texts.TOO_LONG.format(name=self.name, most=self.most))
        return tuple(values) if self.kind == "strings" else values[0]

    def _number(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong()
        if not 1 <= value <= self.most:
            raise ArgumentError(texts.OUT_OF_RANGE.format(name=self.name, least=1, most=f"{self.most:,}"))
        return value

    def _wrong(self) -> ArgumentError:
        return ArgumentError(
            texts.WRONG_TYPE.format(name=self.name, kind=_NOUNS[self.kind], example=repr(self.example))
        )


def schema(arguments: Iterable[Argument]) -> dict[str, Any]:
    """JSON schema of the arguments of a tool."""
    listed = tuple(arguments)
    made: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: one.schema for one in listed},
        "additionalProperties": False,
    }
    required = [one.name for one in listed if one.required]
    return {**made, "required": required} if required else made


def checked(tool: str, arguments: Iterable[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a call gives; those that are null are not given.

    Raises:
        ArgumentError: One is unknown, missing or of another form.
    """
    known = {one.name: one for one in arguments}
    for name in given:
        if name not in known:
            raise ArgumentError(
                texts.UNKNOWN_ARGUMENT.format(name=plain(str(name), 80), tool=tool, names=", ".join(known))
            )
    values = {name: known[name].checked(value) for name, value in given.items() if value is not None}
    for one in known.values():
        if one.required and one.name not in values:
            raise ArgumentError(
                texts.MISSING_ARGUMENT.format(
                    tool=tool, name=one.name, meaning=one.meaning, example=repr(one.example)
                )
            )
    return values
