"""Microsoft's KQL parser for tests: there, or a reason why not."""

from __future__ import annotations

import os
import re

import pytest

from dashboards.builder.kusto.package import FetchError, parser

UNREACHABLE = re.compile(
    r"code (?:ENOTFOUND|EAI_\w+|ECONN\w+|E(?:HOST|NET)\w+|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E5\d\d)"
)


def need_parser() -> None:
    """Have the parser; skip where npm can reach no registry to fetch it from, but fail where ``CI=true``."""
    try:
        parser()
    except FetchError as error:
        skip_if_unreachable(error)
        raise


def skip_if_unreachable(error: FetchError) -> None:
    """Skip where that is why, and it may be."""
    if os.environ.get("CI") != "true" and UNREACHABLE.search(str(error)):
        pytest.skip(str(error))
