"""What is said when a source does not answer: what failed, and what to check. Never what the service wrote.

Messages of Azure can name principals and tenants, so only codes and statuses are repeated.
"""

from __future__ import annotations

import re
from typing import Final

_AADSTS: Final = re.compile(r"AADSTS\d{4,8}")
_CODE: Final = re.compile(r"[A-Za-z]{1,64}")

_SIGN_IN: Final = (
    "sign in with `az login` (or set AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret, or run where a managed "
    "identity is), then see who you are with `az account show`"
)
_STATUS: Final = {
    400: "either it is not the workspace that your Application Insights resource sends to, and lacks its "
    "tables, or this version is too old: `pip install -U 'foundry-telemetry[cli]'`",
    401: f"the token was refused; {_SIGN_IN}; for another cloud give its query API with --url",
    403: "you may not read it; you need the role Log Analytics Reader on the workspace: `az role assignment "
    "create --role 'Log Analytics Reader' --assignee <principal-id> --scope <workspace-id>`",
    404: "there is no such workspace in this cloud; find its id with `az monitor log-analytics workspace "
    'list --query "[].[name, customerId]" -o tsv`',
    429: "too many queries at a time; wait a minute, or close dashboards that ask the same workspace",
    504: "the query took too long; look at a shorter time with --since 30m",
}
"""What to check, by status of the answer."""

_UNAVAILABLE: Final = "the service failed; try again in a minute, or look at Azure Service Health"
_FIRST_SERVER_ERROR: Final = 500
_START_LOCAL: Final = (
    "start it with `foundry-telemetry local`, name another address with --url, or ask Azure with "
    "--workspace ID"
)
_UNREACHABLE: Final = (
    "check DNS, proxy and firewall of this machine, and whether the workspace allows queries from public "
    "networks (`az monitor log-analytics workspace show`, publicNetworkAccessForQuery)"
)


def explained(error: Exception, name: str, *, is_local: bool) -> str:
    """Why there is no answer, and what to check.

    Args:
        error: What the client raised.
        name: Who was asked.
        is_local: Whether that is the local Azure Monitor.
    """
    from azure.core import exceptions as azure  # noqa: PLC0415 - takes a while

    # The client hands on what the credential raised in an error of its own, without a status.
    behind = error.__context__ or error
    if isinstance(behind, azure.ClientAuthenticationError) and behind.status_code is None:
        code = _AADSTS.search(str(behind))
        return f"no token for {name}{f' ({code[0]})' if code else ''}: {_SIGN_IN}"
    if isinstance(error, azure.HttpResponseError) and error.status_code is not None:
        return _refused(error, name, is_local=is_local)
    if isinstance(error, (azure.ServiceRequestTimeoutError, azure.ServiceResponseTimeoutError)):
        return f"{name} did not answer in time: try again, or look at a shorter time with --since 30m"
    if isinstance(error, azure.ServiceRequestError):
        return f"{name} cannot be reached: {_START_LOCAL if is_local else _UNREACHABLE}"
    if isinstance(error, azure.AzureError):
        return f"{name} broke off its answer ({type(error).__name__}): try again"
    return f"{name} gave no answer that can be read ({type(error).__name__}): {_what_else(is_local=is_local)}"


def _refused(error: object, name: str, *, is_local: bool) -> str:
    status = int(getattr(error, "status_code", 0))
    code = getattr(getattr(error, "error", None), "code", None)
    reported = f"{status}, {code}" if isinstance(code, str) and _CODE.fullmatch(code) else str(status)
    if is_local and status not in (400, 504):
        return f"what answers as {name} is none (status {reported}): {_START_LOCAL}"
    check = _STATUS.get(status, _UNAVAILABLE if status >= _FIRST_SERVER_ERROR else _UNREACHABLE)
    return f"{name} refused the query (status {reported}): {check}"


def _what_else(*, is_local: bool) -> str:
    return _START_LOCAL if is_local else _UNREACHABLE
