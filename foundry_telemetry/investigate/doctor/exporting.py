"""Where telemetry is told to go, and what the environment takes away from it on the way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from foundry_telemetry.azure.sampling import KEEP_ALL, SAMPLER, SAMPLER_ARG, read_sampling
from foundry_telemetry.azure.settings import CONNECTION_STRING, read_settings
from foundry_telemetry.disabled import VARIABLE, read_switch
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, warning

_ENDPOINT: Final = "https://dc.services.visualstudio.com"
"""Where the exporter sends to when the connection string names no endpoint."""

_LOSING: Final = {
    "always_off": "no trace is kept",
    "microsoft.fixed.percentage": "a part of the traces is kept",
    "microsoft.fixed_percentage": "a part of the traces is kept",
    "microsoft.rate_limited": "only some spans a second are kept",
    "parentbased_always_off": "no trace is kept that begins here",
    "parentbased_trace_id_ratio": "a part of the traces is kept, and Azure cannot make up for the others",
    "trace_id_ratio": "a part of the traces is kept, and Azure cannot make up for the others",
}
"""What each sampler of the environment does, where it does not keep everything."""

_SWITCHES: Final = (
    ("OTEL_SDK_DISABLED", "true", "nothing at all is recorded"),
    ("OTEL_TRACES_EXPORTER", "none", "no spans reach Azure"),
    ("OTEL_LOGS_EXPORTER", "none", "no ledger reaches Azure"),
    ("OTEL_METRICS_EXPORTER", "none", "no metrics reach Azure"),
)
"""Variables that switch signals off: name, value, and what follows."""

_CONTENT: Final = (
    ("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", ("content",)),
    (
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        ("true", "span_only", "event_only", "span_and_event"),
    ),
)
"""Variables by which other libraries put prompts and answers into telemetry."""

_SHOW_STRING: Final = (
    "az monitor app-insights component show --app <name> -g <resource-group> --query connectionString -o tsv"
)

_FOLDERS: Final = "Microsoft-AzureMonitor-*/opentelemetry-python-*"
"""Below the folder for temporary files: where the exporter keeps what it could not send."""
_KEPT_H: Final = 48
"""Hours until the exporter deletes a batch that it could not send."""


def check(scene: Scene) -> Iterator[Finding]:
    """Connection string, sampler, switched-off signals, and content that others record."""
    yield _connection_string(scene)
    yield _sampler(scene)
    yield from _switch(scene)
    for name, value, effect in _SWITCHES:
        if scene.variable(name).strip().lower() == value:
            yield failure("signals", f"{name}={value}: {effect}", f"unset {name}")
    for name, values in _CONTENT:
        if scene.variable(name).strip().lower() in values:
            seen = f"{name} is set: another library writes prompts and answers into telemetry"
            yield warning("content", seen, f"unset {name}")


def switched_off_by(scene: Scene) -> str | None:
    """The variable that switches off all recording: ours, or that of the SDK."""
    if read_switch(scene.environ)[0]:
        return VARIABLE
    name, value, _ = _SWITCHES[0]
    return name if scene.variable(name).strip().lower() == value else None


def _switch(scene: Scene) -> Iterator[Finding]:
    is_off, problem = read_switch(scene.environ)
    if is_off:
        seen = f"{VARIABLE}=true: configure() and instrument() do nothing"
        yield warning("signals", seen, f"unset {VARIABLE}")
    if problem is not None:
        yield warning("signals", problem, f"export {VARIABLE}=true, or unset {VARIABLE}")


def ingestion_endpoint(scene: Scene) -> str | None:
    """Where the exporter sends to, without a slash at the end; ``None`` without a valid connection string."""
    try:
        settings = read_settings(scene.variable(CONNECTION_STRING), KEEP_ALL, (), "suppress", {})
    except ValueError:
        return None
    endpoint = settings.resource_key[1]
    if "://" in endpoint:
        return endpoint
    return f"https://dc.{endpoint}" if endpoint else _ENDPOINT


def _connection_string(scene: Scene) -> Finding:
    repair = f"export {CONNECTION_STRING}=$({_SHOW_STRING})"
    given = scene.variable(CONNECTION_STRING)
    if not given.strip():
        return warning(
            "connection string", f"{CONNECTION_STRING} is not set, so nothing reaches Azure", repair
        )
    try:
        read_settings(given, KEEP_ALL, (), "suppress", {})
    except ValueError as error:  # its text never holds a part of the string
        problem = str(error).partition(": ")[2].partition("; ")[0]
        return failure("connection string", f"malformed: {problem}", repair)
    return ok("connection string", f"valid; sends to {urlsplit(ingestion_endpoint(scene) or '').hostname}")


def _sampler(scene: Scene) -> Finding:
    name = scene.variable(SAMPLER).strip().lower()
    argument = scene.variable(SAMPLER_ARG).strip()
    sampling = read_sampling(KEEP_ALL, {}, scene.environ)
    if sampling.warnings:
        return warning("sampler", sampling.warnings[0], f"unset {SAMPLER}")
    effect = _LOSING.get(name)
    if effect is not None:
        share = f" ({float(argument):g})" if argument.replace(".", "", 1).isdecimal() else ""
        seen = f"{SAMPLER}={name}{share}: {effect}; ledger and metrics stay whole"
        return warning("sampler", seen, f"unset {SAMPLER}")
    seen = (
        f"{SAMPLER}={name}"
        if name
        else "configure() keeps every trace; the bare distro keeps 5 spans a second"
    )
    return ok("sampler", seen)


def check_stored(scene: Scene) -> Iterator[Finding]:  # noqa: ARG001 - every check is given it
    """What exporters on this machine could not send. Files are counted, never read."""
    files = []
    for path in Path(tempfile.gettempdir()).glob(f"{_FOLDERS}/*.blob*"):
        with suppress(OSError):  # sent by now, or of another user
            files.append(path.stat())
    if not files:
        yield ok("unsent telemetry", "none on this disk")
        return
    oldest = (time.time() - min(file.st_mtime for file in files)) / 3600
    size = sum(file.st_size for file in files) / 2**20
    seen = (
        f"{len(files)} batches ({size:.1f} MiB) on this disk, the oldest for {oldest:.1f} h; "
        f"deleted after {_KEPT_H} h"
    )
    yield warning(
        "unsent telemetry", seen, "start the service again: what is kept is sent after the next success"
    )
