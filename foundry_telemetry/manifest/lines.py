"""What spans and the event are called, and the fields of lines of the log."""

from __future__ import annotations

from typing import Final

from foundry_telemetry import conventions as n
from foundry_telemetry.manifest import forms
from foundry_telemetry.manifest.entry import Entry
from foundry_telemetry.manifest.fields import FIELDS

_CALLED: Final = {
    "chat <deployment>": ("as the deployment, else the path", r"chat [!-~]{1,256}"),
    "count_tokens <deployment>": ("as the deployment, else the path", r"count_tokens [!-~]{1,256}"),
    "<method> <path>": ("of an endpoint that Foundry does not offer", r"[A-Z_]{1,7} [!-~]{1,256}"),
    "<method>": ("of one attempt below an owner's span", r"[A-Z_]{1,7}"),
}
_NAMED: Final = "only if you name a deployment, host or path after a person"

NAMES: Final = (
    *(
        Entry("span name", name, ("span",), "request", forms.text(*form), personal=_NAMED)
        for name, form in _CALLED.items()
    ),
    Entry("event", n.EVENT_NAME, ("ledger",), "constant", forms.one_of(n.EVENT_NAME)),
    Entry(
        "event",
        "body of the event",
        ("ledger",),
        "deployment, else path; status; cause, else outcome",
        forms.text("a few words; Azure drops them", r"[!-~]{1,256} (\d{3}|-) [a-z_0-9]+"),
        personal=_NAMED,
    ),
)
"""What spans and the event are called."""

SAME: Final = {
    "deployment": n.REQUEST_MODEL,
    "attempt": n.ATTEMPT_NUMBER,
    "status": n.STATUS_CODE,
    "outcome": n.OUTCOME,
    "cause": n.ERROR_TYPE,
    "fault": n.FAULT,
    "tokens_in": n.INPUT_TOKENS,
    "tokens_out": n.OUTPUT_TOKENS,
    "tokens_cached": n.CACHE_READ_TOKENS,
    "ttft_ms": n.TIME_TO_FIRST_TOKEN,
    "duration_ms": n.DURATION,
    "apim_request_id": n.AZURE_REQUEST_ID,
    "anthropic_request_id": n.ANTHROPIC_REQUEST_ID,
    "cost_usd": n.COST,
}
"""What a line of `foundry_telemetry.logs` calls the fields of the ledger."""

_TRACE: Final = "current span"


def _line(name: str, source: str, form: forms.Form) -> Entry:
    return Entry("line", name, ("log",), source, form)


_BY_NAME: Final = {entry.name: entry for entry in FIELDS}

LINES: Final = (
    *(_BY_NAME[same]._replace(what="line", name=name, places=("log",)) for name, same in SAME.items()),
    _line("trace_id", _TRACE, forms.HEX32),
    _line("span_id", _TRACE, forms.HEX16),
    _line("trace_flags", _TRACE, forms.HEX2),
)
"""Fields of the lines of `log_attempts()`, and what `add_foundry_context` adds to yours."""
