"""A local Azure Monitor that listens, in a thread."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from foundry_telemetry.ingestion import access_token
from foundry_telemetry.ingestion.fault_injection import FaultInjection
from foundry_telemetry.local.api.access import Access
from foundry_telemetry.local.api.app import application
from foundry_telemetry.local.api.status import connection_string
from foundry_telemetry.local.engine.query import Query, Table
from foundry_telemetry.local.store.database import MEMORY
from foundry_telemetry.local.store.store import Store
from foundry_telemetry.serving import LoopbackServer, PortError

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from starlette.applications import Starlette


def default_path() -> Path:
    """The database file in the user's data folder."""
    return platformdirs.user_data_path("foundry-telemetry", appauthor=False) / "telemetry.duckdb"


class LocalAzureMonitor:
    """Takes telemetry, answers KQL and shows the workbook until the ``with`` block ends.

    Args:
        db: The database file, or ``":memory:"``.
        port: On 127.0.0.1; 0 lets the system choose.
        retention_days: Rows older than this are deleted.
        workbook: The workbook that the page shows; the shipped one where it is not given.
        memory: Mebibytes that the process may take; by the machine where it is not given.
        token: The access token; that of the environment or a new one where it is not given.
        allow_anonymous: Let everybody on this machine read, without a token.

    Raises:
        StoreError: The file cannot be used.
        PortError: The port cannot be used.
        TokenError: The token has another form.
    """

    def __init__(
        self,
        db: str | Path = MEMORY,
        port: int = 0,
        retention_days: float = 30,
        *,
        workbook: Path | None = None,
        memory: int | None = None,
        token: str | None = None,
        allow_anonymous: bool = False,
    ) -> None:
        self.token = access_token.new_token(os.environ) if token is None else access_token.checked(token)
        """What a request must carry, as in `headers`."""
        self._access = Access(self.token, is_anonymous=allow_anonymous)
        self._opener: Path | None = None
        self.store = Store(db, retention_days=retention_days, memory=memory)
        self.fault_injection = FaultInjection()
        """Makes the ingestion endpoint fail."""
        self._query: Query | None = None
        try:
            app = application(
                self.store,
                self._access,
                workbook=workbook,
                fault_injection=self.fault_injection,
                memory=memory,
            )
            self._server = _listening(app, port)
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Self:
        self._server.__enter__()
        self._opener = access_token.publish(self._server.port, self.token, self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self.store.close)
            stack.callback(self._server.__exit__, None, None, None)
            stack.callback(access_token.withdraw, self._server.port, self.token)

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end."""
        return self._server.url

    @property
    def link(self) -> str:
        """The address that opens the page."""
        return self.url if self._access.is_anonymous else access_token.link(self.url, self.token)

    @property
    def opener(self) -> str:
        """What to start a browser with: a file that leads to the link, which others must not see."""
        if self._access.is_anonymous or self._opener is None:
            return self.link
        return self._opener.as_uri()

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which a client may read."""
        return access_token.headers(self.token)

    @property
    def connection_string(self) -> str:
        """What the exporter needs, and nothing else."""
        return connection_string(self.url, self.store.key)

    def query(self, kql: str, timespan: str | None = None, now: datetime | None = None) -> Table:
        """Answer KQL without going through HTTP; see `Query.run`."""
        if self._query is None:
            self._query = Query(self.store)
        return self._query.run(kql, timespan, now)


def _listening(app: Starlette, port: int) -> LoopbackServer:
    try:
        return LoopbackServer(app, port=port)
    except OSError as error:
        raise PortError(error, port, "--port 0") from error
