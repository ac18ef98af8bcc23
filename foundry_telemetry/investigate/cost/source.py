"""Where questions go: a local Azure Monitor, or a workspace in Azure. The same KQL, the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

Row = Mapping[str, Any]
Ask = Callable[[str], list[Row]]
"""Takes KQL and gives rows; times are aware, in UTC."""

LOCAL: Final = "http://127.0.0.1:4319"
"""Where ``foundry-telemetry local`` listens."""

_TIMEOUT_S: Final = 60.0


class SourceError(Exception):
    """The question was not answered; the message says why and what to do."""


def local(url: str) -> Ask:
    """Asks a local Azure Monitor.

    Args:
        url: Of its page.
    """
    base = url.rstrip("/")

    def ask(kql: str) -> list[Row]:
        try:
            # Not through a proxy of the environment: it is this machine.
            with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
                answer = client.post(f"{base}/v1/workspaces/local/query", json={"query": kql})
            told = answer.json()
        except httpx.HTTPError as error:
            raise SourceError(
                f"no answer from {base} ({type(error).__name__}): start `foundry-telemetry local`, or say "
                "where with --url URL or --workspace ID"
            ) from error
        except ValueError as error:
            raise SourceError(f"{base} answers, but is no local Azure Monitor: expected JSON") from error
        if answer.is_error or "tables" not in told:
            raise SourceError(f"{base} refused the query: {told.get('error', {}).get('message', answer)}")
        return _rows(told["tables"][0])

    return ask


def azure(workspace: str) -> Ask:
    """Asks a Log Analytics workspace, as whom azure-identity finds.

    Args:
        workspace: Its id, a GUID.

    Raises:
        ModuleNotFoundError: The extra ``cli`` is not installed.
    """
    from azure.core.exceptions import AzureError  # noqa: PLC0415 - only when Azure is asked
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - as above
    from azure.monitor.query import LogsQueryClient, LogsQueryResult  # noqa: PLC0415 - as above

    def ask(kql: str) -> list[Row]:
        with DefaultAzureCredential() as credential, LogsQueryClient(credential) as client:
            try:
                answer = client.query_workspace(workspace, kql, timespan=None)
            except AzureError as error:
                raise SourceError(
                    f"the workspace {workspace!r} did not answer ({type(error).__name__}): expected its id, "
                    "a GUID, and an identity with the role Log Analytics Reader; try `az login`"
                ) from error
        if not isinstance(answer, LogsQueryResult):
            raise SourceError(f"the workspace {workspace!r} gave a part of the answer: ask less")
        table = answer.tables[0]
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    return ask


def _rows(table: Mapping[str, Any]) -> list[Row]:
    """Rows as dictionaries, times as times."""
    columns = [(column["name"], column["type"] == "datetime") for column in table["columns"]]
    return [
        {
            name: _time(value) if is_time and value is not None else value
            for (name, is_time), value in zip(columns, row, strict=True)
        }
        for row in table["rows"]
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
