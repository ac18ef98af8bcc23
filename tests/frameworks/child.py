"""One run of a script, in the environment of its framework: ``python -m tests.frameworks.child``.

Its arguments are the name of the script, the address of the service, and ``with`` or ``without`` us. What
came of each scenario goes to standard output as one line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import logging
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import distributions
from typing import Any, Final

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.frameworks.plan import SCENARIOS, prompt

_COUNTS: Final = (
    ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
)
"""Names of what went in and out; a library may write several, for one count."""

_METRICS: Final = ("gen_ai.client.token.usage", "foundry.client.token.usage")


class Kept(logging.Handler):
    """The log records of the process, without ours."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        if not record.name.startswith("foundry_telemetry"):
            self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


class Telemetry:
    """Global providers that keep everything in memory."""

    def __init__(self) -> None:
        self._spans, self._logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
        delta = AggregationTemporality.DELTA
        self._reader = InMemoryMetricReader(preferred_temporality={Counter: delta, Histogram: delta})
        tracers, loggers = TracerProvider(), LoggerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        loggers.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        trace.set_tracer_provider(tracers)
        metrics.set_meter_provider(MeterProvider([self._reader]))
        _logs.set_logger_provider(loggers)

    def taken(self) -> dict[str, Any]:
        """What came since the last time."""
        spans = self._spans.get_finished_spans()
        records = [each.log_record for each in self._logs.get_finished_logs()]
        reported = {
            "spans": [_span(span) for span in spans],
            "ledger": [dict(one.attributes or {}) for one in records if one.event_name == "foundry.attempt"],
            "metrics": self._tokens(),
        }
        self._spans.clear()
        self._logs.clear()
        return reported

    def _tokens(self) -> dict[str, dict[str, float]]:
        """Tokens of each metric by the scope that records it."""
        sums: dict[str, dict[str, float]] = {name: defaultdict(float) for name in _METRICS}
        for scope, metric in self._collected():
            if metric.name in sums:
                for point in metric.data.data_points:
                    sums[metric.name][scope] += point.sum if hasattr(point, "sum") else point.value
        return sums

    def _collected(self) -> Iterator[tuple[str, Any]]:
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                yield from ((scope.scope.name, metric) for metric in scope.metrics)


def _span(span: ReadableSpan) -> dict[str, Any]:
    attributes = span.attributes or {}
    first = (next((attributes[name] for name in names if name in attributes), 0) for names in _COUNTS)
    scope = span.instrumentation_scope
    return {
        "scope": scope.name if scope is not None else "",
        "name": span.name,
        "kind": span.kind.name,
        "tokens": sum(first),
        "azure_id": attributes.get("azure.service.request.id"),
    }


def _outcome(ask: Callable[[str], object], name: str, runner: asyncio.Runner) -> dict[str, object]:
    """What the application gets: a text, or an exception and those that it came from."""
    try:
        asked = prompt(name)
        return {"result": str(runner.run(ask(asked)) if inspect.iscoroutinefunction(ask) else ask(asked))}
    except Exception as error:
        chain: list[str] = []
        link: BaseException | None = error
        met: set[int] = set()
        while link is not None and id(link) not in met:  # some frameworks chain them in a ring
            met.add(id(link))
            chain.append(f"{type(link).__module__}.{type(link).__qualname__}: {link}")
            link = link.__cause__ or link.__context__
        return {"raised": chain}


def main(script: str, url: str, how: str) -> None:
    """Run the scenarios of a script."""
    telemetry, kept = Telemetry(), Kept()
    logging.getLogger().addHandler(kept)
    logging.getLogger().setLevel(logging.INFO)
    if how == "with":
        import foundry_telemetry

        foundry_telemetry.instrument(hosts=(url,))
    asked = import_module(f"tests.frameworks.scripts.{script}").scenarios(url)
    reported: dict[str, Any] = {}
    with (
        asyncio.Runner() as runner
    ):  # one loop: clients that a framework keeps are of the first that used them
        for name in filter(asked.__contains__, SCENARIOS):
            kept.lines.clear()
            telemetry.taken()
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                outcome = _outcome(asked[name], name, runner)
                gc.collect()
            lines = [f"{each.category.__name__}: {each.message}" for each in warned]
            reported[name] = outcome | telemetry.taken() | {"logs": list(kept.lines), "warnings": lines}
    versions = {each.name.lower(): each.version for each in distributions() if each.name}
    print(json.dumps({"versions": versions, "reported": reported}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
