"""The Delete Data API of a workspace, as far as `foundry-telemetry content erase` uses it.

As in Azure a request is accepted with 202, and what became of it is asked for at the address in the header
``Azure-AsyncOperation``. Here it is done before the answer goes out.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import duckdb
import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.ingestion.refusals import RefusedError
from foundry_telemetry.ingestion.request_body import read_body
from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.ingest.row_builder import stored_columns

if TYPE_CHECKING:
    from starlette.requests import Request

    from foundry_telemetry.local.store.store import Store

_PROVIDER: Final = "/providers/Microsoft.OperationalInsights"
_DELETE: Final = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    + _PROVIDER
    + "/workspaces/{workspace}/tables/{table}"
    "/deleteData"
)
_STATUS: Final = (
    "/subscriptions/{subscription}" + _PROVIDER + "/locations/local/operationstatuses/{operation}"
)
_OPERATORS: Final = {"==": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<=", "in": "IN"}
_MOST: Final = 100
"""Requests whose outcome is remembered."""
_JSON: Final = "application/json"


class _Filter(Struct, frozen=True, forbid_unknown_fields=True):
    column: str
    operator: str
    value: str | list[str]


class _Body(Struct, frozen=True):
    filters: list[_Filter]


class DeleteData:
    """Deletes rows of a store.

    Args:
        store: Has the rows.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: OrderedDict[str, int] = OrderedDict()

    def routes(self) -> tuple[Route, ...]:
        """Where it is asked for, and where its outcome is."""
        return (
            Route(_DELETE, self._delete, methods=["POST"]),
            Route(_STATUS, self._status, methods=["GET"]),
        )

    async def _delete(self, request: Request) -> Response:
        table = request.path_params["table"]
        if table not in tables():
            raise RefusedError(404, f"there is no table {table!r}")
        where, values = _condition(table, await read_body(request))
        try:
            rows = await asyncio.to_thread(self._store.delete, table, where, values)
        except duckdb.DataError as error:
            raise RefusedError(400, "a value does not have the type of its column") from error
        operation = str(uuid.uuid4())
        self._done[operation] = rows
        while len(self._done) > _MOST:
            self._done.popitem(last=False)
        path = _STATUS.format(subscription=request.path_params["subscription"], operation=operation)
        status = f"http://{request.headers['host']}{path}?api-version={_version(request)}"
        return Response(status_code=202, headers={"azure-asyncoperation": status})

    async def _status(self, request: Request) -> Response:
        rows = self._done.get(request.path_params["operation"])
        if rows is None:
            raise RefusedError(404, "there is no such operation")
        found = {"status": "Succeeded", "properties": {"RecordCount": rows, "Status": "Completed"}}
        return Response(msgspec.json.encode(found), media_type=_JSON)


def _version(request: Request) -> str:
    return "".join(filter(str.isalnum, request.query_params.get("api-version", "")))


def _condition(table: str, body: bytes) -> tuple[str, list[Any]]:
    """The filters as SQL, and the values of its parameters.

    Raises:
        RefusedError: They are none.
    """
    try:
        filters = msgspec.json.decode(body, type=_Body).filters
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, f"expected filters: {error}") from error
    types = {column.name: column.sql_type for column in tables()[table].columns}
    stored = stored_columns()[table]
    parts: list[str] = []
    values: list[Any] = []
    for one in filters:
        is_list = isinstance(one.value, list)
        if one.column not in stored or one.operator not in _OPERATORS or is_list != (one.operator == "in"):
            raise RefusedError(400, f"filter {one.column!r} {one.operator!r} is not supported")
        listed = one.value if isinstance(one.value, list) else [one.value]
        marks = ", ".join(f"?::{types[one.column]}" for _ in listed)
        parts.append(f'"{one.column}" {_OPERATORS[one.operator]} ' + (f"({marks})" if is_list else marks))
        values += listed
    if not parts:
        raise RefusedError(400, "at least one filter is needed")
    return " AND ".join(parts), values
