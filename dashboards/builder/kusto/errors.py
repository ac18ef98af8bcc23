"""Why there is no verdict."""

from __future__ import annotations


class KustoError(RuntimeError):
    """The check itself failed; this says nothing about the queries. The message names the repair."""
