"""The configuration of a Collector that the page about OTLP shows."""

from __future__ import annotations

import re

import httpx
import yaml

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.docs.snippets import DOCS

PAGE = (DOCS / "guides/otlp.md").read_text(encoding="utf-8")


def test_the_collector_sends_to_the_server() -> None:
    """Its pipelines name what it defines, and a request with its address and headers is taken."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    with LocalAzureMonitor() as azure:
        block = block.replace("${env:FOUNDRY_TELEMETRY_LOCAL_TOKEN}", azure.token)
        collector = yaml.safe_load(block.replace("http://127.0.0.1:4319", azure.url))
        pipelines = collector["service"]["pipelines"]
        assert set(pipelines) == {"traces", "logs", "metrics"}
        for parts in pipelines.values():
            assert all(set(names) <= set(collector[kind]) for kind, names in parts.items())
        (exporter,) = collector["exporters"].values()
        for signal in pipelines:
            url = f"{exporter['endpoint']}/v1/{signal}"
            answer = httpx.post(url, json={}, headers=exporter["headers"], trust_env=False)
            assert (answer.status_code, answer.json()) == (200, {})
