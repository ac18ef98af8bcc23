"""Where telemetry is exported to, and what the environment takes away from it on the way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from foundry_telemetry.azure.sampling import KEEP_ALL, SAMPLER, SAMPLER_ARG, read_sampling
from foundry_telemetry.azure.settings import CONNECTION_STRING, InstrumentOptions, read_settings
from foundry_telemetry.disabled import VARIABLE, read_switch
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, warning
from foundry_telemetry.investigate.formatting import lasted, many

_ENDPOINT: Final = "https://dc.services.visualstudio.com"
"""Where the exporter sends to when the connection string names no endpoint."""

_LOSING: Final = {
    "always_off": texts.KEEPS_NONE,
    "microsoft.fixed.percentage": texts.KEEPS_SOME,
    "microsoft.fixed_percentage": texts.KEEPS_SOME,
    "microsoft.rate_limited": texts.KEEPS_RATE,
    "parentbased_always_off": texts.KEEPS_NO_ROOT,
    "parentbased_trace_id_ratio": texts.KEEPS_UNWEIGHTED,
    "trace_id_ratio": texts.KEEPS_UNWEIGHTED,
}
"""What each sampler of the environment does, where it does not keep everything."""

_SWITCHES: Final = (
    ("OTEL_SDK_DISABLED", "true", texts.NOTHING_RECORDED),
    ("OTEL_TRACES_EXPORTER", "none", texts.NO_SPANS),
    ("OTEL_LOGS_EXPORTER", "none", texts.NO_LEDGER),
    ("OTEL_METRICS_EXPORTER", "none", texts.NO_METRICS),
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
            seen = texts.SWITCHED_OFF.format(name=name, value=value, effect=effect)
            yield failure(texts.SIGNALS, seen, f"unset {name}")
    for name, values in _CONTENT:
        if scene.variable(name).strip().lower() in values:
            yield warning(texts.CONTENT, texts.CONTENT_RECORDED.format(name=name), f"unset {name}")


def switched_off_by(scene: Scene) -> str | None:
    """The variable that switches off all recording: ours, or that of the SDK."""
    if read_switch(scene.environ)[0]:
        return VARIABLE
    name, value, _ = _SWITCHES[0]
    return name if scene.variable(name).strip().lower() == value else None


def _switch(scene: Scene) -> Iterator[Finding]:
    is_off, problem = read_switch(scene.environ)
    if is_off:
        yield warning(texts.SIGNALS, texts.DISABLED.format(variable=VARIABLE), f"unset {VARIABLE}")
    if problem is not None:
        yield warning(texts.SIGNALS, problem, texts.FIX_SWITCH.format(variable=VARIABLE))


def ingestion_endpoint(scene: Scene) -> str | None:
    """Where the exporter sends to, without a slash at the end; ``None`` without a valid connection string."""
    try:
        settings = read_settings(scene.variable(CONNECTION_STRING), KEEP_ALL, {}, InstrumentOptions())
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
        seen = texts.NO_CONNECTION_STRING.format(variable=CONNECTION_STRING)
        return warning(texts.CONNECTION_STRING, seen, repair)
    try:
        read_settings(given, KEEP_ALL, {}, InstrumentOptions())
    except ValueError as error:  # its text never holds a part of the string
        problem = str(error).partition(": ")[2].partition("; ")[0]
        return failure(texts.CONNECTION_STRING, texts.MALFORMED.format(problem=problem), repair)
    host = urlsplit(ingestion_endpoint(scene) or "").hostname
    return ok(texts.CONNECTION_STRING, texts.VALID.format(host=host))


def _sampler(scene: Scene) -> Finding:
    name = scene.variable(SAMPLER).strip().lower()
    argument = scene.variable(SAMPLER_ARG).strip()
    sampling = read_sampling(KEEP_ALL, {}, scene.environ)
    if sampling.warnings:
        return warning(texts.SAMPLER, sampling.warnings[0], f"unset {SAMPLER}")
    effect = _LOSING.get(name)
    if effect is not None:
        share = f" ({float(argument):g})" if argument.replace(".", "", 1).isdecimal() else ""
        seen = texts.SAMPLED.format(setting=f"{SAMPLER}={name}{share}", effect=effect)
        return warning(texts.SAMPLER, seen, f"unset {SAMPLER}")
    seen = texts.KEEPS_ALL_AS_SET if name else texts.KEEPS_ALL
    return ok(texts.SAMPLER, seen.format(variable=SAMPLER, name=name))


def check_stored(scene: Scene) -> Iterator[Finding]:  # noqa: ARG001 - every check is given it
    """What exporters on this machine could not send. Files are counted, never read."""
    files, folders, temporary = [], set(), Path(tempfile.gettempdir())
    for path in temporary.glob(f"{_FOLDERS}/*.blob*"):
        with suppress(OSError):  # sent by now, or of another user
            files.append(path.stat())
            folders.add(str(path.parent.parent))  # the one below is named after the instrumentation key
    if not files:
        yield ok(texts.UNSENT, texts.NO_UNSENT)
        return
    oldest = timedelta(seconds=time.time() - min(file.st_mtime for file in files))
    size = sum(file.st_size for file in files) / 2**20
    seen = texts.SOME_UNSENT.format(
        batches=many(len(files), texts.BATCH),
        size=size,
        folder=next(iter(folders)) if len(folders) == 1 else str(temporary / _FOLDERS.partition("/")[0]),
        age=lasted(oldest),
        limit=_KEPT_H,
    )
    yield warning(texts.UNSENT, seen, texts.FIX_UNSENT)
