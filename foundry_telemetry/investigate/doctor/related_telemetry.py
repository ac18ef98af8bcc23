"""What stands beside us in this process: spans and metrics of other libraries for the same calls, and notes.

Judged is what happened around real attempts; which packages are installed does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opentelemetry import metrics

from foundry_telemetry.instrumentation.exception_notes import are_written
from foundry_telemetry.instrumentation.transport import watches_process
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, ok, skipped, warning
from foundry_telemetry.investigate.formatting import many
from foundry_telemetry.investigate.texts import ATTEMPT
from foundry_telemetry.signals import doubling, is_placeholder, recorded_elsewhere

_SDK_SCOPE: Final = "com.anthropic.sdk.python"


def check(scene: Scene) -> Iterator[Finding]:
    """Spans, metrics, exception notes."""
    yield _double_spans(scene)
    yield from _standard_metrics()
    yield from _exception_notes()


def _double_spans(scene: Scene) -> Finding:
    """Whether several libraries had a span open for the same call."""
    around = doubling.attempts
    doubled = {scopes: count for scopes, count in around.items() if len(scopes) > 1}
    if doubled:
        reported = "; ".join(
            texts.SCOPES.format(scopes=texts.AND.join(scopes), attempts=many(count, ATTEMPT))
            for scopes, count in doubled.items()
        )
        of_sdk = any(scope.startswith(_SDK_SCOPE) for scopes in doubled for scope in scopes)
        fix = "export ANTHROPIC_OPEN_TELEMETRY=false" if of_sdk else texts.FIX_SEVERAL_SPANS
        return warning(texts.DUPLICATE_SPANS, texts.SEVERAL_SPANS.format(scopes=reported), fix)
    if not around:
        if scene.app:
            seen = texts.NO_CALL_OF_MODULE.format(name=scene.app)
            return skipped(texts.DUPLICATE_SPANS, seen, texts.FIX_NO_CALL)
        return skipped(texts.DUPLICATE_SPANS, texts.NO_CALL, scene.command("--app", "<module>"))
    owners = ", ".join(sorted({scope for scopes in around for scope in scopes})) or "foundry_telemetry"
    return ok(texts.DUPLICATE_SPANS, texts.ONE_SPAN.format(scopes=owners))


def _standard_metrics() -> Iterator[Finding]:
    """Whose the metrics of the GenAI convention are, where any are recorded here."""
    provider = metrics.get_meter_provider()
    elsewhere = recorded_elsewhere(provider)
    if elsewhere:
        names = {
            scope: [name for name in elsewhere if elsewhere[name] == scope] for scope in elsewhere.values()
        }
        theirs = "; ".join(
            texts.RECORDS.format(scope=scope, names=", ".join(sorted(names[scope])))
            for scope in sorted(names)
        )
        yield ok(texts.STANDARD_METRICS, texts.METRICS_ELSEWHERE.format(scopes=theirs))
    elif doubling.attempts or not is_placeholder(provider):
        yield ok(texts.STANDARD_METRICS, texts.OUR_METRICS)


def _exception_notes() -> Iterator[Finding]:
    """Whether they are on; nothing where no instrumentation of this process could write any."""
    if are_written():
        yield ok(texts.EXCEPTION_NOTES, texts.NOTES_ON)
    elif watches_process():
        yield skipped(texts.EXCEPTION_NOTES, texts.NOTES_OFF, texts.FIX_NOTES_OFF)
