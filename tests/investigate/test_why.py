"""What the evidence of a finding shows: each row where its evidence is, and not where it is not."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any, Final

import pytest

from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate.incident.finding import Finding
from foundry_telemetry.investigate.incident.measure_advice import MEASURES, measure_advice
from foundry_telemetry.investigate.incident.why import ROWS, Why, why
from foundry_telemetry.wire.causes import CLASSES
from foundry_telemetry.wire.entra_codes import ENTRA_CODES
from tests.investigate.reports import (
    SINCE,
    change,
    examples,
    finding,
    period,
    report,
    seen,
    term,
)

ORDERS, OTHERS = term("service", "orders-api", "search"), term("service", "orders-api")
ONE = (ORDERS, term("instance", "orders-api-1", "orders-api-0", "orders-api-2"))
ALL = (ORDERS, term("instance", "orders-api-1"))
"""One instance that is all there are proves nothing."""
ACME = (ORDERS, term("tag tenant", "acme", "globex"))
RELEASE, FIRST_RELEASE = (seen("version", "4.3.0", "4.2.0"),), (seen("version", "4.2.0"),)
SLOW = (change("time_to_first_token"),)
EARLIEST = period(is_earliest=True)


def lasting(*seconds: float, **given: Any) -> dict[str, Any]:
    """Examples that lasted so long."""
    found = (examples({"foundry.duration_ms": f"{one * 1_000}"}, **given)[0] for one in seconds)
    return {"examples": tuple(found)}


def having(status: int | None = None, **properties: Any) -> dict[str, Any]:
    """Three examples with these properties."""
    reported = {f"foundry.{name.replace('__', '.')}": value for name, value in properties.items()}
    return {"examples": examples(reported, status=status)}


def coded(*codes: str) -> dict[str, Any]:
    """Error codes, the first far more often than the others."""
    return {"error_codes": tuple((code, 12 if not at else 4) for at, code in enumerate(codes))}


ENTRA: Final = {
    f"entra_{code.lower()}": (
        finding("credential_error", "caller_credential", **coded(code)),
        finding("credential_error", "caller_credential", **coded("AADSTS50034", code)),
    )
    for code in ENTRA_CODES
}
CODES: Final = {
    "dns_unknown_name": "EAI_NONAME",
    "dns_unavailable": "EAI_AGAIN",
    "certificate": "CERTIFICATE_VERIFY_FAILED",
    "tls": "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "refused": "ECONNREFUSED",
    "reset": "ECONNRESET",
    "unreachable": "EHOSTUNREACH",
    "no_file_descriptors": "EMFILE",
    "no_ports": "EADDRNOTAVAIL",
}
CODED: Final = {
    name: (
        finding("connection_error", "network", **coded(code, "OTHER")),
        finding("connection_error", "network", **coded("OTHER", code)),
    )
    for name, code in CODES.items()
}
KEY, TOKEN = ("auth_invalid_key", "caller_credential"), ("auth_token_expired", "caller_credential")
BEFORE: Final = {
    name: (finding(cause), finding(cause, period=EARLIEST))
    for name, cause in {
        "role_removed": "authz_missing_role",
        "network_rule": "authz_network_denied",
        "deployment_deleted": "deployment_not_found",
    }.items()
}
RENAMED: Final = finding("deployment_not_found", first_seen=(seen("deployment", "chatt", "chat"),))
TRIED: Final = {"also": (change("attempts"),), "failed_calls": 40}
CHANGED: Final = {
    "new_deployment": (RENAMED, finding("deployment_not_found")),
    "retries_add_load": (
        finding("server_error", **TRIED),
        finding("server_error", **TRIED, recovered_calls=1),
    ),
    "other_credential": (
        finding("authz_missing_role", first_seen=(seen("auth_scheme", "entra_id", "api_key"),)),
        finding("overloaded", first_seen=(seen("auth_scheme", "entra_id", "api_key"),)),
    ),
    "other_client": (
        finding("invalid_request", "caller_request", first_seen=(seen("client", "b/2", "b/1"),)),
        finding("overloaded", "model_service", first_seen=(seen("client", "b/2", "b/1"),)),
    ),
}
"""What is new among the affected, or what retries do."""
CREDENTIALS: Final = {
    "token_and_clock": (
        finding(*TOKEN, **having(401, clock_offset_s="420")),
        finding(*TOKEN, **having(401, clock_offset_s="12")),
    ),
    "stale_token": (finding(*TOKEN, extent=ONE), finding(*TOKEN, extent=ALL)),
    "old_key": (finding(*KEY, extent=ONE), finding(*KEY, extent=ALL)),
    "key_rotated": (finding(*KEY), finding(*KEY, main=change(KEY[0], baseline=0.2))),
    **{
        f"{name}_of_a_version": (finding(cause, first_seen=RELEASE), finding(cause, first_seen=FIRST_RELEASE))
        for name, cause in {
            "key": KEY[0],
            "identity": "authz_missing_role",
            "network": "authz_network_denied",
            "deployment": "deployment_not_found",
        }.items()
    },
}
TIMES: Final = {
    "known_limit": (
        finding("stream_truncated", **lasting(240.1, 239.8)),
        finding("stream_truncated", **lasting(200.1, 199.8)),
    ),
    "client_timeout_value": (
        finding("client_timeout", "client", **lasting(30.0, 30.1, 30.2)),
        finding("client_timeout", "client", **lasting(30.0, 12.0, 30.2)),
    ),
    "time_limit_in_path": (
        finding("timeout", **lasting(90.0, 90.4, 90.2)),
        finding("timeout", **lasting(90.0)),
    ),
    "stalled": (
        finding("client_timeout", **having(200, duration_ms="30000", time_to_first_token_ms="800")),
        finding("client_timeout", **having(200, duration_ms="30000")),
    ),
    "no_response": (
        finding("client_timeout", **having()),
        finding("client_timeout", **having(200)),
    ),
}
ANSWERED: Final = {
    name: (
        finding("server_error", **having(500, error__origin=origin)),
        finding(
            "server_error",
            examples=(
                *examples({"foundry.error.origin": origin}),
                *examples({"foundry.error.origin": "unknown"}),
            ),
        ),
    )
    for name, origin in {
        "gateway_answered": "customer_gateway",
        "proxy_answered": "proxy",
        "anthropic_answered": "anthropic",
        "azure_answered": "foundry",
    }.items()
}
LOAD: Final = {
    "quota_and_load": (finding("rate_limited", also=(change("volume:more"),)), finding("rate_limited")),
    "quota_and_prompt": (finding("rate_limited", also=(change("input_tokens"),)), finding("rate_limited")),
    "quota_and_cache": (
        finding("rate_limited", also=(change("cache_hit_rate", "lower"),)),
        finding("rate_limited", also=(change("cache_hit_rate", "higher"),)),
    ),
    "load_of_a_tag": (finding("volume:more", extent=ACME), finding("volume:more")),
}
SPEED: Final = {
    "retries_hidden": (finding("latency", also=(change("attempts"),)), finding("latency")),
    "longer_prompt": (
        finding("latency", also=(*SLOW, change("input_tokens"))),
        finding("latency", also=SLOW),
    ),
    "lost_cache": (
        finding("time_to_first_token", also=(change("cache_hit_rate", "lower"),)),
        finding("time_to_first_token"),
    ),
    "queueing": (finding("latency", also=SLOW), finding("latency", also=SLOW, extent=ONE)),
    "slow_generation": (
        finding("latency", also=(change("time_per_output_token"),)),
        finding("latency", also=(change("time_per_output_token"), *SLOW)),
    ),
    "slow_throughout": (
        finding("latency", also=(change("time_per_output_token"), *SLOW)),
        finding("latency", also=SLOW),
    ),
    "longer_responses": (
        finding("latency", also=(change("output_tokens"),)),
        finding("latency", also=(change("output_tokens"), change("time_per_output_token"))),
    ),
    "one_region": (
        finding("latency", extent=(term("region", "Sweden Central", "East US 2"),)),
        finding("latency", extent=(term("region", "Sweden Central"),)),
    ),
    "slow_version": (finding("latency", first_seen=RELEASE), finding("latency", first_seen=FIRST_RELEASE)),
}
CUT: Final = "stop_reason:max_tokens"
CONTENT: Final = {
    "lower_max_tokens": (finding(CUT, also=(change("output_tokens", "lower"),)), finding(CUT)),
    "new_max_tokens": (
        finding(CUT, first_seen=(seen("max_tokens", "256", "1024"),)),
        finding(CUT, first_seen=(seen("max_tokens", "256"),)),
    ),
    "longer_than_max_tokens": (finding(CUT, also=(change("output_tokens"),)), finding(CUT)),
    "other_model": (
        finding("cost", first_seen=(seen("model", "claude-opus-5-5", "claude-haiku-5-5"),)),
        finding("cost", first_seen=RELEASE),
    ),
    "dearer_prompt": (finding("cost", also=(change("input_tokens"),)), finding("cost")),
    "request_of_a_version": (
        finding("cache_hit_rate", direction="lower", first_seen=RELEASE),
        finding("cache_hit_rate", direction="lower", first_seen=FIRST_RELEASE),
    ),
    "failures_of_a_version": (
        finding("invalid_request", "caller_request", first_seen=RELEASE),
        finding("overloaded", "model_service", first_seen=RELEASE),
    ),
    "one_tag": (finding("stop_reason:refusal", extent=ACME), finding("stop_reason:refusal")),
}
SILENT: Final = "volume:silent"
VOLUME: Final = {
    "counted_twice": (finding("volume:more", also=(change("duplicates"),)), finding("volume:more")),
    "silent_instance": (
        finding(SILENT, direction="lower", extent=ONE),
        finding(SILENT, direction="lower", extent=ALL),
    ),
    "silent_part": (
        finding(SILENT, direction="lower", extent=(ORDERS,)),
        finding(SILENT, direction="lower", extent=(OTHERS,)),
    ),
    "all_silent": (
        finding(SILENT, direction="lower", extent=()),
        finding(SILENT, direction="lower", extent=(OTHERS,)),
    ),
    "two_exporters": (
        finding("duplicates", main=change("duplicates", now=1.0)),
        finding("duplicates", main=change("duplicates", now=0.3)),
    ),
    "sent_again": (
        finding("duplicates", main=change("duplicates", now=0.3)),
        finding("duplicates", main=change("duplicates", now=1.0)),
    ),
    "clock": (
        finding("clock_skew", **having(200, clock_offset_s="420")),
        finding("clock_skew", **having(200, clock_offset_s="12")),
    ),
    "one_instance": (finding("server_error", extent=ONE), finding("server_error", extent=ALL)),
}
ROW_CASES: Final = {
    **ENTRA, **CODED, **BEFORE, **CHANGED, **CREDENTIALS, **TIMES, **ANSWERED, **LOAD, **SPEED, **CONTENT,
    **VOLUME,
}  # fmt: skip
"""By row: a finding that has its evidence, and one like it that has not."""


def said(one: Finding) -> Why:
    """What is said about a finding."""
    return why(one, report(one))


def test_each_row_has_a_case() -> None:
    """No row is without a finding that reaches it; no two have one name."""
    names = [row.name for row in ROWS]
    assert sorted(names) == sorted(ROW_CASES)


@pytest.mark.parametrize("name", ROW_CASES)
def test_a_row_holds_with_its_evidence_alone(name: str) -> None:
    """With the evidence the sentence is there, all of it filled in; without it nothing is claimed."""
    true, other = ROW_CASES[name]
    (reason,) = [one for one in said(true).reasons if one.name == name]
    assert not re.search(r"[{}]", f"{reason.text}{reason.next_step}{reason.command}")
    assert reason.text.endswith(".")
    assert name not in [one.name for one in said(other).reasons]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_likely_stands_beside_its_evidence(row: Any) -> None:
    """*Likely* comes after what was measured, in the same text; a step is short enough for its line."""
    assert not row.text.lower().startswith("likely")
    assert len(row.next_step) <= 110
    assert row.owner is None or row.owner in OWNER_LABELS
    named = {field for text in (row.text, row.next_step) for _, field, _, _ in Formatter().parse(text)}
    assert "" not in named


def test_the_first_refined_step_is_the_next_step() -> None:
    """Evidence changes the next step; without any it is that of the cause."""
    refused = said(finding("connection_error", "network", **coded("ECONNREFUSED")))
    assert refused.next_step.startswith("Check base URL, port")
    assert refused.command is not None
    assert refused.command.startswith("curl")
    plain = said(finding("cost", calls=0))
    assert plain.next_step == measure_advice("cost").next_step
    assert plain.command == "foundry-telemetry cost --by deployment --from 2026-11-22T14:22"


def test_commands_compare_by_what_is_affected() -> None:
    """Spend is divided by the narrowest dimension that ``cost`` knows; a key that it refuses is not used."""
    for extent, by in (
        (ACME, "tag.tenant"),
        ((ORDERS, term("instance", "a", "b")), "service"),
        ((term("tag $(reboot)", "a"),), "deployment"),
    ):
        command = said(finding("input_tokens", extent=extent)).command
        assert command is not None
        assert f"--by {by} " in command


@pytest.mark.parametrize(
    ("one", "owner"),
    [
        (finding("clock_skew", **having(200, clock_offset_s="-90")), "client"),
        (finding("cache_hit_rate", direction="lower", first_seen=RELEASE), "caller_request"),
        (finding("server_error", **having(500, error__origin="customer_gateway")), "customer_gateway"),
        (finding("server_error", "azure", **having(500, error__origin="customer_gateway")), "azure"),
        (finding("connection_error", "network", **coded("EMFILE")), "client"),
        (finding("latency"), None),
    ],
)
def test_owner(one: Finding, owner: str | None) -> None:
    """The record says who has to act; evidence says it where the record does not, or is wrong."""
    assert said(one).owner == owner


def test_a_new_name_was_not_deleted() -> None:
    """A deployment that nobody called before is not said to be deleted."""
    assert [one.name for one in said(RENAMED).reasons] == ["new_deployment"]


def test_codes_of_windows() -> None:
    """The names of socket errors have a prefix there, and mean the same."""
    found = said(finding("connection_error", "network", **coded("WSAECONNREFUSED")))
    assert [one.name for one in found.reasons] == ["refused"]


def test_known_limits_are_named_with_their_value() -> None:
    """A duration that is a usual limit is said to be that, with the number."""
    texts = [one.text for one in said(finding("client_timeout", "client", **lasting(600.0, 600.3))).reasons]
    assert texts[0] == "600 s is the default timeout of the Anthropic SDK."


@pytest.mark.parametrize(
    "cause", [*CLASSES, *MEASURES, "http_418", "stop_reason:pause_turn", "later:measure"]
)
def test_every_cause_has_advice(cause: str) -> None:
    """A meaning and a next step for each class and measure, and for those of newer versions."""
    found = said(finding(cause))
    assert found.meaning.endswith(".")
    assert len(found.next_step) <= 120


ODD_PROPERTIES: Final = (
    "",
    "[]",
    "{",
    '{"foundry.duration_ms": "NaN"}',
    '{"foundry.duration_ms": [1]}',
    "\ud800",
    '{"foundry.error.origin": {"a": 1}, "foundry.duration_ms": "1e999", "foundry.clock_offset_s": true}',
)
"""Properties as nobody but a forger writes them."""


@pytest.mark.parametrize("properties", ODD_PROPERTIES)
def test_odd_properties_show_nothing(properties: str) -> None:
    """What does not fit is no evidence, and no error."""
    one = examples({}, status=401)[0]
    forged = type(one)(ended=SINCE, call_id="x", status=401, properties=properties)
    found = said(finding("auth_token_expired", "caller_credential", examples=(forged, forged)))
    assert [one.name for one in found.reasons] == []
