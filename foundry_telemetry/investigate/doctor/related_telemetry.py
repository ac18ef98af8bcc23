"""What stands beside us in this process: spans and metrics of other libraries for the same calls, and notes.

Judged is what happened around real attempts; which packages are installed tells nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opentelemetry import metrics

from foundry_telemetry.instrumentation.exception_notes import are_written
from foundry_telemetry.investigate.doctor.finding import Finding, ok, skipped, warning
from foundry_telemetry.signals import doubling, is_placeholder, recorded_elsewhere

_SDK_SCOPE: Final = "com.anthropic.sdk.python"
_KEEP_ONE: Final = "Keep one of these instrumentations; the ledger and foundry.client.* count once anyway."
_FROM_NONE: Final = (
    "they are lost where a framework raises its own exception `from None` (litellm does); last_attempt(), "
    "the ledger and sinks have the same"
)


def check() -> Iterator[Finding]:
    """Spans, metrics, exception notes."""
    yield _double_spans()
    yield from _standard_metrics()
    yield _exception_notes()


def _double_spans() -> Finding:
    """Whether several libraries had a span open for the same call."""
    around = doubling.attempts
    doubled = {scopes: count for scopes, count in around.items() if len(scopes) > 1}
    if doubled:
        reported = "; ".join(
            f"{' and '.join(scopes)} ({count} attempts)" for scopes, count in doubled.items()
        )
        seen = f"several libraries had a span for the same call, so sums over spans may double: {reported}"
        of_sdk = any(scope.startswith(_SDK_SCOPE) for scopes in doubled for scope in scopes)
        return warning("double spans", seen, "export ANTHROPIC_OPEN_TELEMETRY=false" if of_sdk else _KEEP_ONE)
    if not around:
        seen = "no call was made in this process, so whose spans stand for one is not known"
        return skipped("double spans", seen, "foundry-telemetry doctor --app <module that makes a call>")
    owners = ", ".join(sorted({scope for scopes in around for scope in scopes})) or "foundry_telemetry"
    return ok("double spans", f"one library had the span of each call: {owners}")


def _standard_metrics() -> Iterator[Finding]:
    """Whose the metrics of the GenAI convention are, where any are recorded here."""
    provider = metrics.get_meter_provider()
    elsewhere = recorded_elsewhere(provider)
    if elsewhere:
        names = {
            scope: [name for name in elsewhere if elsewhere[name] == scope] for scope in elsewhere.values()
        }
        theirs = "; ".join(f"{scope} records {', '.join(sorted(names[scope]))}" for scope in sorted(names))
        seen = f"{theirs}; ours of these names stopped, and foundry.client.* is complete"
        yield ok("standard metrics", seen)
    elif doubling.attempts or not is_placeholder(provider):
        yield ok("standard metrics", "gen_ai.client.* is ours: no other library here records it")


def _exception_notes() -> Finding:
    return ok("exception notes", f"{'on' if are_written() else 'off'}; {_FROM_NONE}")
