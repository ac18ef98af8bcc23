"""`instrument()` imports no HTTP client, and works in whatever order the application imports them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from foundry_telemetry.instrumentation import families
from foundry_telemetry.internal_errors import internal_errors
from tests.support.families import has_both

ROOT = Path(__file__).parents[2]

STEPS: Final = {
    "instrument": "foundry_telemetry.instrument(sinks=[seen.append])",
    "hooks": "foundry_telemetry.event_hooks(sinks=[seen.append])",
    "client": "foundry_telemetry.instrument(module.Client(), sinks=[seen.append])",
    "httpx": "import httpx as module",
    "httpx2": "import httpx2 as module",
    "alias": "import httpx2; httpx2.alias_httpx()",
    "call": "call()",
    "uninstrument": "foundry_telemetry.uninstrument()",
}

PRELUDE: Final = """
import json, sys
import foundry_telemetry

URL = "https://contoso.services.ai.azure.com/anthropic/v1/messages"
BODY = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 1, "output_tokens": 1}}
seen = []

def call():
    for name in {"httpx", "httpx2"} & set(sys.modules):
        family = sys.modules[name]
        transport = family.MockTransport(lambda _: family.Response(200, json=BODY))
        with family.Client(transport=transport) as client:
            assert client.post(URL, json={"model": "d"}).json() == BODY

def families():
    return sorted({"httpx", "httpx2"} & set(sys.modules))
"""


def after(*steps: str) -> dict[str, Any]:
    """What a process tells in which these steps were done."""
    script = "\n".join((PRELUDE, *(STEPS[step] for step in steps)))
    report = "\nprint(json.dumps({'seen': len(seen), 'priced': [one.cost_usd is not None for one in seen],"
    report += " 'families': families()}))"
    ended = subprocess.run(
        [sys.executable, "-c", script + report],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    reported: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return reported


@pytest.mark.row(92)
@pytest.mark.parametrize("integration", ["instrument", "hooks"])
def test_no_family_is_imported(integration: str) -> None:
    """An integration that is set up before any client exists imports none."""
    assert after(integration)["families"] == []


@pytest.mark.slow
@pytest.mark.row(92)
@pytest.mark.skipif(not has_both, reason="needs httpx and httpx2")
@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        (("instrument", "httpx", "call"), 2),  # the price list imports the other one
        (("instrument", "httpx2", "call"), 1),
        (("httpx2", "instrument", "httpx", "call"), 2),
        (("alias", "instrument", "httpx", "call"), 2),
        (("instrument", "alias", "httpx", "call"), 2),
        (("instrument", "httpx2", "call", "alias", "httpx", "call"), 3),
        (("instrument", "uninstrument", "alias", "httpx", "call"), 0),
        (("instrument", "uninstrument", "httpx2", "instrument", "call"), 1),
    ],
)
def test_any_order(steps: tuple[str, ...], seen: int) -> None:
    """Clients are seen whenever their family is imported, also where one family stands for both."""
    reported = after(*steps)
    assert reported["seen"] == seen
    assert all(reported["priced"])


@pytest.mark.row(92)
def test_import_is_as_without_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in us when a client is imported is counted, and the import goes on."""

    def fail() -> None:
        raise ValueError("CANARY")

    heard: list[str] = []
    monkeypatch.setattr(families, "_callbacks", {fail: None, lambda: heard.append("next"): None})
    families._imported(sys)
    assert heard == ["next"]
    assert internal_errors.count == 1
    internal_errors.count = 0
