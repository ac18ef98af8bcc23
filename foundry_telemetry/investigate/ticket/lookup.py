"""From whatever was pasted to a call, or to the cause that its text shows: for `ticket` and `explain`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec import Struct

from foundry_telemetry.advice import Advice, advice_for
from foundry_telemetry.investigate.sources import Source
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.call import Found, find
from foundry_telemetry.investigate.ticket.exception_text import Read, read_failure
from foundry_telemetry.investigate.ticket.ids import Identity, IdError, read_ids
from foundry_telemetry.investigate.time_range import Span
from foundry_telemetry.kql.parameters import TimeRange


class Explanation(Struct, frozen=True):
    """What a text leads to: a call, or the failure that the text itself shows, or neither."""

    identities: tuple[Identity, ...]
    found: Found | None
    read: Read | None

    @property
    def advice(self) -> Advice | None:
        """Of the failure that the text shows."""
        if self.read is None:
            return None
        return advice_for(self.read.failure.type, self.read.failure.owner)


def look_up(
    source: Source, identities: tuple[Identity, ...], span: Span, on_progress: Callable[[str], object]
) -> Found | None:
    """The call that one of some ids leads to, the first of them that does.

    Raises:
        SourceError: The ledger cannot be asked.
    """
    window = TimeRange(*span, timedelta(hours=1))
    tried = (find(source, identity, window, on_progress) for identity in identities)
    return next((one for one in tried if one is not None), None)


def explain(source: Source, text: str, span: Span, on_progress: Callable[[str], object]) -> Explanation:
    """The call that a text names, and the failure that it shows.

    Raises:
        IdError: It holds no id and shows no failure.
        SourceError: There is an ID, and the ledger cannot be asked.
    """
    read = read_failure(text)
    identities: tuple[Identity, ...] = ()
    try:
        identities = read_ids(text)
    except IdError as error:
        if read is None:
            raise IdError(texts.OR_A_FAILURE.format(error=error)) from None
    return Explanation(identities, look_up(source, identities, span, on_progress), read)


def not_found(source: Source, identities: tuple[Identity, ...], span: Span) -> str:
    """What was searched, and what to check."""
    named = ", ".join(f"{one.kind.replace(' id', ' ID')} {one.shown!r}" for one in identities)
    return texts.NOT_FOUND.format(
        named=named,
        source=source.name,
        since=f"{span.start:%Y-%m-%d %H:%M}",
        until=f"{span.end:%Y-%m-%d %H:%M}",
        check=texts.CHECK_LOCAL if source.is_local else texts.CHECK_AZURE,
        options=source.options,
    )
