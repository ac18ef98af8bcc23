"""When a source does not answer: whether to ask again, what failed, and what to check.

Never what the service wrote: messages of Azure can name principals and tenants, so only codes and statuses
are repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from foundry_telemetry.investigate import texts

_AADSTS: Final = re.compile(r"AADSTS\d{4,8}")
_CODE: Final = re.compile(r"[A-Za-z]{1,64}")
_FIRST_SERVER_ERROR: Final = 500

_Answer = TypeVar("_Answer")


def answered(ask: Callable[[], _Answer]) -> _Answer:
    """What a query gives; one that was cut off is asked once more.

    The client repeats no POST, as it may have changed something; a query changes nothing.
    """
    from azure.core import exceptions as azure  # noqa: PLC0415 - takes a while

    try:
        return ask()
    except azure.ServiceResponseTimeoutError:
        raise
    except azure.ServiceResponseError:
        return ask()


def explained(error: Exception, name: str, *, is_local: bool) -> str:
    """Why there is no answer, and what to check.

    Args:
        error: What the client raised.
        name: Who was asked.
        is_local: Whether that is the local Azure Monitor.
    """
    from azure.core import exceptions as azure  # noqa: PLC0415 - takes a while

    kind, check = type(error).__name__, texts.START_LOCAL if is_local else texts.CHECK_NETWORK
    # The client hands on what the credential raised in an error of its own, without a status.
    behind = error.__context__ or error
    if isinstance(behind, azure.ClientAuthenticationError) and behind.status_code is None:
        code = _AADSTS.search(str(behind))
        return texts.NO_TOKEN.format(name=name, code=f" ({code[0]})" if code else "")
    if isinstance(error, azure.HttpResponseError) and error.status_code is not None:
        return _refused(error, name, is_local=is_local)
    if isinstance(error, (azure.ServiceRequestTimeoutError, azure.ServiceResponseTimeoutError)):
        return texts.TIMED_OUT.format(name=name)
    if isinstance(error, azure.ServiceRequestError):
        return texts.UNREACHABLE.format(name=name, check=check)
    if isinstance(error, azure.AzureError):
        return texts.INTERRUPTED.format(name=name, error=kind)
    return texts.UNREADABLE.format(name=name, error=kind, check=check)


def _refused(error: object, name: str, *, is_local: bool) -> str:
    status = int(getattr(error, "status_code", 0))
    code = getattr(getattr(error, "error", None), "code", None)
    reported = f"{status}, {code}" if isinstance(code, str) and _CODE.fullmatch(code) else str(status)
    if is_local and status == HTTPStatus.UNAUTHORIZED:
        return texts.LOCAL_UNAUTHORIZED.format(name=name)
    if is_local and status not in (400, 504):
        return texts.ANOTHER_SERVER.format(name=name, status=reported, check=texts.START_LOCAL)
    fallback = texts.UNAVAILABLE if status >= _FIRST_SERVER_ERROR else texts.CHECK_NETWORK
    return texts.REFUSED.format(name=name, status=reported, check=texts.BY_STATUS.get(status, fallback))
