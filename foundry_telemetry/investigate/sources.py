"""Who answers KQL: a workspace in Azure or the local Azure Monitor, through one client.

The client is `LogsQueryClient` for both, so the queries and all that reads their answers are the same.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self
from urllib.parse import urlsplit

from foundry_telemetry.investigate import texts
from foundry_telemetry.investigate.display_safety import plain
from foundry_telemetry.investigate.source_errors import answered, explained
from foundry_telemetry.kql import compose, files, roads
from foundry_telemetry.kql.parameters import Value, substitute

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.monitor.query import LogsQueryClient

PORT: Final = 4319
"""Where ``foundry-telemetry local`` listens by default."""
CONNECTION_STRING: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
WORKSPACE: Final = "FOUNDRY_TELEMETRY_WORKSPACE"
"""The environment variable that stands for ``--workspace``."""
WITHOUT: Final = "FOUNDRY_TELEMETRY_WITHOUT_TABLES"
"""The environment variable with tables of a workspace that no query reads: those on the Basic plan."""

WAIT_S: Final = 60
"""Seconds that a query may take."""

_ANY_WORKSPACE: Final = "00000000-0000-0000-0000-000000000000"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_ENDPOINT: Final = re.compile(r"(?:^|;)\s*IngestionEndpoint\s*=\s*([^;\s]+)", re.IGNORECASE)

Row = Mapping[str, Any]


class SourceError(Exception):
    """There is no answer; the message says why and what to check."""

    status: int | None = None
    """Of the response, where there was one that refused."""


class Source:
    """Answers the queries of ``dashboards/investigate``; use it in a ``with`` block.

    Args:
        client: Of Log Analytics; closed at the end.
        workspace: The id of the workspace.
        name: What to call it to a person.
        is_local: Whether it is the local Azure Monitor.
    """

    options: str = ""
    """How it was chosen, as a command to copy repeats it: empty, or begins with a blank."""
    without: frozenset[str] = frozenset()
    """The tables of `roads.OTHERS` that its queries leave out."""

    def __init__(self, client: LogsQueryClient, workspace: str, name: str, *, is_local: bool) -> None:
        self._client = client
        self._workspace = workspace
        self.name = name
        self.is_local = is_local

    @property
    def doctor_options(self) -> str:
        """The same for ``doctor``, which looks at a workspace only."""
        return "" if self.is_local else _options(workspace=self._workspace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, query: str, values: Mapping[str, Value], raw: frozenset[str] = frozenset()) -> list[Row]:
        """Ask one query; several threads may.

        Args:
            query: The name of its file.
            values: For its parameters, each checked by whoever gives it.
            raw: Columns of JSON, which whoever reads them makes harmless.

        Returns:
            The rows. Times are UTC, texts are `values.plain`; what is unknown is absent.

        Raises:
            SourceError: There is no answer, or a part of it only.
        """
        return self.answer(substitute(compose.composed(files.investigation(query)), values), raw)

    def answer(self, text: str, raw: frozenset[str] = frozenset(), wait_s: int = WAIT_S) -> list[Row]:
        """Ask a whole query, as `ask` does, and wait for so many seconds at most."""
        from azure.monitor.query import LogsQueryPartialResult  # noqa: PLC0415 - takes a while

        text = roads.without(text, self.without) if self.without else text
        options: Any = {"timespan": None, "server_timeout": wait_s}
        try:
            result = answered(lambda: self._client.query_workspace(self._workspace, text, **options))
        except Exception as error:
            refusal = SourceError(explained(error, self.name, is_local=self.is_local))
            refusal.status = getattr(error, "status_code", None)
            raise refusal from error
        if isinstance(result, LogsQueryPartialResult):
            raise SourceError(texts.PARTIAL.format(name=self.name))
        return [_row(table.columns, row, raw) for table in result.tables for row in table.rows]


def _row(columns: list[str], cells: Any, raw: frozenset[str]) -> Row:
    """A row as a mapping, without what is unknown."""
    reported = zip(columns, cells, strict=True)
    return {name: _cell(cell, raw=name in raw) for name, cell in reported if _is_reported(cell)}


def _is_reported(cell: object) -> bool:
    """Unknown text is empty; a number that is none is unknown too."""
    return cell is not None and cell != "" and not (isinstance(cell, float) and not math.isfinite(cell))


def _cell(cell: object, *, raw: bool) -> object:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)  # the client brings a zone of its own
    return plain(cell) if isinstance(cell, str) and not raw else cell


def choose(
    source: str | None, workspace: str | None, url: str | None, environment: Mapping[str, str]
) -> Source:
    """The source that is meant.

    Args:
        source: ``local`` or ``azure``; without it Azure where there is a workspace, else local.
        workspace: The id of a workspace in Azure.
        url: Of the local Azure Monitor, or of the query API of another cloud.
        environment: May hold `WORKSPACE`, `WITHOUT`, and a `CONNECTION_STRING` with the address of the local
            one.

    Raises:
        SourceError: What is needed for it is missing or has another form.
    """
    check(source, workspace, url, environment)
    if _is_local(source, workspace):
        chosen = local(url or local_url(environment), environment)
        chosen.options = _options(source=source, url=url)
        return chosen
    chosen = azure(workspace or "", url)
    chosen.options = _options(source=source, workspace=workspace, url=url)
    chosen.without = _left_out(environment.get(WITHOUT, ""))
    return chosen


def check(
    source: str | None, workspace: str | None, url: str | None, environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse what `choose` would refuse, without opening anything: for who asks later. Arguments as there.

    Raises:
        SourceError: What is needed for it is missing or has another form.
    """
    if _is_local(source, workspace):
        _check_local(url)
        return
    if not workspace:
        raise SourceError(texts.NO_WORKSPACE.format(variable=WORKSPACE))
    _check_azure(workspace, url)
    _left_out(environment.get(WITHOUT, ""))


def _is_local(source: str | None, workspace: str | None) -> bool:
    return source == "local" or (source is None and workspace is None)


def _check_local(url: str | None) -> None:
    if url and not _is_loopback(url):
        raise SourceError(texts.NOT_LOCAL.format(url=plain(url), port=PORT))


def _check_azure(workspace: str, endpoint: str | None) -> None:
    if not _GUID.fullmatch(workspace):
        raise SourceError(texts.NOT_A_WORKSPACE.format(workspace=plain(workspace), variable=WORKSPACE))
    if endpoint is not None and not _is_query_api(endpoint):
        raise SourceError(texts.NOT_A_QUERY_API.format(url=plain(endpoint)))


def _left_out(given: str) -> frozenset[str]:
    named = frozenset(filter(None, re.split(r"[\s,]+", given)))
    known = frozenset(road.table for road in roads.OTHERS)
    if not named <= known:
        unknown, expected = (", ".join(sorted(some)) for some in (named - known, known))
        raise SourceError(texts.NO_OTHER_TABLE.format(variable=WITHOUT, given=plain(unknown), known=expected))
    return named


def _options(**given: str | None) -> str:
    """Options as a shell takes them, each after a blank."""
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in given.items() if value is not None)


def local_url(environment: Mapping[str, str]) -> str:
    """Where the local Azure Monitor should be: by the service's connection string, else by its port."""
    endpoint = _ENDPOINT.search(environment.get(CONNECTION_STRING, ""))
    if endpoint and _is_loopback(endpoint[1]):
        return endpoint[1].rstrip("/")
    return f"http://127.0.0.1:{PORT}"


def local(url: str, environment: Mapping[str, str] = os.environ) -> Source:
    """The local Azure Monitor at an address.

    Args:
        url: Its address.
        environment: May hold its access token, which else its own user's state folder has.

    Raises:
        SourceError: It is no address on this machine.
    """
    _check_local(url)
    from azure.core.pipeline.policies import HeadersPolicy  # noqa: PLC0415 - takes a while
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415
    from azure.monitor.query import LogsQueryClient  # noqa: PLC0415

    from foundry_telemetry.ingestion import access_token  # noqa: PLC0415 - not needed for Azure

    client = LogsQueryClient(
        _NoCredential(),
        endpoint=url.rstrip("/"),
        # No token of Azure goes over plain HTTP, and no proxy stands before loopback.
        authentication_policy=HeadersPolicy(access_token.headers(access_token.of_server(url, environment))),
        transport=RequestsTransport(use_env_settings=False),
        retry_total=0,
    )
    name = texts.LOCAL_SOURCE.format(url=url.rstrip("/"))
    return Source(client, _ANY_WORKSPACE, name, is_local=True)


def azure(workspace: str, endpoint: str | None = None) -> Source:
    """A workspace in Azure, with `DefaultAzureCredential`.

    Raises:
        SourceError: There is no id of a workspace, or the endpoint would get a token over plain HTTP.
    """
    _check_azure(workspace, endpoint)
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - takes a while
    from azure.monitor.query import LogsQueryClient  # noqa: PLC0415

    options: dict[str, Any] = {} if endpoint is None else {"endpoint": endpoint}
    client = LogsQueryClient(
        DefaultAzureCredential(),
        retry_total=2,
        connection_timeout=10,
        read_timeout=WAIT_S + 10,
        **options,
    )
    return Source(client, workspace, texts.AZURE_SOURCE.format(workspace=workspace), is_local=False)


class _NoCredential:
    """Never asked: the policy that would ask is replaced."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        self._fail()

    def _fail(self) -> NoReturn:
        raise RuntimeError("the local Azure Monitor needs no token")


def _is_loopback(url: str) -> bool:
    scheme, host = _address(url)
    return scheme == "http" and host in _LOOPBACK


def _is_query_api(url: str) -> bool:
    scheme, host = _address(url)
    return scheme == "https" and bool(host)


def _address(url: str) -> tuple[str, str | None]:
    """Scheme and host of an address; without a host where its port is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None
    return parts.scheme, None if port == 0 else parts.hostname
