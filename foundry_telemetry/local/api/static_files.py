"""The files of the page, and the workbook that it draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.kql import files
from foundry_telemetry.local.page import supported

if TYPE_CHECKING:
    from starlette.requests import Request

_FOLDER: Final = supported.PATH.parent
_TYPES: Final = MappingProxyType(
    {
        ".css": "text/css",
        ".html": "text/html",
        ".js": "text/javascript",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }
)
"""The files that are served, by their endings; licences and the like are not."""

_FRESH: Final = MappingProxyType({"cache-control": "no-cache"})


def routes(workbook: Path | None) -> Iterator[Route]:
    """One route for each file: a requested path is a key of a table, and never becomes part of a file's path.

    Args:
        workbook: The workbook to show; the shipped one where it is not given.
    """
    yield _route("/", _FOLDER / "index.html")
    for path in sorted(_FOLDER.rglob("*")):
        if path.suffix in _TYPES and path.is_file():
            yield _route(f"/page/{path.relative_to(_FOLDER).as_posix()}", path)
    yield _route("/workbook.json", workbook or files.folder() / files.WORKBOOK)


def _route(url: str, path: Path) -> Route:
    async def answer(_: Request) -> Response:
        return Response(path.read_bytes(), headers=dict(_FRESH), media_type=_TYPES[path.suffix])  # noqa: ASYNC240 - small

    return Route(url, answer)
