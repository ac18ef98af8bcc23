"""What `configure` refuses, and what it decides, before it touches anything."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from foundry_telemetry.azure import configure
from foundry_telemetry.azure.environment import environment
from foundry_telemetry.azure.sampling import KEEP_ALL
from foundry_telemetry.azure.settings import CONNECTION_STRING, InstrumentOptions, Settings, read_settings
from foundry_telemetry.testing.ingestion import FakeIngestion
from tests.azure.process import run

KEY = "0a1b2c3d-1111-2222-3333-444455556666"
STRING = f"InstrumentationKey={KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (CONNECTION_STRING, "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"):
        monkeypatch.delenv(name, raising=False)


def read(string: str | None = STRING, ratio: float = KEEP_ALL, **options: Any) -> Settings:
    """Settings of a call with these arguments."""
    instrumentation = InstrumentOptions(
        hosts=options.pop("hosts", ()), http_spans=options.pop("http_spans", "keep")
    )
    return read_settings(string, ratio, options, instrumentation)


@pytest.mark.row(81)
@pytest.mark.parametrize("given", [None, "", "  "])
def test_no_connection_string(given: str | None) -> None:
    """Without a connection string the error names both ways to give one."""
    with pytest.raises(ValueError, match=rf"connection_string=.*{CONNECTION_STRING}"):
        configure(connection_string=given)


@pytest.mark.row(75, 81)
@pytest.mark.parametrize(
    ("string", "problem"),
    [
        (KEY, "part 1 of 1 is not one 'name=value'"),
        (f"InstrumentationKey={KEY};;IngestionEndpoint=https://a.b", "part 2 of 3"),
        (f"InstrumentationKey={KEY}==", "part 1 of 1"),
        ("IngestionEndpoint=https://a.b", "no InstrumentationKey"),
        (f"InstrumentationKey={KEY.upper()}", "upper-case"),
        (f"InstrumentationKey={KEY[:-1]}", r"\(35 characters\) is not a lower-case UUID"),
        (f'"InstrumentationKey={KEY}"', "no InstrumentationKey"),
        (f"InstrumentationKey={KEY};IngestionEndpoint=ftp://{KEY}", "IngestionEndpoint is not an http"),
        (f"InstrumentationKey={KEY};LiveEndpoint=https://a:{KEY}", "LiveEndpoint is not an http"),
        (f"InstrumentationKey={KEY};Authorization={KEY}", "Authorization"),
    ],
)
def test_malformed_connection_string(string: str, problem: str) -> None:
    """The error says what is wrong and what was expected, and holds no part of the secret."""
    with pytest.raises(ValueError, match=problem) as caught:
        configure(connection_string=string)
    message = f"{caught.value!r}{caught.value.__cause__!r}".lower()
    assert "expected 'instrumentationkey=<lower-case uuid>" in message
    assert KEY[:8] not in message


def test_connection_string_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument wins over the environment, and hides it from the exporter, which would read both."""
    other = STRING.replace("0a1b", "ffff")
    monkeypatch.setenv(CONNECTION_STRING, other)
    assert read(None).options["connection_string"] == other
    settings = read(STRING)
    assert settings.options["connection_string"] == STRING
    assert settings.environment[CONNECTION_STRING] is None


def test_connection_string_as_copied() -> None:
    """Blanks around it and a semicolon at its end, on which the exporter fails, do no harm."""
    settings = read(f" {STRING}; \n")
    assert settings.options["connection_string"] == STRING
    assert settings.resource_key == read(STRING.replace(".com/", ".com")).resource_key


@pytest.mark.row(75)
def test_repr_of_settings_is_no_leak() -> None:
    """Settings in a log line or a traceback do not show the key."""
    assert KEY not in repr(read())


@pytest.mark.row(81)
def test_credential_needs_https() -> None:
    """A credential with an http endpoint fails here, not at each export."""
    with pytest.raises(ValueError, match="credential= requires an https IngestionEndpoint"):
        read(f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:1/", credential=object())


@pytest.mark.row(81)
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("enable_live_metric", "did you mean 'enable_live_metrics'"),
        ("conection_string", "'connection_string'"),
        ("host", "'hosts'"),
        ("xyzzy", "expected a keyword of"),
        ("disable_tracing", "OTEL_TRACES_EXPORTER=none"),
        ("connection_timeout", "use timeout="),
        ("compresion", "'compression'"),
    ],
)
def test_unknown_keyword(name: str, hint: str) -> None:
    """A keyword that nobody reads is an error that names it and what was perhaps meant."""
    with pytest.raises(TypeError, match=rf"configure\(\) has no keyword '{name}'.*{hint}"):
        configure(connection_string=STRING, **{name: True})  # type: ignore[arg-type]


@pytest.mark.row(81)
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"sampling_ratio": 1.5}, "sampling_ratio=1.5: expected"),
        ({"sampling_ratio": float("nan")}, "sampling_ratio=nan"),
        ({"sampling_ratio": True}, "sampling_ratio=True"),
        ({"sampling_ratio": "0.5"}, "sampling_ratio='0.5'"),
        ({"traces_per_second": -1}, "traces_per_second=-1"),
        ({"sampling_ratio": 1.0, "traces_per_second": 5}, "expected one of them"),
        ({"http_spans": "drop"}, "http_spans='drop': expected 'keep' or 'suppress'"),
        ({"compression": "br"}, "compression='br': expected 'gzip' or 'none'"),
        ({"compression": None}, "compression=None: expected 'gzip' or 'none'"),
        ({"hosts": "gw.example.com"}, r"hosts=\('gw.example.com',\)"),
        ({"hosts": ["not a host"]}, "'not a host' is not a host"),
    ],
)
def test_bad_values(arguments: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that makes no sense is one error at once, before anything was changed."""
    monkeypatch.setattr("foundry_telemetry.azure._start", lambda _: pytest.fail("set up all the same"))
    before = dict(os.environ)
    with pytest.raises((TypeError, ValueError), match=problem):
        configure(connection_string=STRING, **arguments)
    assert dict(os.environ) == before


def test_sampling_default() -> None:
    """By default every trace is kept, by the sampler that lets Azure count the rows."""
    assert read().options["sampling_ratio"] == 1.0
    assert read().sampling is None


@pytest.mark.parametrize("name", ["always_off", "microsoft.rate_limited", "parentbased_always_on"])
def test_sampling_of_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler in the environment wins over our default."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", name)
    settings = read()
    assert "sampling_ratio" not in settings.options
    assert settings.environment["OTEL_TRACES_SAMPLER"] == name
    assert not settings.warnings


@pytest.mark.parametrize("arguments", [{"ratio": 1.0}, {"ratio": 0.25}, {"traces_per_second": 3}])
def test_sampling_of_the_call(arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyword of the call, be it equal to the default, wins over the environment."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    settings = read(**arguments)
    assert settings.environment["OTEL_TRACES_SAMPLER"] is None
    assert settings.options.get("sampling_ratio") == arguments.get("ratio")


@pytest.mark.parametrize("name", ["traceidratio", "parentbased_traceidratio"])
def test_sampler_names_of_the_specification(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that the distro refuses are translated, with a warning, and not turned into five a second."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", name)
    settings = read()
    assert settings.environment["OTEL_TRACES_SAMPLER"] == name.replace("traceidratio", "trace_id_ratio")
    assert name in settings.warnings[0]


@pytest.mark.row(81)
def test_unknown_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler that does not exist keeps every trace, with a warning, and is hidden from the distro."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "jaeger_remote")
    settings = read()
    assert settings.options["sampling_ratio"] == 1.0
    assert settings.environment["OTEL_TRACES_SAMPLER"] is None
    assert "jaeger_remote" in settings.warnings[0]


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables change while the block runs; a default gives way to the user's; then all is as before."""
    monkeypatch.setenv("FOUNDRY_HIDDEN", "a")
    monkeypatch.setenv("FOUNDRY_OWN", "b")
    before = dict(os.environ)
    defaults = {"FOUNDRY_OWN": "ours", "FOUNDRY_NEW": "d"}
    with (
        pytest.raises(KeyError, match="FOUNDRY_HIDDEN"),
        environment({"FOUNDRY_HIDDEN": None}, defaults),
    ):
        assert (os.environ["FOUNDRY_OWN"], os.environ["FOUNDRY_NEW"]) == ("b", "d")
        os.environ["FOUNDRY_HIDDEN"]
    assert dict(os.environ) == before


def test_distro_that_is_none() -> None:
    """An unknown distro is refused by name, and one that is not there with the command that installs it."""
    with pytest.raises(ValueError, match="distro='otlp': expected one of 'azure-monitor', 'microsoft'"):
        configure(distro="otlp")  # type: ignore[arg-type]
    if find_spec("microsoft") is None:
        with pytest.raises(ImportError, match=r"pip install 'foundry-telemetry\[microsoft\]'"):
            configure(distro="microsoft")


@pytest.mark.slow
def test_distro_that_goes_on_without_azure(tmp_path: Path) -> None:
    """What microsoft-opentelemetry only logs, and then sends nothing to Azure, is an error of `configure`."""
    script = """
    import foundry_telemetry
    try:
        foundry_telemetry.configure(distro=DISTRO)
    except ValueError as error:
        say(error=str(error), provider=type(trace.get_tracer_provider()).__name__)
    """
    with FakeIngestion() as azure:
        ended = run(script, azure, tmp_path, distro="microsoft", OTEL_BSP_SCHEDULE_DELAY="-1")
    (said,) = ended.said
    assert "OTEL_BSP_SCHEDULE_DELAY" in said["error"]
    assert said["provider"] == "ProxyTracerProvider"
    assert not ended.errors
