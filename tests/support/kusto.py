"""Packages of npm for tests, Microsoft's KQL parser above all: there, or a reason why not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dashboards.builder.kusto.package import PARSER, FetchError, NpmProject, installed

UNREACHABLE = re.compile(
    r"code (?:ENOTFOUND|EAI_\w+|ECONN\w+|E(?:HOST|NET)\w+|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E5\d\d)"
)


def need_parser() -> None:
    """Have the parser; see `need`."""
    need(PARSER)


def need(project: NpmProject) -> Path:
    """Have packages; skip where npm can reach no registry to fetch them from, but fail where ``CI=true``.

    Returns:
        The folder in which Node finds them.
    """
    try:
        return installed(project)
    except FetchError as error:
        skip_if_unreachable(error)
        raise


def skip_if_unreachable(error: FetchError) -> None:
    """Skip where that is why, and it may be."""
    if os.environ.get("CI") != "true" and UNREACHABLE.search(str(error)):
        pytest.skip(str(error))
