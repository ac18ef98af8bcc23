"""The version matrix, and what takes too long for every change: ``nox -l`` lists it, `TRUST` names the rest.

Every bound comes from ``pyproject.toml``. Words after ``--`` go to pytest: ``nox -s tests -- tests/wire -x``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import nox
from packaging.requirements import Requirement

nox.options.sessions = ["lint", "types", "docs", "tests", "lowest", "newest", "anthropic", "opentelemetry"]
nox.options.error_on_missing_interpreters = False  # one that is not installed is skipped, and nox says so

_PYPROJECT: Final = nox.project.load_toml("pyproject.toml")
_PROJECT: Final = _PYPROJECT["project"]
PYTHONS: Final = nox.project.python_versions(_PYPROJECT)
"""From the classifiers."""
OLDEST: Final = PYTHONS[0]

TRUST: Final = {
    "mutants": "python -m tests.mutants",
    "fuzz": "python -m tests.fuzz --all --runs 1000000",
    "soak": "python -m tests.soak --calls 50000 --at-once 1000 --minutes 10",
    "delivery": "python -m pytest tests/delivery --long",
    "settings": "python -m pytest tests/settings_matrix --long -n 2",
    "sweeps": "python -m pytest tests/dashboards/test_check.py tests/investigate/test_hostile.py --long -n 2",
    "benchmarks": "python -m tests.benchmarks",
    "frameworks": "nox -s frameworks",
    "microsoft": "nox -s microsoft",
    "versions": "nox -s tests lowest newest anthropic opentelemetry",
}
"""Part by part, what ``nox -s trust`` runs; one of them alone: ``nox -s "trust(part='soak')"``.

Tests marked ``long`` need ``--long``; those marked ``slow`` run with all others, and are what the quick loop
leaves out: ``python -m pytest -m "not slow"``.
"""

FAMILIES: Final = {"both": (), "httpx": ("httpx2", "httpcore2"), "httpx2": ("httpx", "httpcore")}
"""What is taken away again: `httpx` is a requirement of ours, and `httpx2` one of genai-prices."""

SDK_OF: Final = {"both": "anthropic", "httpx": "anthropic<1", "httpx2": "anthropic"}
"""The SDK that works with what is left: up to 0.125 it takes httpx, from 1.0 on httpx2."""

SDKS: Final = {"0.125": "anthropic==0.125.*", "1": "anthropic==1.*", "2": "anthropic==2.*"}

SUITE: Final = (
    *("attribution", "azure", "config", "fault_injection", "hostile", "instrumentation", "limits", "logs"),
    *("pricing", "serving", "signals", "testing", "wire"),
    *("contract/test_face.py", "contract/test_private_names.py"),
)
"""The tests that a version of another library can break. Page, dashboards and commands know none of them."""

NEEDS_PRICES: Final = frozenset({"azure", "config", "limits", "pricing"})
"""Without httpx2 genai-prices cannot be imported: nothing has a price, and one line of warning says so."""

KIT: Final = frozenset(
    {"brotli", "celery", "fastapi", "h2", "httpx-retries", "httpx2", "hypothesis", "pytest", "pytest-xdist"}
    | {"opentelemetry-exporter-otlp-proto-http", "opentelemetry-instrumentation-genai-anthropic"}
    | {"opentelemetry-instrumentation-threading"}
    | {"trio", "trustme", "zstandard"}
)
"""What `SUITE` needs of the extra ``dev``."""


def of_dev(*wanted: str) -> list[str]:
    """The requirements of the extra ``dev`` with these names, with their bounds."""
    return [text for text in _PROJECT["optional-dependencies"]["dev"] if Requirement(text).name in wanted]


def lowest_bounds(session: nox.Session, *beginnings: str) -> str:
    """Write constraints that hold each direct requirement at its lower bound.

    Args:
        session: Where the file goes to.
        *beginnings: Only those whose names begin so; all of them by default.

    Returns:
        The path of the file.
    """
    path = Path(session.create_tmp()) / "lowest.txt"
    lines = sorted(line for line in _lowest() if line.startswith(beginnings or ("",)))
    path.write_text("\n".join(lines), encoding="utf-8")
    session.log(f"held at their lower bounds: {', '.join(lines)}")
    return str(path)


def _lowest() -> Iterator[str]:
    extras = _PROJECT["optional-dependencies"].values()
    for text in [*_PROJECT["dependencies"], *(text for extra in extras for text in extra)]:
        requirement = Requirement(text)
        bounds = [one.version for one in requirement.specifier if one.operator in (">=", "==")]
        yield from (f"{requirement.name}=={bound}" for bound in bounds)


def install(session: nox.Session, *more: str) -> None:
    """Install the project from this tree, with what the suite needs."""
    session.install("-e", ".[local]", *of_dev(*KIT), *more)


def run_suite(session: nox.Session, *more: str, without: frozenset[str] = frozenset()) -> None:
    """Say what is installed, then run the suite and `more`, or what stands after ``--``."""
    session.run("python", "-m", "tests.support.versions")
    rooms = [f"tests/{room}" for room in (*SUITE, *more) if room not in without]
    chosen = session.posargs or ["-n", "2", *rooms]
    session.run("python", "-m", "pytest", *chosen)


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Lint, format, the code and the workflows looked at for what is dangerous."""
    session.install(*of_dev("bandit", "ruff", "zizmor"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", "foundry_telemetry", "dashboards")
    session.run("zizmor", "--offline", "--no-config", "--persona", "pedantic", ".github")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """The documentation site, into `build/site/html`; a warning or a link that leads nowhere fails it."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "docs.builder")


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Strict types."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session(python=PYTHONS)
@nox.parametrize("family", list(FAMILIES))
def tests(session: nox.Session, family: str) -> None:
    """With httpx and httpx2, and with each of them alone."""
    install(session, SDK_OF[family])
    if FAMILIES[family]:
        session.run("python", "-m", "pip", "uninstall", "-q", "-y", *FAMILIES[family])
    run_suite(session, without=NEEDS_PRICES if family == "httpx" else frozenset())


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """Every direct requirement at its lower bound."""
    install(session, "anthropic", "-c", lowest_bounds(session))
    run_suite(session, "local")


@nox.session(python=PYTHONS)
@nox.parametrize("release", ["final", "pre"])
def newest(session: nox.Session, release: str) -> None:
    """Everything as new as the bounds allow, and pre-releases as well."""
    install(session, "anthropic", "--upgrade", *(["--pre"] if release == "pre" else []))
    run_suite(session, "local")


@nox.session(python=OLDEST)
@nox.parametrize("sdk", list(SDKS))
def anthropic(session: nox.Session, sdk: str) -> None:
    """The SDK that sends through httpx, and both majors that send through httpx2."""
    install(session, SDKS[sdk])
    run_suite(session)


@nox.session(python=OLDEST)
@nox.parametrize("end", ["lowest", "newest"])
def opentelemetry(session: nox.Session, end: str) -> None:
    """Both ends of what OpenTelemetry and its Azure distro may be, the rest as new as it can be."""
    ours = ("opentelemetry", "azure-monitor")
    held = ["-c", lowest_bounds(session, *ours)] if end == "lowest" else ["--upgrade"]
    install(session, "anthropic", *held)
    run_suite(session)


@nox.session(python=OLDEST)
def microsoft(session: nox.Session) -> None:
    """microsoft-opentelemetry with all it requires, which does not install beside the extra ``dev``."""
    kit = of_dev(*(KIT - {"opentelemetry-instrumentation-genai-anthropic"}))
    session.install("-e", ".[local,microsoft]", *kit, "anthropic")
    session.run("python", "-m", "tests.support.versions")
    session.run("python", "-m", "pytest", "-k", "microsoft", "tests/azure")


@nox.session(python=OLDEST)
def frameworks(session: nox.Session) -> None:
    """Client frameworks, each in an environment of its own; with ``--write``, their table made anew."""
    install(session, "anthropic")
    place = "FRAMEWORK_ENVIRONMENTS"
    session.env[place] = os.environ.get(place) or str(Path(session.create_tmp()).absolute())
    session.run("python", "-m", "tests.frameworks", "make")
    if session.posargs:
        session.run("python", "-m", "tests.frameworks", "run", *session.posargs)
    session.run("python", "-m", "pytest", "-rP", "tests/frameworks")


@nox.session(python=OLDEST)
@nox.parametrize("part", list(TRUST))
def trust(session: nox.Session, part: str) -> None:
    """What takes too long for every change."""
    session.install("-e", ".[dev,fuzz]")
    session.run(*TRUST[part].split(), *session.posargs)
