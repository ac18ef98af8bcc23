"""The fixed choice of the README's command: each limit, and each variable that reaches our code, one value.

Variables that do not disturb each other share a process; `test_cells` has each in a process of its own.
"""

from __future__ import annotations

import pytest

from tests.settings_matrix.cells import Outcome, arrived
from tests.settings_matrix.stage import Stage
from tests.settings_matrix.variables import LIMITS

FAST = {
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "1",
    "OTEL_BLRP_SCHEDULE_DELAY": "1",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
    "OTEL_BSP_SCHEDULE_DELAY": "1",
    "OTEL_METRIC_EXPORT_INTERVAL": "100",
}
"""Exports while calls are under way."""

FULL = {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_BLRP_MAX_QUEUE_SIZE": "1"}
"""The queue holds one record."""

REACHING_US = {  # valid ones: a release may refuse others
    "APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED": "false",
    "APPLICATIONINSIGHTS_METRIC_NAMESPACE_OPT_IN": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process",
    "OTEL_METRICS_EXEMPLAR_FILTER": "always_on",
    "OTEL_PYTHON_CONTEXT": "contextvars_context",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "httpx,foundry",
    "OTEL_PYTHON_LOGGER_PROVIDER": "nonsense",
    "OTEL_PYTHON_LOG_CODE_ATTRIBUTES": "true",
    "OTEL_PYTHON_LOG_CORRELATION": "true",
    "OTEL_PYTHON_METER_PROVIDER": "nonsense",
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "true",
    "OTEL_PYTHON_TRACER_PROVIDER": "nonsense",
    "OTEL_PROPAGATORS": "none",
    "OTEL_RESOURCE_ATTRIBUTES": "service.name=a",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "http/dup,gen_ai_latest_experimental",
    "OTEL_TRACES_SAMPLER": "traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "1.0",
    "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME": "app",
    "PYTHON_APPLICATIONINSIGHTS_LOGGING_FORMAT": "%(nobody)s",
}

CHOICE = {
    "limits of 1": dict.fromkeys(LIMITS, "1") | FAST,
    "limits of 32": dict.fromkeys(LIMITS, "32") | REACHING_US,
}


@pytest.mark.slow
@pytest.mark.row(81, 88, 89)
@pytest.mark.parametrize("variables", CHOICE.values(), ids=CHOICE)
def test_settings(variables: dict[str, str], stage: Stage) -> None:
    """Under any settings calls are as without us, every ledger event is whole, and the process ends."""
    assert arrived(stage, stage.run("configure", **variables)) is Outcome.WHOLE


@pytest.mark.long
@pytest.mark.row(25)
def test_a_queue_of_one(stage: Stage) -> None:
    """What finds no room in the queue is counted."""
    assert arrived(stage, stage.run("configure", **FULL)) in (Outcome.WHOLE, Outcome.COUNTED)


@pytest.mark.slow
@pytest.mark.row(81)
def test_the_sdk_is_switched_off(stage: Stage) -> None:
    """``OTEL_SDK_DISABLED=true`` means no telemetry: nothing arrives, nothing counts as lost, no error."""
    ran = stage.run("configure", OTEL_SDK_DISABLED="true")
    assert (ran.code, ran.reached, ran.events, ran.counted) == (0, "end", (), 0)
    assert "ERROR" not in ran.errors
