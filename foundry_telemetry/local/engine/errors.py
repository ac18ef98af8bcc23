"""Why a query has no answer."""

from __future__ import annotations

from typing import Final

BAD_ARGUMENT: Final = "BadArgumentError"
"""Azure's code for a request that cannot be answered as it is."""

TIMEOUT: Final = "GatewayTimeout"
"""Azure's code for a query that took too long."""

RESOURCES: Final = "QueryResourcesExceeded"
"""Our code for a query that needs more memory than there is."""

TOO_MUCH_MEMORY: Final = (
    "The query exceeds the memory limit of the local store: select fewer rows, columns or groups, or start "
    "it with more: `foundry-telemetry local --memory`."
)

_STATUS: Final = {TIMEOUT: 504, RESOURCES: 400, BAD_ARGUMENT: 400}


class QueryError(Exception):
    """A query, or the request for it, that cannot be answered.

    Its message is for people, names the construct and its place, and never the SQL that was made of a query.

    Args:
        message: What is wrong.
        code: As above.
        reason: Kusto's code, such as ``SYN0002`` and ``SEM0100``, or one of ours.
        line: Where in the text, from 1.
        position: Where in the line, from 1.
        construct: What cannot be answered: an operator, a function, a name.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = BAD_ARGUMENT,
        reason: str = "General_BadRequest",
        line: int | None = None,
        position: int | None = None,
        construct: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.line = line
        self.position = position
        self.construct = construct

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""
        return _STATUS.get(self.code, 400)


def too_large(message: str) -> QueryError:
    """Of a query that needs more memory than it may take."""
    return QueryError(message, code=RESOURCES, reason="E_LOW_MEMORY_CONDITION")


def timed_out(message: str = "The query timed out.") -> QueryError:
    """Of a query that takes longer than it may."""
    return QueryError(message, code=TIMEOUT, reason="E_QUERY_TIMEOUT")
