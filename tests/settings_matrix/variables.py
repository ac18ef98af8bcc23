"""The variables of the matrix with the values that each of them is tried with.

A test holds the names against the sources of the installed packages (`sources.py`): a variable that is not
here, and one that is no more, fail it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

LONG: Final = "x" * 20_000
"""Very long text; the system takes up to 128 KiB a variable."""

_NUMBER: Final = {"huge": "1000000000", "nonsense": "abc", "below": "-1"}
COUNT: Final = {"small": "1", **_NUMBER}
MILLISECONDS: Final = {"small": "1", **_NUMBER, "zero": "0"}
ROOM: Final = {"small": "1", **_NUMBER, "zero": "0"}
"""Of a queue or a batch."""
SWITCH: Final = {"small": "true", "huge": LONG, "nonsense": "nonsense", "off": "false"}
TEXT: Final = {"small": "a", "huge": LONG, "nonsense": "\x01\u2028=,;%"}
REGEX: Final = {"small": ".*", "huge": LONG, "nonsense": "(["}


def _names(valid: str) -> dict[str, str]:
    """Values of a variable that takes one of a few names, or several of them."""
    return {"small": valid, "huge": LONG, "nonsense": "nonsense"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable."""

    name: str
    values: Mapping[str, str]
    """By the word for it in the table: small (and valid), huge, nonsense, and what else may hurt."""


def _rows() -> Iterator[Variable]:
    for names, values in _TABLE:
        for name in names.split():
            yield Variable(name, {**values, "empty": ""})


LIMITS: Final = (
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
)

_TABLE: Final = (
    (" ".join(LIMITS), {**COUNT, "zero": "0", "middle": "20", "usual": "32"}),
    (
        """OTEL_BLRP_MAX_EXPORT_BATCH_SIZE OTEL_BLRP_MAX_QUEUE_SIZE OTEL_BSP_MAX_EXPORT_BATCH_SIZE
        OTEL_BSP_MAX_QUEUE_SIZE""",
        ROOM,
    ),
    (
        """OTEL_BLRP_EXPORT_TIMEOUT OTEL_BLRP_SCHEDULE_DELAY OTEL_BSP_EXPORT_TIMEOUT OTEL_BSP_SCHEDULE_DELAY
        OTEL_METRIC_EXPORT_INTERVAL OTEL_METRIC_EXPORT_TIMEOUT""",
        MILLISECONDS,
    ),
    (
        """APPLICATIONINSIGHTS_SDKSTATS_EXPORT_INTERVAL APPLICATIONINSIGHTS_STATS_LONG_EXPORT_INTERVAL
        APPLICATIONINSIGHTS_STATS_SHORT_EXPORT_INTERVAL ANTHROPIC_OPEN_TELEMETRY_TRACES_MAX_CONTENT_BYTES
        OTEL_INSTRUMENTATION_GENAI_UPLOAD_MAX_QUEUE_SIZE WEBSITE_MEMORY_LIMIT_MB""",
        COUNT,
    ),
    ("OTEL_TRACES_SAMPLER_ARG", {"small": "0.5", **_NUMBER}),
    (
        """ANTHROPIC_OPEN_TELEMETRY ANTHROPIC_OPEN_TELEMETRY_PROPAGATION
        APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED
        APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN
        APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED APPLICATIONINSIGHTS_SDKSTATS_DISABLED
        APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL AZURE_SDK_LOGGING_MULTIRECORD AZURE_TRACING_ENABLED
        OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT OTEL_PYTHON_AUTO_INSTRUMENTATION_EXPERIMENTAL_GEVENT_PATCH
        OTEL_PYTHON_DJANGO_INSTRUMENT OTEL_PYTHON_INSTRUMENTATION_HTTP_CAPTURE_ALL_METHODS
        OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION
        OTEL_PYTHON_LOG_CODE_ATTRIBUTES OTEL_PYTHON_LOG_CORRELATION OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED
        OTEL_SDK_DISABLED PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY""",
        SWITCH,
    ),
    ("OTEL_LOGS_EXPORTER OTEL_METRICS_EXPORTER OTEL_TRACES_EXPORTER", {**_names("none"), "other": "otlp"}),
    (
        "OTEL_TRACES_SAMPLER",
        {**_names("always_off"), "ratio": "traceidratio", "rate": "microsoft.rate_limited"},
    ),
    ("OTEL_PROPAGATORS", {**_names("none"), "some": "tracecontext,nonsense"}),
    ("OTEL_METRICS_EXEMPLAR_FILTER", _names("always_on")),
    ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", {**_names("process"), "all": "*"}),
    ("OTEL_SEMCONV_STABILITY_OPT_IN", _names("http/dup,gen_ai_latest_experimental")),
    ("OTEL_PYTHON_CONTEXT", _names("contextvars_context")),
    ("OTEL_PYTHON_ID_GENERATOR", _names("random")),
    (
        "OTEL_PYTHON_LOGGER_PROVIDER OTEL_PYTHON_METER_PROVIDER OTEL_PYTHON_TRACER_PROVIDER",
        {"huge": LONG, "nonsense": "nonsense"},
    ),
    (
        """OTEL_PYTHON_LOGGER_CONFIGURATOR OTEL_PYTHON_METER_CONFIGURATOR OTEL_PYTHON_TRACER_CONFIGURATOR
        OTEL_PYTHON_CONFIGURATOR OTEL_PYTHON_DISTRO OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK
        OTEL_EXPORTER_OTLP_PROTOCOL OTEL_EXPORTER_OTLP_LOGS_PROTOCOL OTEL_EXPORTER_OTLP_METRICS_PROTOCOL
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL AZURE_SDK_CLOUD_CONF""",
        TEXT,
    ),
    ("AZURE_SDK_TRACING_IMPLEMENTATION", _names("opentelemetry")),
    ("AZURE_LOG_LEVEL OTEL_PYTHON_LOG_HANDLER_LEVEL OTEL_PYTHON_LOG_LEVEL", _names("debug")),
    (
        "OTEL_PYTHON_LOG_FORMAT PYTHON_APPLICATIONINSIGHTS_LOGGING_FORMAT",
        {"small": "%(message)s", "huge": LONG, "nonsense": "%(nobody)s", "broken": "%(message"},
    ),
    (
        """OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST
        OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE
        OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS
        OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST
        OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE
        OTEL_PYTHON_DJANGO_EXCLUDED_URLS OTEL_PYTHON_EXCLUDED_URLS OTEL_PYTHON_FASTAPI_EXCLUDED_URLS
        OTEL_PYTHON_FLASK_EXCLUDED_URLS OTEL_PYTHON_HTTPX_EXCLUDED_URLS OTEL_PYTHON_REQUESTS_EXCLUDED_URLS
        OTEL_PYTHON_URLLIB3_EXCLUDED_URLS OTEL_PYTHON_URLLIB_EXCLUDED_URLS""",
        REGEX,
    ),
    ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", {**_names("httpx,foundry"), "all": "*"}),
    ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", _names("span_and_event")),
    ("OTEL_INSTRUMENTATION_GENAI_UPLOAD_FORMAT", _names("json")),
    ("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", _names("content")),
    ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", _names("Authorization=AAD")),
    ("APPLICATIONINSIGHTS_CONNECTION_STRING", {"huge": LONG, "nonsense": "nonsense"}),
    ("APPINSIGHTS_INSTRUMENTATIONKEY", _names("00000000-1111-2222-3333-444444444455")),
    ("APPLICATIONINSIGHTS_PYTHON_ATTACHTYPE", _names("Manual")),
    (
        "OTEL_RESOURCE_ATTRIBUTES",
        {
            "small": "service.name=a",
            "huge": f"a={LONG}",
            "nonsense": "=,,%ZZ=a,b",
            "many": ",".join(f"a{n}=b" for n in range(2000)),
        },
    ),
    (
        """APPLICATIONINSIGHTS_STATS_CONNECTION_STRING AZURE_HTTP_USER_AGENT AZURE_MONITOR_DISTRO_VERSION
        AZURE_MONITOR_WEB_SNIPPET_CONFIG FUNCTIONS_WORKER_RUNTIME MICROSOFT_OPENTELEMETRY_VERSION
        OTEL_CONFIG_FILE OTEL_EXPORTER_OTLP_METRICS_ENDPOINT OTEL_INSTRUMENTATION_GENAI_UPLOAD_BASE_PATH
        OTEL_PYTHON_DJANGO_MIDDLEWARE_POSITION OTEL_PYTHON_DJANGO_TRACED_REQUEST_ATTRS OTEL_SERVICE_NAME
        PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME WEBSITE_HOME_STAMPNAME WEBSITE_HOSTNAME WEBSITE_INSTANCE_ID
        WEBSITE_OWNER_NAME WEBSITE_RESOURCE_GROUP WEBSITE_SITE_NAME WEBSITE_SLOT_NAME AKS_ARM_NAMESPACE_ID""",
        TEXT,
    ),
)

VARIABLES: Final = tuple(sorted(_rows(), key=lambda variable: variable.name))
"""What somebody installed reads."""

COMPOSED: Final = frozenset(
    variable.name
    for variable in VARIABLES
    if variable.name.endswith(("_EXCLUDED_URLS", "_TRACED_REQUEST_ATTRS"))
)
"""No source names these whole: the library puts its own name in ``OTEL_PYTHON_{}``."""

SWITCHED_OFF: Final = {
    ("OTEL_SDK_DISABLED", "small"): "",
    ("OTEL_LOGS_EXPORTER", "small"): "OTEL_LOGS_EXPORTER",
}
"""Values that mean: no ledger. With what the log must then say; ``doctor`` reports both."""

NO_VARIABLES: Final = {
    "OTEL_": "the beginning of names, by which `opentelemetry-instrument` makes its options",
    "OTEL_PYTHON_{}": "the form of `COMPOSED`",
}
"""Texts in the sources that are no names of variables, with what they are."""
