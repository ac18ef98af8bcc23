"""Attributes of spans and metrics, fields of the ledger event, and the metrics."""

from __future__ import annotations

from typing import Final, get_args

from foundry_telemetry import conventions as n
from foundry_telemetry.dropped_items import Reason, Signal
from foundry_telemetry.manifest import forms
from foundry_telemetry.manifest.entry import Entry, Place
from foundry_telemetry.observation import AuthScheme, Fault, Origin, Outcome

_YOUR_NAME: Final = "only if you name a deployment after a person"
_YOUR_HOST: Final = "only if your host or path names a person"
_YOUR_TAGS: Final = "yes: the values are your own; those of `user`, `email`, ... are told as a hash"

_ASKED: Final = "request body"
_SENT: Final = "request headers"
_TARGET: Final = "request URL"
_HEADERS: Final = "response headers"
_ANSWERED: Final = "response body"
_TOKEN: Final = "claims of a refused bearer token, not verified"  # noqa: S105 - where a value comes from
_ENTRA: Final = "text of the token provider's exception; only what fits the form is kept"
_CLOCK: Final = "monotonic clock"
_COUNTED: Final = "counted here"
_JUDGED: Final = "worked out here from status, headers, body and exception"
_CONSTANT: Final = "constant"
_PRICES: Final = "price list and your prices, times the tokens"
_SETTINGS: Final = "your settings"
_GIVEN: Final = "`attribute()` of your application"

_BOTH: Final[tuple[Place, ...]] = ("span", "ledger")
_ALL: Final[tuple[Place, ...]] = ("span", "metric", "ledger")
_EVENT: Final[tuple[Place, ...]] = ("ledger",)
_SPAN: Final[tuple[Place, ...]] = ("span",)
_METRIC: Final[tuple[Place, ...]] = ("metric",)


_UNPRICED: Final = forms.one_of("incomplete", "no_model", "unknown_model", "unpriced_usage")


def _field(
    name: str, places: tuple[Place, ...], source: str, form: forms.Form, *, unit: str = "", personal: str = ""
) -> Entry:
    return Entry("field", name, places, source, form, unit, personal)


FIELDS: Final = (
    _field(n.SCHEMA_VERSION, _EVENT, _CONSTANT, forms.one_of(n.SCHEMA)),
    _field(n.CUSTOM_EVENT, _EVENT, _CONSTANT, forms.one_of(n.EVENT_NAME)),
    _field(n.CALL_ID, _EVENT, "id of the call's span, else random", forms.HEX16),
    _field(n.ATTEMPT_NUMBER, _EVENT, _COUNTED, forms.FROM_ONE),
    _field(n.ATTEMPT_COUNT, _SPAN, _COUNTED, forms.FROM_ONE),
    _field(n.RESEND_COUNT, _SPAN, _COUNTED, forms.FROM_ONE),
    _field(n.IS_RETRY, _METRIC, _COUNTED, forms.FLAG),
    _field(n.CLIENT, _EVENT, _SENT, forms.text("name/version of at most 97", r"[\w.-]{1,64}/[\w.+-]{1,32}")),
    _field(n.ANTHROPIC_VERSION, _EVENT, _SENT, forms.ID),
    _field(n.AUTH_SCHEME, _ALL, "which header was there", forms.one_of(*get_args(AuthScheme))),
    _field(n.OPERATION, _ALL, _TARGET, forms.one_of(n.CHAT, n.COUNT_TOKENS)),
    _field(n.PROVIDER, ("span", "metric"), _CONSTANT, forms.one_of(n.PROVIDER_ANTHROPIC)),
    _field(n.SYSTEM, _SPAN, _CONSTANT, forms.one_of(n.PROVIDER_ANTHROPIC)),
    _field(n.RESOURCE_PROVIDER, _SPAN, _CONSTANT, forms.one_of(n.COGNITIVE_SERVICES)),
    _field(n.REQUEST_MODEL, _ALL, _ASKED, forms.NAME, personal=_YOUR_NAME),
    _field(n.REQUEST_STREAM, _BOTH, _ASKED, forms.FLAG),
    _field(n.REQUEST_MAX_TOKENS, _BOTH, _ASKED, forms.COUNT, unit="tokens"),
    _field(n.REASONING_LEVEL, _SPAN, _ASKED, forms.WORD),
    _field(n.METHOD, _BOTH, "request", forms.METHOD),
    _field(n.URL_TEMPLATE, _BOTH, _TARGET, forms.PATH, personal=_YOUR_HOST),
    _field(n.URL_FULL, _SPAN, _TARGET, forms.URL, personal=_YOUR_HOST),
    _field(n.SERVER_ADDRESS, _ALL, _TARGET, forms.HOST, personal=_YOUR_HOST),
    _field(n.PEER_SERVICE, _SPAN, _TARGET, forms.HOST, personal=_YOUR_HOST),
    _field(n.SERVER_PORT, ("span", "metric"), _TARGET, forms.PORT),
    _field(n.RESOURCE, _BOTH, _TARGET, forms.HOST, personal=_YOUR_HOST),
    _field(n.STATUS_CODE, _ALL, "response", forms.STATUS),
    _field(n.RESPONSE_MODEL, _ALL, _ANSWERED, forms.NAME),
    _field(n.RESPONSE_ID, _BOTH, _ANSWERED, forms.NAME),
    _field(n.STOP_REASON, _BOTH, _ANSWERED, forms.WORD),
    _field(n.FINISH_REASONS, _SPAN, _ANSWERED, forms.ONE_WORD),
    _field(n.AZURE_REQUEST_ID, _BOTH, _HEADERS, forms.ID),
    _field(n.ANTHROPIC_REQUEST_ID, _BOTH, "response headers, else body", forms.ID),
    _field(
        n.REGION, _EVENT, _HEADERS, forms.text("display name of at most 64", r"[A-Za-z0-9][\w .()-]{0,63}")
    ),
    _field(n.OUTCOME, _BOTH, _JUDGED, forms.one_of(*get_args(Outcome))),
    _field(n.ERROR_TYPE, _ALL, _JUDGED, forms.CAUSE),
    _field(n.LAST_ERROR, _SPAN, _JUDGED, forms.CAUSE),
    _field(n.ERROR_CODE, _EVENT, "response body, or the error of the socket", forms.CODE),
    _field(n.ERROR_ORIGIN, _EVENT, _JUDGED, forms.one_of(*get_args(Origin))),
    _field(n.FAULT, _EVENT, _JUDGED, forms.one_of(*get_args(Fault))),
    _field(n.RETRYABLE, _EVENT, _JUDGED, forms.FLAG),
    _field(n.RETRY_AFTER, _EVENT, _HEADERS, forms.AMOUNT, unit="s"),
    _field(n.TOKEN_EXPIRES_IN, _EVENT, _TOKEN, forms.ANY_SECONDS, unit="s"),
    _field(
        n.TOKEN_AUDIENCE,
        _EVENT,
        _TOKEN,
        forms.text("URL of at most 128, or GUID", r"[A-Za-z0-9._:/-]{1,128}"),
    ),
    _field(n.TOKEN_TENANT, _EVENT, _TOKEN, forms.GUID, personal="no person: an organisation's id"),
    _field(n.TOKEN_APPLICATION, _EVENT, _TOKEN, forms.GUID, personal="no person: an application's id"),
    _field(n.TOKEN_IDENTITY_TYPE, _EVENT, _TOKEN, forms.WORD),
    _field(n.ENTRA_CODE, _EVENT, _ENTRA, forms.text("`AADSTS` and digits", r"AADSTS[0-9]{4,8}")),
    _field(n.ENTRA_TRACE_ID, _EVENT, _ENTRA, forms.GUID),
    _field(n.ENTRA_CORRELATION_ID, _EVENT, _ENTRA, forms.GUID),
    _field(n.DURATION, _EVENT, _CLOCK, forms.AMOUNT, unit="ms"),
    _field(n.TIME_TO_HEADERS, _EVENT, _CLOCK, forms.AMOUNT, unit="ms"),
    _field(n.TIME_TO_FIRST_TOKEN, _EVENT, _CLOCK, forms.AMOUNT, unit="ms"),
    _field(n.TIME_TO_FIRST_CHUNK, _SPAN, _CLOCK, forms.AMOUNT, unit="s"),
    _field(n.CONNECT, _EVENT, _CLOCK, forms.AMOUNT, unit="ms"),
    _field(n.INPUT_TOKENS, _BOTH, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.OUTPUT_TOKENS, _BOTH, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.CACHE_READ_TOKENS, _BOTH, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.CACHE_WRITE_TOKENS, _BOTH, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.REASONING_TOKENS, _BOTH, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.UNCACHED_TOKENS, _EVENT, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.CACHE_WRITE_5M_TOKENS, _EVENT, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.CACHE_WRITE_1H_TOKENS, _EVENT, _ANSWERED, forms.COUNT, unit="tokens"),
    _field(n.WEB_SEARCHES, _EVENT, _ANSWERED, forms.COUNT),
    _field(n.USAGE_COMPLETE, _EVENT, _ANSWERED, forms.FLAG),
    _field(
        n.MEASUREMENTS,
        _SPAN,
        "the tokens and the cost",
        forms.text("JSON object of numbers", r'\{("[a-z_]+":[0-9.e+-]+,?)+\}'),
    ),
    _field(n.COST, _EVENT, _PRICES, forms.AMOUNT, unit="US dollars"),
    _field(n.PARTIAL_COST, _EVENT, _PRICES, forms.AMOUNT, unit="US dollars"),
    _field(n.COST_SOURCE, _EVENT, _PRICES, forms.text("package and version", r"[\w .+x-]{1,128}")),
    _field(
        n.COST_MISSING,
        _METRIC,
        _JUDGED,
        forms.one_of("incomplete", "no_model", "unknown_model", "unpriced_usage"),
    ),
    _field(n.QUOTA_KIND, _METRIC, _CONSTANT, forms.one_of("requests", "uncached_input", "output")),
    _field(n.QUOTA_SOURCE, _METRIC, _CONSTANT, forms.one_of("declared", "learnt")),
    _field(
        n.BUDGET,
        _METRIC,
        _SETTINGS,
        forms.text("the budget in words", r"[0-9.e+-]+ USD per (hour|day|week|month).*"),
        personal="only if you set a budget for one value of a tag: the value stands in it",
    ),
    _field(n.DROP_REASON, _METRIC, _JUDGED, forms.one_of(*Reason)),
    _field(n.DROP_SIGNAL, _METRIC, _CONSTANT, forms.one_of(*Signal)),
    _field(
        n.TELEMETRY_VERSION, _METRIC, "metadata of this package", forms.text("a version", r"[\w.+!-]{1,64}")
    ),
    _field(n.LOSSES_COUNTED, _METRIC, _CONSTANT, forms.one_of("true")),
    _field(n.TOKEN_TYPE, _METRIC, _CONSTANT, forms.one_of("input", "output")),
    _field(n.TOKEN_MODALITY, _METRIC, _CONSTANT, forms.one_of("unknown")),
    _field(f"{n.TAG_PREFIX}<key>", _ALL, _GIVEN, forms.TAG, personal=_YOUR_TAGS),
)
"""Attributes of spans and metrics, and fields of the ledger event."""


def _metric(name: str, unit: str, source: str = _COUNTED) -> Entry:
    return Entry("metric", name, _METRIC, source, forms.AMOUNT, unit)


METRICS: Final = (
    _metric(n.METRIC_OPERATION_DURATION, "s", _CLOCK),
    _metric(n.METRIC_TIME_TO_FIRST_CHUNK, "s", _CLOCK),
    _metric(n.METRIC_ATTEMPT_DURATION, "s", _CLOCK),
    _metric(n.METRIC_TOKEN_USAGE, "tokens", _ANSWERED),
    _metric(n.METRIC_CACHE_READ, "tokens", _ANSWERED),
    _metric(n.METRIC_CACHE_WRITE, "tokens", _ANSWERED),
    _metric(n.METRIC_REASONING, "tokens", _ANSWERED),
    _metric(n.METRIC_TOKENS, "tokens", _ANSWERED),
    _metric(n.METRIC_AUTH_FAILURES, "failures"),
    _metric(n.METRIC_COST, "US dollars", _PRICES),
    _metric(n.METRIC_PARTIAL_COST, "US dollars", _PRICES),
    _metric(n.METRIC_UNPRICED, "attempts"),
    _metric(n.METRIC_QUOTA_USED, "requests or tokens a minute"),
    _metric(n.METRIC_QUOTA_LIMIT, "requests or tokens a minute", "your settings, else learnt from 429s"),
    _metric(n.METRIC_QUOTA_WALL, "s"),
    _metric(n.METRIC_BUDGET_OVERRUNS, "overruns"),
    _metric(n.METRIC_DROPPED, "items"),
    _metric(n.METRIC_HEARTBEAT, "s", _CLOCK),
)
