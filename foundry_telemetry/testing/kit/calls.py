"""The calls a test made, and assertions on them that report what was recorded when they fail.

*Call*: one thing the code requested; its attempts are the HTTP exchanges for it. What a call ended with is
what its last attempt ended with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn, Unpack

from msgspec import Struct

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.field_table import FIELDS
from foundry_telemetry.schema.row import follow
from foundry_telemetry.testing.kit.expected import ExpectedFields
from foundry_telemetry.testing.kit.tables import attempts_table, table
from foundry_telemetry.testing.recordings import nearest


class Expected(ExpectedFields, total=False):
    """What `Call.has` takes. A value is compared with ``==``, so that ``pytest.approx`` will do too.

    The fields are of the last attempt, but for those of all.
    """

    attempts: object
    """How many there were."""
    errors: object
    """``error.type`` of each attempt, ``None`` for a successful one."""
    statuses: object
    """HTTP status of each attempt, ``None`` for one without an answer."""
    trace_id: object
    support_code: object
    tags: object


_PATHS: Final[Mapping[str, str]] = {row.expected: row.path for row in FIELDS if row.expected}
"""Where a field stands in the last observation, if not under its own name."""

_OF_ALL: Final[Mapping[str, Callable[[tuple[Observation, ...]], object]]] = {
    "attempts": len,
    "errors": lambda attempts: [follow(observation, "failure.type") for observation in attempts],
    "statuses": lambda attempts: [observation.status_code for observation in attempts],
}
"""Fields of all attempts together."""


class Call(Struct, frozen=True):
    """One call."""

    attempts: tuple[Observation, ...]
    """In the order they ended; never empty."""

    @property
    def last(self) -> Observation:
        """The attempt the call ended with."""
        return self.attempts[-1]

    def get(self, field: str) -> Any:
        """A field by the name it has in `has`.

        Raises:
            TypeError: There is no such field; the message names the nearest.
        """
        if field not in Expected.__annotations__:
            raise TypeError(
                f"no field {field!r} of a call: expected {nearest(field, Expected.__annotations__)}"
            )
        if field in _OF_ALL:
            return _OF_ALL[field](self.attempts)
        return follow(self.last, _PATHS.get(field, field))

    def matches(self, **expected: Unpack[Expected]) -> bool:
        """Whether `has` would pass; errors as there."""
        return not self._differences(expected)

    def has(self, **expected: Unpack[Expected]) -> Call:
        """Assert what was recorded of the call, and return it.

        Args:
            **expected: Fields, as `Expected` lists them; ``None`` for what must be unknown.

        Raises:
            AssertionError: A field differs. The message has all of them, and the attempts.
            TypeError: There is no such field; the message names the nearest.
        """
        __tracebackhide__ = True
        different = self._differences(expected)
        if different:
            _fail(*self._complaint(expected, different))
        return self

    def _differences(self, expected: Mapping[str, Any]) -> list[str]:
        return [field for field, value in expected.items() if not self._is(field, value)]

    def _is(self, field: str, value: object) -> bool:
        actual = self.get(field)
        if field in ("errors", "statuses") and isinstance(value, tuple):
            return bool(actual == list(value))
        return bool(actual == value)

    def _complaint(self, expected: Mapping[str, Any], different: list[str]) -> Iterator[str]:
        first = different[0]
        yield (
            f"call {self.last.support_code}: {first} is {self.get(first)!r}, expected {expected[first]!r}"
            + (f"; also not as expected: {', '.join(different[1:])}" if different[1:] else "")
        )
        yield ""
        yield table(
            ("field", "expected", "recorded", ""),
            (
                (field, repr(value), repr(self.get(field)), "<--" if field in different else "")
                for field, value in expected.items()
            ),
        )
        yield ""
        yield "its attempts:"
        yield attempts_table(self.attempts)


class Calls:
    """The calls of a test, in the order their first attempts ended.

    Args:
        attempts: What was recorded.
        hints: What else there is to know when there are too few.
    """

    def __init__(self, attempts: Iterable[Observation], hints: Callable[[], Iterable[str]] = tuple) -> None:
        by_call: dict[str, list[Observation]] = {}
        for observation in attempts:
            by_call.setdefault(observation.call_id, []).append(observation)
        self._calls = tuple(Call(tuple(group)) for group in by_call.values())
        self._hints = hints

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def __repr__(self) -> str:
        return f"<Calls: {len(self)}>"

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._calls)

    @property
    def last(self) -> Call:
        """The last call.

        Raises:
            AssertionError: There is none.
        """
        __tracebackhide__ = True
        if not self._calls:
            _fail(*self._listed("no call was recorded, expected at least 1"))
        return self._calls[-1]

    def one(self) -> Call:
        """The only call.

        Raises:
            AssertionError: There is none, or more than one; the message lists them.
        """
        __tracebackhide__ = True
        self._expect(1)
        return self._calls[0]

    def none(self) -> None:
        """Assert that there was no call; errors as for `one`."""
        __tracebackhide__ = True
        self._expect(0)

    def exactly(self, count: int) -> Calls:
        """Assert that there were so many, and return them; errors as for `one`."""
        __tracebackhide__ = True
        self._expect(count)
        return self

    def where(self, **expected: Unpack[Expected]) -> Calls:
        """The calls of which all this was recorded; fields as in `Call.has`."""
        chosen = [
            observation for call in self._calls if call.matches(**expected) for observation in call.attempts
        ]
        words = ", ".join(f"{name}={value!r}" for name, value in expected.items())
        count = self.count - len({observation.call_id for observation in chosen})
        others = f"other calls, not where {words}: {count}"
        return Calls(chosen, lambda: [others, *self._hints()])

    def _expect(self, count: int) -> None:
        __tracebackhide__ = True
        if self.count != count:
            _fail(*self._listed(f"{self.count} calls were recorded, expected {count}"))

    def _listed(self, complaint: str) -> Iterator[str]:
        yield complaint.replace("1 calls were", "1 call was").replace("0 calls were", "no call was")
        for call in self._calls:
            yield ""
            yield f"call {call.last.support_code} to {call.last.deployment or call.last.path}:"
            yield attempts_table(call.attempts)
        hints = list(self._hints())
        if hints:
            yield ""
        yield from hints


def _fail(*lines: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError("\n".join(lines))
