"""Which names a query has given, and what each stands for, as far as one place in it can see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Self

Meaning = Literal["rows", "value", "function of rows", "function of a value"]


@dataclass(frozen=True)
class Scope:
    """Names given by ``let`` before a place, and the parameters of the function around it."""

    names: dict[str, Meaning] = field(default_factory=dict)

    def with_name(self, name: str, meaning: Meaning) -> Self:
        """The same with one name more; a later one hides an earlier one."""
        return replace(self, names={**self.names, name: meaning})

    def with_values(self, names: Iterable[str]) -> Self:
        """The same with parameters of a function."""
        return replace(self, names={**self.names, **dict.fromkeys(names, "value")})

    def is_rows(self, name: str) -> bool:
        """Whether a name stands for rows."""
        return self.names.get(name) == "rows"

    def is_function(self, name: str) -> bool:
        """Whether it is a function of the query's own."""
        return self.names.get(name, "").startswith("function")
