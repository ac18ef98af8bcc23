"""The page of settings: names, places and defaults from the code that reads them, meanings from here."""

# ruff: noqa: E501 - tables: a row is read across

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from docs.builder import markdown
from docs.builder.address import ROOT

PACKAGE: Final = ROOT / "foundry_telemetry"
_VARIABLE: Final = re.compile(r"(?:FOUNDRY|ANTHROPIC|APPLICATIONINSIGHTS|AZURE|OTEL)(?:_[A-Z]+)+")
_NOT_OF_A_SERVICE: Final = ("testing", "demo")
"""Rooms that set variables for themselves, or for a test."""
_READERS: Final = {
    "azure": "`configure()`",
    "config": "`configure()`, `instrument()`",
    "instrumentation": "`instrument()`",
    "signals": "`instrument()`",
    "cli": "commands",
    "investigate": "commands",
    "local": "`local`",
}
_READ_BY_OTHERS: Final = {"ANTHROPIC_OPEN_TELEMETRY": "SDK", "OTEL_SERVICE_NAME": "OpenTelemetry"}
"""Variables that users need here and that none of our modules names."""

VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "ANTHROPIC_API_KEY": ("", "Not for Foundry: `doctor` warns where it is set in place of the next one."),
    "ANTHROPIC_FOUNDRY_API_KEY": ("", "Key of the Foundry resource. The SDK reads it."),
    "ANTHROPIC_FOUNDRY_BASE_URL": ("", "Base URL, which ends in `/anthropic`. The SDK reads it."),
    "ANTHROPIC_FOUNDRY_RESOURCE": (
        "",
        "Name of the Foundry resource, in place of the base URL. The SDK reads it.",
    ),
    "ANTHROPIC_OPEN_TELEMETRY": ("`true`", "`false` switches the SDK's own spans off."),
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": (
        "",
        "Lets the SDK write prompts into its spans: `doctor` warns.",
    ),
    "APPLICATIONINSIGHTS_CONNECTION_STRING": ("", "Where telemetry is sent."),
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": (
        "`true` under `configure()`",
        "No remote settings of the exporter.",
    ),
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": ("`true` under `configure()`", "No statistics of the exporter."),
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": (
        "`true` under `configure()`",
        "No Statsbeat of the exporter.",
    ),
    "AZURE_CLIENT_ID": ("", "Identity that `DefaultAzureCredential` uses; `doctor` shows which one is used."),
    "AZURE_FEDERATED_TOKEN_FILE": (
        "",
        "Workload identity on AKS; `doctor` checks that the file can be read.",
    ),
    "AZURE_TENANT_ID": ("", "Tenant that `DefaultAzureCredential` uses."),
    "FOUNDRY_PROJECT_ARM_ID": (
        "",
        "ARM ID of the Foundry project, where `project_id=` is missing. Foundry sets it for the agents it hosts.",
    ),
    "FOUNDRY_TELEMETRY_CONTENT": ("", "`1`: requests and answers are logged, redacted; `0`: they are not."),
    "FOUNDRY_TELEMETRY_DISABLED": ("`false`", "`true`: `configure()` and `instrument()` do nothing."),
    "FOUNDRY_TELEMETRY_DISCOUNT": ("`1.0`", "Factor on every list price. Wins over the settings file."),
    "FOUNDRY_TELEMETRY_HASH_KEY": ("", "Key of the hashes of personal tags; at most 64 bytes. Secret."),
    "FOUNDRY_TELEMETRY_LOCAL_TOKEN": (
        "new at each start",
        "Access token of the local Azure Monitor, for `local` and for the commands that query it. Secret.",
    ),
    "FOUNDRY_TELEMETRY_SETTINGS": ("", "Path of the settings file."),
    "FOUNDRY_TELEMETRY_USD_PER_CCU": ("`0.01`", "Price of a Claude Consumption Unit in US dollars."),
    "FOUNDRY_TELEMETRY_WITHOUT_TABLES": (
        "",
        "Tables that commands leave out when they query a workspace, such as `AppTraces` on the Basic plan.",
    ),
    "FOUNDRY_TELEMETRY_WORKSPACE": ("", "Log Analytics workspace to query, as `--workspace`."),
    "OTEL_BLRP_MAX_QUEUE_SIZE": ("`16384` under `configure()`", "Log records that can wait for export."),
    "OTEL_BSP_MAX_QUEUE_SIZE": ("`16384` under `configure()`", "Spans that can wait for export."),
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": (
        "",
        "Other instrumentors record prompts: `doctor` warns. `NO_CONTENT` and `SPAN_ONLY` keep ours off.",
    ),
    "OTEL_LOGS_EXPORTER": ("", "`none` switches off all logs, the ledger too."),
    "OTEL_METRICS_EXPORTER": ("", "`none` switches off all metrics."),
    "OTEL_PROPAGATORS": (
        "`tracecontext,baggage`",
        "What a request carries where this library opens the span.",
    ),
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": (
        "",
        "Instrumentations that the distro leaves off, with commas.",
    ),
    "OTEL_PYTHON_LOGGER_PROVIDER": ("", "Logger provider of your own."),
    "OTEL_PYTHON_METER_PROVIDER": ("", "Meter provider of your own."),
    "OTEL_PYTHON_TRACER_PROVIDER": ("", "Tracer provider of your own."),
    "OTEL_SDK_DISABLED": ("`false`", "`true` switches OpenTelemetry off, and with it every signal."),
    "OTEL_SERVICE_NAME": ("", "Name of the service on every row; cloud role name in Azure."),
    "OTEL_TRACES_EXPORTER": ("", "`none` switches off all spans."),
    "OTEL_TRACES_SAMPLER": (
        "all traces",
        "Which traces are kept; `sampling_ratio=` wins. Not the ledger, not metrics.",
    ),
    "OTEL_TRACES_SAMPLER_ARG": ("", "Ratio or rate of that sampler."),
}
"""Default and meaning of each variable."""

FILE: Final[Mapping[str, str]] = {
    "prices.discount": "Factor on every list price.",
    "prices.usd_per_ccu": "Price of a Claude Consumption Unit in US dollars.",
    "prices.deployments.<deployment>.model": "Model whose price holds where the response names none that has one.",
    "prices.deployments.<deployment>.multiplier": "Factor on the prices of this deployment, such as 1.1 for US Data Zone.",
    "prices.rates.<model>.input": "US dollars for a million uncached input tokens.",
    "prices.rates.<model>.output": "US dollars for a million output tokens.",
    "prices.rates.<model>.cache_read": "US dollars for a million tokens read from the cache.",
    "prices.rates.<model>.cache_write_5m": "US dollars for a million tokens written to the cache for five minutes.",
    "prices.rates.<model>.cache_write_1h": "The same for one hour.",
    "prices.rates.<model>.web_searches": "US dollars for a thousand web searches.",
    "prices.rates.<model>.since": "First day of these rates; several entries where they change by date.",
    "tags.on_metrics": "Tags that become attributes of metrics; at most 50 values each.",
    "tags.hashed": "Tags that are stored as a hash.",
    "limits.<deployment>.requests": "Requests a minute.",
    "limits.<deployment>.uncached_input": "Uncached input tokens a minute.",
    "limits.<deployment>.output": "Output tokens a minute.",
    "budgets[].usd": "US dollars in a window.",
    "budgets[].window": "`hour`, `day`, `week` or `month`, in UTC.",
    "budgets[].tag": "Each value of this tag has the budget for itself.",
    "budgets[].value": "Only this value of the tag has it.",
    "content.enabled": "Whether requests and answers are logged, redacted; `FOUNDRY_TELEMETRY_CONTENT` wins.",
    "content.share": "Part of the calls that neither failed nor were refused, 0 to 1.",
    "content.failures": "Whether all calls that failed or were refused are logged.",
    "content.tags": "Only calls with one of these values, for each of these tags.",
    "content.deployments": "Only calls to these deployments.",
    "content.national_ids": "Whether numbers that a state gives to a person are redacted as well.",
    "content.budget_bytes": "Bytes of one record; long texts lose their middle.",
    "content.queue_bytes": "Bytes of requests and answers that may wait to be redacted.",
}
"""Meaning of each key of the settings file."""


def page() -> str:
    """Every argument, variable and key."""
    from foundry_telemetry.azure.distros import DISTROS  # noqa: PLC0415 - of the package, as all else here

    return markdown.page(
        "Settings",
        "An argument wins over code that sets a default, code over the environment, and the environment over the "
        "settings file that `FOUNDRY_TELEMETRY_SETTINGS` names. A wrong value stops `configure()` or `instrument()` "
        "with one error that names the setting, before anything is changed.",
        markdown.table(("Setting", "Where", "Default", "Meaning"), _rows()),
        "## Keywords of the distro and the exporters",
        "`configure()` also takes these keywords of `configure_azure_monitor()` and of the Azure Monitor exporters, "
        "with their meaning there: "
        + ", ".join(map(markdown.code, _passed_on()))
        + '. With `distro="microsoft"` these '
        "as well: " + ", ".join(map(markdown.code, sorted(DISTROS["microsoft"].options))) + ".",
    )


def _rows() -> Iterator[tuple[str, ...]]:
    for function in _functions():
        for name, default, meaning in arguments(function):
            yield f"`{name}`", f"`{function.__name__}()`", markdown.code(default), meaning
    for name, readers in sorted(
        (variables() | {name: (who,) for name, who in _READ_BY_OTHERS.items()}).items()
    ):
        default, meaning = VARIABLES[name]
        yield f"`{name}`", f"environment: {', '.join(readers)}", default, meaning
    for key, default in keys().items():
        yield f"`{key}`", "settings file", markdown.code(default), FILE[key]


def _functions() -> tuple[Callable[..., Any], ...]:
    from foundry_telemetry import configure, instrument  # noqa: PLC0415 - lazily, as users have them

    return configure, instrument


def arguments(function: Callable[..., Any]) -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each argument of a function, which its docstring describes."""
    described = _described(inspect.getdoc(function) or "")
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            default = parameter.default
            shown = "" if default is None else repr(default).replace("()", "none")
            yield name, shown, described[name]


def _described(doc: str) -> dict[str, str]:
    section = doc.partition("Args:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\*{0,2}\w+): (.*(?:\n        .*)*)", section, re.MULTILINE)
    return {name: markdown.prose(text) for name, text in entries}


@cache
def variables() -> dict[str, tuple[str, ...]]:
    """Each variable that the package names, with who reads it."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room in _NOT_OF_A_SERVICE:
            continue
        for name in _names_in(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, set()).add(_READERS.get(room, room))
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def _names_in(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        texts: list[object] = [node.value] if isinstance(node, ast.Constant) else []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opentelemetry."):
            texts = [each.name for each in node.names]  # its constants are called as the variables are
        yield from (text for text in texts if isinstance(text, str) and _VARIABLE.fullmatch(text))


def keys() -> Mapping[str, str]:
    """Each key of the settings file, with its default."""
    from foundry_telemetry import config  # noqa: PLC0415
    from foundry_telemetry.config import content, prices  # noqa: PLC0415

    tables: Mapping[str, Any] = {
        "prices": prices._Prices,  # noqa: SLF001 - here and below: the file's own forms
        "prices.deployments.<deployment>": prices._Deployment,  # noqa: SLF001
        "prices.rates.<model>": prices._Rates,  # noqa: SLF001
        "tags": config._Tags,  # noqa: SLF001
        "limits.<deployment>": config._Limits,  # noqa: SLF001
        "budgets[]": config._Budget,  # noqa: SLF001
        "content": content._Content,  # noqa: SLF001
    }
    return {
        f"{table}.{each.name}": _default(each)
        for table, form in tables.items()
        for each in msgspec.structs.fields(form)
        if f"{table}.{each.name}" not in ("prices.deployments", "prices.rates")
    }


def _default(each: Any) -> str:
    if each.default in (msgspec.NODEFAULT, None):
        return ""
    return f"{each.default}"


def _passed_on() -> list[str]:
    from foundry_telemetry.azure.settings import DISTRO_OPTIONS, EXPORTER_OPTIONS  # noqa: PLC0415

    return sorted(DISTRO_OPTIONS | EXPORTER_OPTIONS)
