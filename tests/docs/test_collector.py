"""The configurations of a Collector: the page shows the files, and each key is one that is documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.snippets import DOCS

PAGES = "".join((DOCS / f"guides/{name}.md").read_text("utf-8") for name in ("collector", "native-otlp"))
FILES = sorted((DOCS.parent / "examples/collector").glob("*.yaml"))

QUEUE = {"enabled", "num_consumers", "queue_size", "storage"}
HTTP = {"endpoint", "headers", "auth", "sending_queue", "retry_on_failure"}
KEYS: dict[str, set[str]] = {
    # azuremonitorexporter: config.schema.yaml, November 2026
    "azuremonitor": {
        "connection_string",
        "custom_events_enabled",
        "exception_events_enabled",
        "instrumentation_key",
        "maxbatchinterval",
        "maxbatchsize",
        "sending_queue",
        "shutdown_timeout",
        "spaneventsenabled",
    },
    # otlphttpexporter and confighttp, under the name that it has since Collector 0.144
    "otlp_http": HTTP | {f"{signal}_endpoint" for signal in ("traces", "logs", "metrics")},
}
"""By exporter, its documented keys, as far as a recipe may need one."""


def test_the_page_shows_the_files() -> None:
    """To the letter, and every one."""
    shown = re.findall(r"^```yaml\n(.*?)^```$", PAGES, re.MULTILINE | re.DOTALL)
    assert sorted(shown) == sorted(path.read_text("utf-8") for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_configuration_holds_together(path: Path) -> None:
    """Every part that is named is defined, every part that is defined is used, and no key is made up."""
    config: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    service = config["service"]
    assert set(service["pipelines"]) == {"traces", "logs", "metrics"}
    for kind in ("receivers", "processors", "exporters"):
        used = {name for parts in service["pipelines"].values() for name in parts[kind]}
        assert used == set(config[kind])
    assert set(service.get("extensions", ())) == set(config.get("extensions", ()))
    for name, given in config["exporters"].items():
        assert set(given) <= KEYS[name.partition("/")[0]]
        queue = given.get("sending_queue", {})
        assert set(queue) <= QUEUE
        assert queue.get("storage", "file_storage") == "file_storage"
        assert given.get("auth", {}).get("authenticator", "azureauth/monitor") == "azureauth/monitor"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_the_ledger_is_left_on_the_way(path: Path) -> None:
    """No processor of the logs samples, filters or cuts, and an event stays with its role."""
    config: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert set(config["service"]["pipelines"]["logs"]["processors"]) <= {"memory_limiter", "batch"}
    assert not config["exporters"].get("azuremonitor", {}).get("custom_events_enabled", False)
