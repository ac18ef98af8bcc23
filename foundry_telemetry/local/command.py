"""What ``foundry-telemetry local`` does and prints."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from foundry_telemetry.ingestion.access_token import TokenError
from foundry_telemetry.ingestion.items import StoreError
from foundry_telemetry.local.api.server import LocalAzureMonitor, default_path
from foundry_telemetry.local.api.status import status
from foundry_telemetry.local.browser import open_page
from foundry_telemetry.local.page import language_service
from foundry_telemetry.local.store.database import MEMORY
from foundry_telemetry.serving import PortError, serve_forever

_VARIABLE: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
_OTLP: Final = (
    "export OTEL_EXPORTER_OTLP_ENDPOINT='{otlp_endpoint}' OTEL_EXPORTER_OTLP_HEADERS='{otlp_headers}'"
)
_FAILED: Final = 1


def run(
    *,
    port: int,
    db: str | None,
    retention_days: float,
    workbook: Path | None,
    memory: int | None,
    allow_anonymous: bool,
    browser: bool,
    as_json: bool,
) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        port: On 127.0.0.1; 0 lets the system choose.
        db: The database file or ``":memory:"``; the one in the user's data folder where it is not given.
        retention_days: Rows older than this are deleted.
        workbook: Shown in place of the shipped one.
        memory: Mebibytes that it may take; by the machine where it is not given.
        allow_anonymous: Let everybody on this machine read, without the access token.
        browser: Open the page, where there is a browser with windows.
        as_json: Print where it listens as one line of JSON.

    Returns:
        The exit code: 0 after Ctrl-C, 143 after SIGTERM, 1 when file, port or token cannot be used.
    """
    # What the database makes for itself, such as its log, is nobody else's either.
    os.umask(0o077)
    path = default_path() if db is None else db
    try:
        azure = LocalAzureMonitor(
            path, port, retention_days, workbook=workbook, memory=memory, allow_anonymous=allow_anonymous
        )
    except (StoreError, PortError, TokenError) as error:
        print(f"foundry-telemetry: {error}", file=sys.stderr)  # noqa: T201 - this is the output of the command
        return _FAILED
    code = serve_forever(azure, partial(_report, azure, browser=browser, as_json=as_json))
    # A normal end: nothing was cut short.
    return 0 if code == 128 + 2 else code


def get_language_service() -> int:
    """Fetch the console's language service.

    Returns:
        The exit code: 1 when it could not be fetched.
    """
    try:
        home = language_service.fetch()
    except language_service.FetchError as error:
        print(f"foundry-telemetry: {error}", file=sys.stderr)  # noqa: T201 - this is the output of the command
        return _FAILED
    name = f"{language_service.NAME} {language_service.VERSION}"
    print(f"{name} (Microsoft, MIT) is in {home}: the console has completion.")  # noqa: T201 - as above
    return 0


def _report(azure: LocalAzureMonitor, *, browser: bool, as_json: bool) -> None:
    """Print where it listens and what it has."""
    report = {
        "url": azure.url,
        "link": azure.link,
        "token": azure.token,
        **status(azure.store, azure.query, azure.url, azure.token),
    }
    if as_json:
        print(json.dumps(report), flush=True)  # noqa: T201 - this is the output of the command
    else:
        _print_status(report, opened=browser and open_page(azure.opener))


def _print_status(report: dict[str, Any], *, opened: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    attempts, where = report["attempts"]["rows"], report["database"]
    kept = "in memory" if where == MEMORY else f"{where}, retention {report['retention_days']:g} days"
    noun = "attempt" if attempts == 1 else "attempts"
    since = f"; {attempts:,} {noun} since {report['attempts']['first'][:10]}" if attempts else ""
    lines = (
        ("workbook", Text(report["link"] + ("  (opened in your browser)" if opened else ""))),
        ("storage", Text(f"{kept}{since}")),
        ("", Text(f"export {_VARIABLE}='{report['connection_string']}'", style="cyan")),
        ("", Text(_OTLP.format(**report), style="cyan")),
        ("", Text("Set one of these before starting your service. Press Ctrl-C to stop.")),
    )
    for title, text in lines:
        console.print(Text.assemble((f"{title:10}", "bold"), text))
