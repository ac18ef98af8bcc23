"""The words of ``demo``: progress, headings of its tables, and the summary."""

from __future__ import annotations

from typing import Final

# --- progress ---------------------------------------------------------------------------------------------

STARTING: Final = "starting a fake Foundry and a local Azure Monitor"
CONFIGURING: Final = "configuring OpenTelemetry and the Azure exporter"
IMPORTING: Final = "importing the anthropic SDK"
RUNNING: Final = "{attempts} · {input:,} tokens in · {output:,} out · {cost}"

# --- the table of attempts --------------------------------------------------------------------------------

TIME: Final = "time UTC"
DEPLOYMENT: Final = "deployment"
NUMBER: Final = "attempt"
STATUS: Final = "http"
OUTCOME: Final = "outcome"
INPUT: Final = "in"
OUTPUT: Final = "out"
CACHED: Final = "cached"
TTFT: Final = "ttft"
COST: Final = "cost $"
AZURE_ID: Final = "apim-request-id"
ANTHROPIC_ID: Final = "request-id"
TENANT: Final = "tenant"
CLIENT: Final = "client"
ABSENT: Final = "–"  # noqa: RUF001 - an en dash stands for what was not reported
IN_STREAM: Final = "in stream"
STREAM: Final = "stream"
RETRY: Final = "(retry)"
RETRY_AFTER: Final = "(retry after {status})"

# --- the summary ------------------------------------------------------------------------------------------

COUNT: Final = "count"
OWNER: Final = "owner"
RETRYABLE: Final = "retryable"
YES: Final = "yes"
NO: Final = "no"
NOT_SENT: Final = "not sent"
NOT_SENT_BECAUSE: Final = "not sent: {code}"

LABEL_WIDTH: Final = 10
"""Of the labels below."""
ATTEMPTS: Final = "attempts"
ATTEMPTS_OF: Final = "{attempts:,} ({failed:,} failed) for {calls} ({failed_calls:,} failed)"
TOKENS: Final = "tokens"
TOKENS_OF: Final = "{input:,} in ({read:,} read from cache, {written:,} written to cache) · {output:,} out"
COSTS: Final = "cost"
COSTS_OF: Final = "{cost} at list price{sources}"
SOURCES: Final = " ({sources})"
UNPRICED: Final = "; {attempts} unpriced (no rate for the model)"
TENANTS: Final = "tenants"
SERVED: Final = "served"
SERVED_OF: Final = "{requests:,} requests, {input:,} tokens in, {output:,} out"
MATCH: Final = "; all recorded"
MISMATCH: Final = "; recorded: {attempts:,} attempts, {input:,} tokens in, {output:,} out"
UNSENT: Final = "; {attempts} not sent ({causes})"
UNSENT_ATTEMPTS: Final = ("attempt was", "attempts were")

WORKBOOK: Final = "workbook"
OPENED: Final = "  opened in your browser"
NEXT_STEP: Final = "next step"
INCIDENT: Final = "foundry-telemetry incident --url {url}"
STAYS: Final = "  stays open. Press Ctrl-C to stop."
