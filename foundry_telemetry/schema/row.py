"""What is known of one name, and how rows make a table."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypedDict, Unpack

from foundry_telemetry.schema.constraint import Constraint

Signal = Literal["span", "metric", "ledger", "log", "content"]
Kind = Literal["field", "metric", "span name", "event", "line", "content"]
"""A field of span, metric or ledger; a metric; the name of a span; the event; a field of a log line; what
request and response logs carry."""
Stage = Literal["request", "end", "ledger"]
"""When a field is read: with the request or at the end, for span and ledger; or for the ledger alone."""

_OPTIONAL: tuple[str, ...] = ("failure.token", "failure.entra", "failure", "usage")
"""Parts of an observation that may not be there."""


class Facts(TypedDict, total=False):
    """What not every row has."""

    unit: str
    personal: str
    path: str
    stage: Stage
    column: str
    measurement: str
    line: str
    expect: str
    note: str
    since: str


class Row(NamedTuple):
    """One name that can leave the process."""

    kind: Kind
    name: str
    signals: tuple[Signal, ...]
    source: str
    """What it is read from or made of."""
    constraint: Constraint
    meaning: str = ""
    unit: str = ""
    personal: str = ""
    """How it can hold personal data; empty where it cannot."""
    path: str = ""
    """Into the observation; empty for what is no fact of it, or is worked out."""
    stage: Stage | None = None
    """``None``: the code writes it by itself, under a condition."""
    column: str = ""
    """Of the typed view in KQL."""
    measurement: str = ""
    """Its name among the custom measurements of a span's row."""
    line: str = ""
    """Its name on a line of `log_attempts()`."""
    expect: str = ""
    """Its name in ``Call.has(...)`` of the test kit, where it is not that of the column."""
    note: str = ""
    """The meaning in a few words, where a list of names has no room for more."""
    since: str = "1"
    """The first schema that has it."""
    group: str = ""
    """What it is about."""

    @property
    def root(self) -> str:
        """The part of the observation that must be there before the field is read; empty for itself."""
        return next((root for root in _OPTIONAL if self.path.startswith(f"{root}.")), "")

    @property
    def tail(self) -> str:
        """The path from `root` on."""
        return self.path.removeprefix(f"{self.root}.")

    @property
    def in_ms(self) -> bool:
        """Whether seconds of the observation are recorded as milliseconds."""
        return self.unit == "ms" and self.path.rpartition("_")[2] == "s"

    @property
    def expected(self) -> str:
        """Its name in the test kit, which compares what the observation has; empty for what it has not."""
        if not self.path:
            return ""
        return self.expect or (self.tail if self.in_ms else self.column)

    @property
    def is_text(self) -> bool:
        """Whether a value is text, not a number nor true or false."""
        return self.constraint.type is str


class Table:
    """Collects rows, so that one statement is a row and a constant for its name."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self.group = ""
        """Of the rows that follow."""

    def field(
        self,
        name: str,
        meaning: str,
        signals: tuple[Signal, ...],
        source: str,
        constraint: Constraint,
        **facts: Unpack[Facts],
    ) -> str:
        """Add a field; the arguments are what `Row` has.

        Returns:
            The name.
        """
        row = Row("field", name, signals, source, constraint, meaning, **facts)
        if row.path and row.stage is None:
            row = row._replace(stage="end" if "span" in signals else "ledger")
        self._rows.append(row._replace(group=self.group))
        return name

    def metric(self, name: str, meaning: str, unit: str, source: str, constraint: Constraint) -> str:
        """Add a metric; returns its name."""
        self._rows.append(Row("metric", name, ("metric",), source, constraint, meaning, unit))
        return name

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, in order."""
        return tuple(self._rows)


def follow(source: Any, path: str) -> Any:
    """What a path leads to; ``None`` where a part of it was not reported."""
    for name in path.split("."):
        if source is None:
            return None
        source = getattr(source, name)
    return source
