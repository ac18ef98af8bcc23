"""The access token of a local Azure Monitor: made at its start, and found by the commands of the same user.

*State folder*: the user's own, where a running server keeps two files that nobody else can read: its token,
and a page that leads a browser to its link. A browser is started with the path of that page, because every
account of the machine can read the command line of a process.
"""

from __future__ import annotations

import html
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

VARIABLE: Final = "FOUNDRY_TELEMETRY_LOCAL_TOKEN"
"""The environment variable that gives a server its token, and a command that of the server it asks."""

PARAMETER: Final = "token"
"""The parameter of the link that carries it."""

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
"""For what is nobody else's business: the telemetry has user ids and what people put into their logs."""

_BYTES: Final = 32
_FORM: Final = re.compile(r"[A-Za-z0-9._~-]{16,256}", re.ASCII)
"""What stands in a link, a cookie and a header as it is."""

_PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0; url={link}"><title>Foundry telemetry</title>'
    '<a href="{link}">Open the workbook</a>\n'
)


class TokenError(Exception):
    """A token of another form; the message does not repeat it."""


def new_token(environment: Mapping[str, str]) -> str:
    """The token of a server that starts now: that of `VARIABLE`, else 256 random bits.

    Raises:
        TokenError: The variable has no such token.
    """
    given = environment.get(VARIABLE, "")
    return checked(given) if given else secrets.token_urlsafe(_BYTES)


def checked(token: str) -> str:
    """The same token.

    Raises:
        TokenError: It is too short, too long, or has other characters than a link can have.
    """
    if not _FORM.fullmatch(token):
        raise TokenError(
            f"the access token in {VARIABLE} is invalid: expected 16 to 256 letters, digits, '-', '_', '.', "
            "'~'; make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`"
        )
    return token


def headers(token: str | None) -> dict[str, str]:
    """What a request to the server carries; nothing where there is no token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def otlp_headers(token: str) -> str:
    """The same as the value of ``OTEL_EXPORTER_OTLP_HEADERS``, in which a blank is encoded."""
    return f"authorization=Bearer%20{token}"


def link(url: str, token: str) -> str:
    """The address that opens the page.

    Args:
        url: Of the server, without a slash at the end.
        token: Its token.
    """
    return f"{url}/?{PARAMETER}={token}"


def state_folder() -> Path:
    """Where tokens are kept: below ``XDG_STATE_HOME``, ``%LOCALAPPDATA%`` or ``~/.local/state``.

    Without `platformdirs`, which the commands do not need.
    """
    home = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".local" / "state") / "foundry-telemetry"


def token_file(port: int) -> Path:
    """The file with the token of the server on a port."""
    return state_folder() / f"local-{port}.token"


def publish(port: int, token: str, url: str) -> Path | None:
    """Keep a token where its user's commands find it.

    Returns:
        A file for a browser, which leads to the page; ``None`` where nothing can be written.
    """
    path = token_file(port)
    page = path.with_suffix(".html")
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        path.parent.chmod(PRIVATE_FOLDER)
        _write(path, f"{token}\n")
        _write(page, _PAGE.format(link=html.escape(link(url, token))))
    except OSError:
        return None
    return page


def withdraw(port: int, token: str) -> None:
    """Remove what `publish` wrote, unless another server has replaced it."""
    path = token_file(port)
    with suppress(OSError):
        if _read(path) == token:
            path.unlink()
            path.with_suffix(".html").unlink()


def of_server(url: str, environment: Mapping[str, str]) -> str | None:
    """The token of a server: that of `VARIABLE`, else that of its port; ``None`` where it is unknown.

    Args:
        url: Its address on this machine.
        environment: May hold `VARIABLE`.
    """
    given = environment.get(VARIABLE)
    if given:
        return given if _FORM.fullmatch(given) else None
    with suppress(OSError, ValueError):
        return _read(token_file(urlsplit(url).port or 80))
    return None


def _read(path: Path) -> str | None:
    token = path.read_text(encoding="ascii").strip()
    return token if _FORM.fullmatch(token) else None


def _write(path: Path, text: str) -> None:
    """Make or replace a file in one step; it never exists with another mode or a part of the text."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
