"""Where telemetry goes by the environment, and what the environment takes away."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from foundry_telemetry.azure.sampling import _ACCEPTED_SAMPLERS
from foundry_telemetry.disabled import VARIABLE
from foundry_telemetry.investigate.doctor import exporting
from tests.investigate.doctor.scenes import named, scene

KEY = "0cana000-1111-4222-8333-444444444444".replace("n", "e")
STRING = f"InstrumentationKey={KEY};IngestionEndpoint=https://westeurope-1.in.applicationinsights.azure.com/"


def look(**variables: str) -> list[exporting.Finding]:
    """The findings for these variables."""
    return list(exporting.check(scene(variables=variables)))


def with_string(text: str) -> exporting.Finding:
    """The finding for a connection string."""
    return named(look(APPLICATIONINSIGHTS_CONNECTION_STRING=text), "connection string")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (KEY, "part 1 of 1 is not one 'name=value'"),
        (STRING.replace(KEY, KEY.upper()), "upper-case letters"),
        (STRING.replace(KEY, "CANARY"), "not a lower-case UUID"),
        ("IngestionEndpoint=https://x/", "no InstrumentationKey"),
        (STRING.replace("https://", ""), "not an http or https URL"),
    ],
)
def test_malformed_connection_strings(text: str, words: str) -> None:
    """A malformed string fails, says which part is wrong, and shows none of it."""
    found = with_string(text)
    assert found.state == "failure"
    assert words in found.seen
    assert KEY not in f"{found}".lower()
    assert "CANARY" not in f"{found}"


def test_connection_strings() -> None:
    """A sound one is well, and only its host is shown; none at all is a warning."""
    found = with_string(f" {STRING};")
    assert (found.state, found.seen) == (
        "ok",
        "valid; exports to westeurope-1.in.applicationinsights.azure.com",
    )
    assert with_string("").state == "warning"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (STRING, "https://westeurope-1.in.applicationinsights.azure.com"),
        (f"InstrumentationKey={KEY}", "https://dc.services.visualstudio.com"),
        (
            f"InstrumentationKey={KEY};EndpointSuffix=applicationinsights.us",
            "https://dc.applicationinsights.us",
        ),
        ("CANARY", None),
        ("", None),
    ],
)
def test_endpoints(text: str, endpoint: str | None) -> None:
    """The endpoint that is asked is the one that the exporter sends to."""
    asked = scene(variables={"APPLICATIONINSIGHTS_CONNECTION_STRING": text})
    assert exporting.ingestion_endpoint(asked) == endpoint


@pytest.mark.parametrize("name", sorted(_ACCEPTED_SAMPLERS))
def test_samplers(name: str) -> None:
    """Each sampler that loses traces is a warning that says what is lost; the others are well."""
    found = named(look(OTEL_TRACES_SAMPLER=name, OTEL_TRACES_SAMPLER_ARG="0.25"), "sampler")
    keeps = name in ("always_on", "parentbased_always_on")
    assert found.state == ("ok" if keeps else "warning")
    assert keeps or "(0.25)" in found.seen
    assert keeps or found.fix == "unset OTEL_TRACES_SAMPLER"


@pytest.mark.parametrize("name", ["traceidratio", "parentbased_traceidratio", "nonsense"])
def test_samplers_that_the_distro_refuses(name: str) -> None:
    """Names that the distro does not know are a warning; by themselves they cost all but five spans."""
    assert named(look(OTEL_TRACES_SAMPLER=name), "sampler").state == "warning"


def test_no_sampler() -> None:
    """Nothing set is well: `configure()` keeps all."""
    assert named(look(), "sampler").state == "ok"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "None "),
        ("OTEL_METRICS_EXPORTER", "none"),
    ],
)
def test_switched_off(name: str, value: str) -> None:
    """A signal that is switched off fails, and the fix switches it on."""
    assert named(look(**{name: value}), "signals").fix == f"unset {name}"
    assert not [finding for finding in look(**{name: "otlp"}) if finding.check == "signals"]


@pytest.mark.parametrize(
    ("value", "words"),
    [("TRUE", "configure() and instrument() do nothing"), ("1", "'1': expected true or false")],
)
def test_the_switch_of_a_laptop(value: str, words: str) -> None:
    """The switch is shown as a warning where it is on, and where its value is odd."""
    found = named(look(**{VARIABLE: value}), "signals")
    assert found.state == "warning"
    assert words in found.seen
    assert not [finding for finding in look(**{VARIABLE: "false"}) if finding.check == "signals"]


def test_content_of_others() -> None:
    """Prompts that another library records are a warning."""
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    assert named(look(**{variable: "True"}), "content").state == "warning"
    assert not [finding for finding in look(**{variable: "false"}) if finding.check == "content"]


def test_unsent_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that wait on disk are counted with their age and size; they are never read."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert named(exporting.check_stored(scene()), "unsent telemetry").state == "ok"
    folder = tmp_path / "Microsoft-AzureMonitor-0123" / f"opentelemetry-python-{KEY}"
    folder.mkdir(parents=True)
    for name, hours in (("a.blob", 3), ("b.blob", 30), ("c.blob@later.lock", 1)):
        (folder / name).write_text("CANARY" * 1000)
        os.utime(folder / name, (time.time() - hours * 3600,) * 2)
    found = named(exporting.check_stored(scene()), "unsent telemetry")
    assert found.state == "warning"
    assert found.seen.startswith(f"3 batches (0.0 MiB) in {folder.parent}, oldest 1 d 6 h old; ")
    assert KEY not in f"{found}"
    other = tmp_path / "Microsoft-AzureMonitor-4567" / "opentelemetry-python-x"
    other.mkdir(parents=True)
    (other / "d.blob").write_text("CANARY")
    found = named(exporting.check_stored(scene()), "unsent telemetry")
    assert found.seen.startswith(f"4 batches (0.0 MiB) in {tmp_path / 'Microsoft-AzureMonitor-*'}, oldest ")
