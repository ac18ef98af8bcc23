"""Sends the requests that delete, and asks what became of them: Azure Resource Manager, or the local one.

Nothing that the service writes is repeated but codes: its messages can name principals and tenants.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from msgspec import Struct

from foundry_telemetry.investigate.erasure import texts
from foundry_telemetry.investigate.erasure.plan import Api, Request

if TYPE_CHECKING:
    from azure.core import PipelineClient

AZURE: Final = "https://management.azure.com"
LOCAL_WORKSPACE: Final = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.OperationalInsights/workspaces/local"
)
WAIT_S: Final = 300.0
"""Seconds until a deletion that goes on is left to itself; most take a few minutes, some days."""

_RESOURCE: Final = re.compile(
    r"/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.OperationalInsights/workspaces/[A-Za-z0-9-]{4,63}",
    re.ASCII | re.IGNORECASE,
)
_CODE: Final = re.compile(r"[A-Za-z]{1,64}", re.ASCII)
_PAUSE_S: Final = 10.0
_DONE: Final = ("succeeded", "completed")
_FAILED: Final = ("failed", "canceled")


class EndpointError(ValueError):
    """No place where a deletion could be asked for; the message says what would be one."""


class Outcome(Struct, frozen=True):
    """What became of one request."""

    table: str
    state: str
    """``deleted``, ``accepted``, ``failed``, ``absent``, ``forbidden``, ``limited``, ``refused``,
    ``no_token`` or ``unreachable``."""
    rows: int | None = None
    """Deleted ones, where the service says how many."""
    url: str | None = None
    """Where its status is."""
    status: int | None = None
    code: str | None = None
    retry_after_s: int | None = None


class Management:
    """Deletes in one workspace; use it in a ``with`` block.

    Args:
        client: Sends requests, with what they need to be let in.
        url: Of the API.
        workspace: The resource ID.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, client: PipelineClient[Any, Any], url: str, workspace: str, sleep: Callable[[float], None]
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._workspace = workspace
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, request: Request, api: Api, wait_s: float = WAIT_S) -> Outcome:
        """Have something deleted; never raises for what the service or the network does.

        Args:
            request: What.
            api: By which API.
            wait_s: Seconds to wait until it is done.
        """
        from azure.core.exceptions import (  # noqa: PLC0415 - takes a while
            AzureError,
            ClientAuthenticationError,
        )

        try:
            answer = self._asked("POST", f"{self._url}{self._workspace}{request.path}", request.body)
            if answer.status_code not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
                return _refused(request.table, answer)
            header = "azure-asyncoperation" if api == "delete" else "x-ms-status-location"
            url = answer.headers.get(header) or answer.headers.get("location")
            return self._followed(request.table, url, wait_s)
        except ClientAuthenticationError:
            return Outcome(request.table, "no_token")
        except AzureError as error:
            return Outcome(request.table, "unreachable", code=type(error).__name__)

    def _followed(self, table: str, url: str | None, wait_s: float) -> Outcome:
        """What became of an accepted request, as far as that is known in time."""
        if url is None or urlsplit(url)[:2] != urlsplit(self._url)[:2]:  # the token goes to no other host
            return Outcome(table, "accepted", url=url)
        waited = 0.0
        while True:
            answer = self._asked("GET", url, None)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                return Outcome(table, "accepted", url=url)
            found = _object(answer)
            state = str(found.get("status", "")).lower()
            if state in _DONE:
                return Outcome(table, "deleted", rows=_rows(found), url=url)
            if state in _FAILED:
                return Outcome(table, "failed", url=url, code=_code(found))
            pause = _seconds(answer.headers)
            pause_s = _PAUSE_S if pause is None else pause
            if waited + max(pause_s, 1.0) > wait_s:
                return Outcome(table, "accepted", url=url)
            self._sleep(pause_s)
            waited += max(pause_s, 1.0)

    def _asked(self, method: str, url: str, body: object) -> Any:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - takes a while

        return self._client.send_request(HttpRequest(method, url, json=body))


def checked_resource(text: str) -> str:
    """The resource ID of a workspace.

    Raises:
        EndpointError: It is none.
    """
    if not _RESOURCE.fullmatch(text):
        raise EndpointError(texts.NOT_A_RESOURCE.format(text=text[:200]))
    return text


def check(resource: str | None, url: str) -> None:
    """Refuse what `checked_resource` and `azure` would refuse, before anything is asked.

    Raises:
        EndpointError: The resource is none, or the endpoint would get a token over plain HTTP.
    """
    if resource is not None:
        checked_resource(resource)
    if not url.startswith("https://"):
        raise EndpointError(texts.NOT_HTTPS.format(url=url[:200]))


def azure(workspace: str, url: str, sleep: Callable[[float], None]) -> Management:
    """A workspace in Azure, with `DefaultAzureCredential`.

    Raises:
        EndpointError: The endpoint would get a token over plain HTTP.
    """
    check(None, url)
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy  # noqa: PLC0415 - takes a while
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    policy = BearerTokenCredentialPolicy(DefaultAzureCredential(), f"{url.rstrip('/')}/.default")
    return Management(client(url, policy), url, workspace, sleep)


def local(
    url: str, sleep: Callable[[float], None], environment: Mapping[str, str] = os.environ
) -> Management:
    """The local Azure Monitor at an address on this machine."""
    from azure.core.pipeline.policies import HeadersPolicy  # noqa: PLC0415 - takes a while

    from foundry_telemetry.ingestion import access_token  # noqa: PLC0415 - not needed for Azure

    policy = HeadersPolicy(access_token.headers(access_token.of_server(url, environment)))
    return Management(client(url, policy, is_local=True), url, LOCAL_WORKSPACE, sleep)


def client(url: str, policy: Any, *, is_local: bool = False) -> PipelineClient[Any, Any]:
    """A client that tries once: a limit of requests an hour is for the user to wait out.

    Args:
        url: Of the API.
        policy: What lets requests in.
        is_local: Whether no proxy stands before the address.
    """
    from azure.core import PipelineClient  # noqa: PLC0415 - takes a while
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415

    transport = RequestsTransport(use_env_settings=not is_local)
    return PipelineClient(url, policies=[policy], transport=transport)


_STATES: Final = {
    HTTPStatus.UNAUTHORIZED: "forbidden",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.TOO_MANY_REQUESTS: "limited",
    HTTPStatus.NOT_FOUND: "absent",
}


def _refused(table: str, answer: Any) -> Outcome:
    state = _STATES.get(answer.status_code, "refused")
    code, after = _code(_object(answer)), _seconds(answer.headers)
    return Outcome(table, state, status=answer.status_code, code=code, retry_after_s=after)


def _object(answer: Any) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _code(found: Mapping[str, Any]) -> str | None:
    error = found.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _rows(found: Mapping[str, Any]) -> int | None:
    properties = found.get("properties")
    rows = properties.get("RecordCount") if isinstance(properties, dict) else None
    return rows if isinstance(rows, int) else None


def _seconds(headers: Mapping[str, str]) -> int | None:
    after = headers.get("retry-after", "")
    return int(after) if after.isascii() and after.isdigit() else None
