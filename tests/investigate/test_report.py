"""How a report of incidents reads: on a screen, and as JSON."""

from __future__ import annotations

import json
import unicodedata
from datetime import timedelta
from typing import Any

import pytest

from foundry_telemetry.investigate.incident.finding import Change, Finding, Report, Totals, Unjudged
from foundry_telemetry.investigate.incident.measure_advice import MEASURES
from foundry_telemetry.investigate.incident.rendering import as_object
from tests.investigate.reports import (
    SINCE,
    change,
    drawn,
    example,
    examples,
    finding,
    period,
    report,
    seen,
    term,
)
from tests.investigate.test_hostile import ATTACKS

INSTANCES = term("instance", "orders-api-1", "orders-api-0", "orders-api-2")
ROUTE = (term("service", "orders-api", "search"), term("deployment", "orders-chat"))
DNS = finding(
    "connection_error",
    "network",
    main=change("connection_error", now=0.4, changed=48, count=120),
    extent=(*ROUTE, INSTANCES),
    failed_calls=40,
    recovered_calls=6,
    error_codes=(("EAI_NONAME", 47), ("ECONNRESET", 1)),
    first_seen=(seen("version", "4.3.0", "4.2.0"),),
    examples=examples({"foundry.duration_ms": "12"}, error_code="EAI_NONAME", outcome="no_response"),
)
SLOW = finding("latency", also=(change("time_to_first_token"),))


def empty(**given: Any) -> Report:
    """A report without a call."""
    totals = Totals(
        attempts=0,
        calls=0,
        failed_calls=0,
        recovered_calls=0,
        baseline_attempts=0,
        oldest=None,
        newest=None,
        services=(),
        deployments=(),
    )
    return report(**{"verdict": "no data", "totals": totals, "comparisons": 0} | given)


def text_of(made: Report) -> str:
    """A screen without its layout."""
    return " ".join(" ".join(drawn(made)).split())


def test_three_lines_before_everything_else() -> None:
    """What, owner and when; affected and not; the next step with its command: then the evidence."""
    lines = drawn(report(DNS))
    assert lines[:4] == [
        (
            "INCIDENT  connection_error: 40% of 120 attempts failed (baseline 0.4%)  owner: Network  "
            "ongoing since 14:22:00 UTC (45 min)"
        ),
        (
            "affected  orders-api \u2192 orders-chat, 1 of 3 instances: orders-api-1; "
            "not affected: service search; instances orders-api-0, orders-api-2"
        ),
        (
            "next step Resolve the host name where the affected service runs; check DNS, private endpoint "
            "and base URL."
        ),
        "          $ nslookup <resource>.services.ai.azure.com",
    ]
    text = text_of(report(DNS))
    assert "evidence DNS: the host name does not resolve (EAI_NONAME in 47 failed attempts)." in text
    assert (
        "calls 40 of 290 calls failed with this error (14%), 6 recovered after a retry; "
        "300 attempts since the change" in text
    )
    assert "codes EAI_NONAME (47), ECONNRESET (1)" in text
    assert "changes version 4.3.0, first seen 14:21:00 UTC; before: 4.2.0" in text
    assert "no response, EAI_NONAME orders-api orders-chat 12 ms FT-036B3-21DC3" in text
    assert "details $ foundry-telemetry ticket FT-036B3-21DC3" in text


@pytest.mark.parametrize(
    ("measure", "said"),
    {
        "latency": "latency 3.1x: typical 5.2 s (baseline 1.7 s)",
        "time_to_first_token": "time to first token 4.0x: typical 3.2 s (baseline 800 ms)",
        "time_per_output_token": "time per output token 2.9x: typical 40 ms (baseline 14 ms)",
        "stop_reason:max_tokens": "stop_reason max_tokens: 40% of 120 responses (baseline 0.4%)",
        "stop_reason:refusal": "stop_reason refusal: 40% of 120 responses (baseline 0.4%)",
        "stop_reason:tool_use": "stop_reason tool_use: 40% of 120 responses (baseline 0.4%)",
        "input_tokens": "input tokens 4.0x: typical 4,812 tokens (baseline 1,203 tokens)",
        "output_tokens": "output tokens 3.0x: typical 900 tokens (baseline 300 tokens)",
        "cache_hit_rate": "cache hit rate: 4% of 120 responses read from the cache (baseline 61%)",
        "cost": "cost per call 1.7x: typical $0.012 (baseline $0.0072)",
        "price": "price per million tokens 1.7x: typical $5.00 (baseline $3.00)",
        "attempts": "attempts per call 2.1x: typical 2.1 (baseline 1.0)",
        "volume:silent": "call volume: 0 calls (baseline 25 calls)",
        "volume:more": "call volume 4.0x: 412 calls (baseline 103 calls)",
        "duplicates": "duplicate records: 40% of 120 attempts recorded more than once (baseline 0.4%)",
        "clock_skew": "clock skew: 40% of 120 responses differ by 30 s or more (baseline 0.4%)",
    }.items(),
)
def test_each_measure_with_its_unit(measure: str, said: str) -> None:
    """The first line has the value now and before, in the unit of the measure."""
    assert measure in MEASURES
    lines = drawn(report(finding(measure)))
    assert lines[0].startswith(f"INCIDENT  {said}  owner: ")
    assert lines[2].startswith("next step ")


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (change("latency", baseline=None), "latency: typical 5.2 s (no baseline)"),
        (change("server_error", baseline=None), "server_error: 40% of 120 attempts failed (no baseline)"),
        (change("server_error", now=0.0004), "server_error: <0.1% of 120 attempts failed (baseline 0.4%)"),
        (
            change("latency", now=1_800.0, ratio=2.0),
            "latency 2.0x at the same response length: typical 1.8 s (baseline 1.7 s)",
        ),
        (change("latency", ratio=3.0), "latency 3.0x: typical 5.2 s (baseline 1.7 s)"),
        (change("cost", now=0.00001), "cost per call 0.0014x: typical <$0.0001 (baseline $0.0072)"),
        (change("latency", now=170_000.0), "latency 100x: typical 170 s (baseline 1.7 s)"),
        (change("later_measure", unit="ms"), "later measure 100x: typical <1 ms (baseline <1 ms)"),
    ],
)
def test_odd_values(one: Change, said: str) -> None:
    """No baseline, tiny shares and amounts, latency of shorter responses: said as they are."""
    assert drawn(report(finding(one.measure, main=one)))[0].startswith(f"INCIDENT  {said}  ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "ongoing since 14:22:00 UTC (45 min)"),
        ({"is_earliest": True}, "ongoing since 14:22:00 UTC or earlier (45 min)"),
        (
            {"state": "ended", "last": SINCE + timedelta(minutes=20)},
            "ended: 14:22:00 UTC to 14:42:00 UTC (20 min)",
        ),
        (
            {"state": "intermittent", "times": 3},
            "intermittent since 14:22:00 UTC (3 times, last 15:07:00 UTC)",
        ),
        (
            {"state": "no traffic", "last": SINCE, "newest": SINCE + timedelta(minutes=1)},
            "since 14:22:00 UTC, last 14:22:00 UTC; no traffic of the affected since 14:23:00 UTC",
        ),
        ({"since": SINCE - timedelta(days=1)}, "ongoing since Nov 21 14:22:00 UTC (1 d 45 min)"),
    ],
)
def test_when(given: dict[str, Any], said: str) -> None:
    """Whether it goes on; that nobody can tell where the affected made no call since."""
    assert drawn(report(finding("overloaded", period=period(**given))))[0].endswith(f"  {said}")


def test_silence_has_no_traffic_by_its_nature() -> None:
    """A silent service is not said to be without traffic once more."""
    silent = finding(
        "volume:silent", direction="lower", period=period(state="no traffic", last=SINCE), calls=0
    )
    lines = drawn(report(silent))
    assert lines[0].endswith("  ongoing since 14:22:00 UTC (45 min)")
    assert not any(line.startswith("calls") for line in lines)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"extent": ()}, "orders-api \u2192 orders-chat (all traffic)"),
        ({"extent": (), "services": (), "deployments": ()}, "all traffic"),
        (
            {"extent": (term("deployment", "orders-chat"),), "services": ("a", "b", "c", "d")},
            "a, b, c and 1 more \u2192 orders-chat",
        ),
        (
            {"extent": (term("model", "claude-haiku-5-5", "claude-opus-5-5"),)},
            (
                "1 of 2 models: claude-haiku-5-5 (orders-api \u2192 orders-chat); "
                "not affected: model claude-opus-5-5"
            ),
        ),
        (
            {"extent": (*ROUTE, term("tag tenant", "acme", "globex", number=5))},
            (
                "orders-api \u2192 orders-chat, tag tenant acme (1 of 5 values); "
                "not affected: service search; tag tenant globex; not judged: 3 other tag tenant"
            ),
        ),
        (
            {"extent": (term("service", "orders-api"), term("auth_scheme", "api_key", "entra_id"))},
            (
                "orders-api \u2192 orders-chat, 1 of 2 credential types: api_key; "
                "not affected: credential type entra_id"
            ),
        ),
        (
            {"extent": (term("service", "orders-api"), term("instance", "orders-api-1"))},
            "orders-api \u2192 orders-chat, instance orders-api-1",
        ),
    ],
)
def test_affected(given: dict[str, Any], said: str) -> None:
    """The narrowest values, who is known not to be affected, and of whom that is not known."""
    assert drawn(report(finding("overloaded", **given)))[1] == f"affected  {said}"


def test_findings_in_order() -> None:
    """Each is numbered and has its three lines; the evidence of the first three is shown."""
    lines = drawn(report(*[finding("overloaded", "model_service")] * 6))
    heads = [line.partition("INCIDENT")[0] for line in lines if "INCIDENT" in line]
    assert heads == ["", "SECOND ", "THIRD ", "FOURTH ", "FIFTH ", "FURTHER "]
    assert sum(line.startswith("affected ") for line in lines) == 6
    assert sum(line.startswith("meaning ") for line in lines) == 3
    assert not any(line.startswith("OK ") for line in lines)


def test_masked_by_retries() -> None:
    """Failures that every call survived are said to be that."""
    masked = finding("rate_limited", "quota", recovered_calls=80, calls=200, attempts=320)
    text = text_of(report(masked))
    assert "calls none of 200 calls failed: masked by retries, 80 recovered; 320 attempts since" in text


def test_ok_names_what_was_not_judged() -> None:
    """OK says what was compared, what is as usual or below an incident, and what nobody could judge."""
    unjudged = (
        Unjudged(what="search", why="too few calls", calls=3),
        Unjudged(what="night-reports", why="no baseline"),
        Unjudged(what="duplicates", why="not asked"),
    )
    made = report(
        unjudged=unjudged,
        at_baseline=(change("timeout", now=0.004),),
        notes=(change("latency", now=2_000.0),),
    )
    lines = drawn(made)
    assert lines == [
        (
            "OK        no elevated failures, no other incident: 100% of 1,204 calls succeeded, "
            "12 of them after a retry"
        ),
        "others    timeout: 0.4% of 120 attempts failed (baseline 0.4%); within normal variation",
        "notes     latency 1.2x: typical 2.0 s (baseline 1.7 s); below the level of an incident",
        "unjudged  too few calls to judge: search (3 calls)",
        "          no baseline: night-reports",
        "          not checked: duplicates",
        (
            "checked   1,204 calls, 1,300 attempts, 2 services, 2 deployments; 2026-11-22 14:07:00 to "
            "15:07:00 UTC; baseline: 12,000 attempts since 2026-11-15 15:07:00 UTC; 412 comparisons; local "
            "Azure Monitor at"
        ),
        "          http://127.0.0.1:4319",
    ]


def test_nothing_judged_is_not_called_well() -> None:
    """Where nothing could be compared it says that, not that nothing is elevated."""
    few = [Unjudged(what=name, why="too few calls", calls=3) for name in ("search", "orders-api")]
    for made in (report(comparisons=0, unjudged=(few[0],)), report(unjudged=tuple(few))):
        assert drawn(made)[0].startswith("OK        too few calls to judge: ")
        assert "no elevated" not in text_of(made)
    assert "no elevated" in text_of(report(unjudged=(few[0],)))
    new = report(at_baseline=(change("timeout", now=0.02, baseline=None),))
    assert "timeout: 2% of 120 attempts failed (no baseline); too few to judge" in text_of(new)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "290 calls, 300 attempts of the affected since the change"),
        ({"state": "ended"}, "290 calls, 300 attempts of the affected in this time"),
        (
            {"since": SINCE - timedelta(days=1)},
            "290 calls, 300 attempts of the affected in the period checked",
        ),
    ],
)
def test_calls_of_which_time(given: dict[str, Any], said: str) -> None:
    """Numbers are those since the change, as far as it is in the time that was looked at."""
    assert said in text_of(report(finding("latency", period=period(**given))))


def test_no_data() -> None:
    """No call: the last one, what to check, and that a filter may be misspelt."""
    plain, filtered = empty(), empty(filters=(term("service", "orders-appi"),))
    assert drawn(plain)[0] == "NO DATA   no Foundry call was recorded in this period"
    assert "No call in the 7 days before this period." in text_of(plain)
    assert (
        drawn(filtered)[0] == "NO DATA   no Foundry call with service orders-appi was recorded in this period"
    )
    assert "Check the spelling of the filters" in text_of(filtered)
    assert "checked only service orders-appi; 0 calls" in text_of(filtered)


def test_json_has_the_same_facts() -> None:
    """The keys of `Report`, and of each finding what is said about it; no properties."""
    made = report(DNS, SLOW, filters=(term("service", "orders-api"),))
    reported = json.loads(json.dumps(as_object(made)))
    assert set(reported) == set(Report.__struct_fields__)
    first, second = reported["findings"]
    assert set(first) == {*Finding.__struct_fields__, "next_step", "why", "advice"}
    assert first["owner"] == "network"
    assert first["next_step"]["text"] == drawn(made)[2].removeprefix("next step ")
    assert first["next_step"]["command"].startswith("nslookup")
    assert next(one["name"] for one in first["why"]) == "dns_unknown_name"
    assert {"text", "command"} == set(first["advice"]["steps"][0])
    assert first["extent"][2]["unaffected"] == ["orders-api-0", "orders-api-2"]
    shown = first["examples"][0]
    assert shown["support_code"] == "FT-016B3-21DC3"
    assert shown["duration_ms"] == 12
    assert "properties" not in shown
    assert second["owner"] is None
    assert second["main"]["measure"] == "latency"
    assert second["period"]["since"] == "2026-11-22T14:22:00Z"


@pytest.mark.parametrize("attack", ATTACKS)
def test_values_stay_harmless(attack: str) -> None:
    """Whatever stands in a value, it acts on no terminal and makes no line of its own."""
    value = finding(
        "connection_error",
        attack,
        extent=(
            term("service", attack, attack),
            term("tag x", attack, attack),
            term("instance", attack, attack),
        ),
        services=(attack,),
        deployments=(attack,),
        error_codes=((attack, 3), ("EAI_NONAME", 5)),
        first_seen=(seen("version", attack, attack),),
        examples=(example(service=attack, call_id=attack, apim_request_id=attack, error_code=attack),),
    )
    made = report(
        value,
        source=attack,
        filters=(term("model", attack),),
        unjudged=(Unjudged(what=attack, why="no baseline"),),
    )
    normal = report(DNS, filters=(term("model", "m"),), unjudged=(Unjudged(what="x", why="no baseline"),))
    lines = drawn(made, 4_000)
    assert not any(unicodedata.category(one)[0] == "C" for one in "".join(lines))
    labels = {line[:9].strip() for line in drawn(normal, 4_000)}
    assert {line[:9].strip() for line in lines} <= labels
    assert sum(line.startswith("INCIDENT") for line in lines) == 1
    assert json.dumps(as_object(made)).isascii()


@pytest.mark.parametrize("width", [20, 40, 80])
def test_narrow_terminals(width: int) -> None:
    """Lines keep to the width but for commands, which are never wrapped; no word is lost."""
    made = report(DNS, SLOW, finding("latency"), finding("cost"))
    narrow, wide = drawn(made, width), drawn(made, 4_000)
    assert "".join("".join(narrow).split()) == "".join("".join(wide).split())
    room = max(width, 20 + len("FOURTH INCIDENT "))
    assert all(len(line) <= room or "$ " in line for line in narrow)
    assert all(line == line.rstrip() for line in narrow)
