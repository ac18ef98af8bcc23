"""The pytest plugin: fixture ``foundry``. It imports nothing but pytest until a test asks for the fixture."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from foundry_telemetry.testing import FoundryKit

_MARKER: Final = "foundry"
_HOSTS: Final = "foundry_hosts"
_CHECK: Final = "foundry_content_check"
_OPTIONS: Final = ("content_check", "hosts")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini options."""
    parser.addini(
        _HOSTS,
        "hosts or base URLs that count as Foundry for the fixture `foundry`, one per line",
        "linelist",
        [],
    )
    parser.addini(
        _CHECK,
        "whether the fixture `foundry` fails a test that recorded prompts, answers or secrets",
        "bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*, hosts=[...], content_check=True): options of the fixture `foundry`: further hosts "
        "that count as Foundry, and whether recorded prompts, answers or secrets fail the test.",
    )


@pytest.fixture
def foundry(request: pytest.FixtureRequest) -> Iterator[FoundryKit]:
    """Claude in Microsoft Foundry, played: answers every call of your code without a socket.

    ``foundry.script(429, 200)``, ``foundry.respond("Paris.")`` and ``foundry.incident("expired_token")`` say
    what it answers; ``foundry.calls.one().has(attempts=2, error=None)`` asserts what was recorded. A test
    that recorded a prompt, an answer or a secret fails at its end. Annotate it with
    ``foundry_telemetry.testing.FoundryKit``.
    """
    options = _options(request)
    with _kit(options["hosts"]) as kit:
        yield kit
        if options["content_check"]:
            kit.assert_no_content()


def _kit(hosts: list[str]) -> FoundryKit:
    try:
        from foundry_telemetry.testing import FoundryKit  # noqa: PLC0415 - most projects never use it
    except ImportError as missing:
        pytest.fail(f"the fixture `foundry` cannot be created: {missing}", pytrace=False)
    return FoundryKit(hosts=hosts)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The ini options, and over them the markers, the nearest last."""
    options: dict[str, Any] = {
        "hosts": list(request.config.getini(_HOSTS)),
        "content_check": request.config.getini(_CHECK),
    }
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        _check(marker)
        options["hosts"] += marker.kwargs.get("hosts", [])
        options["content_check"] = marker.kwargs.get("content_check", options["content_check"])
    return options


def _check(marker: pytest.Mark) -> None:
    """Refuse a marker with what nobody would read.

    Raises:
        pytest.UsageError: It does.
    """
    if isinstance(marker.kwargs.get("hosts"), str):
        raise pytest.UsageError(
            f"@pytest.mark.{_MARKER}(hosts={marker.kwargs['hosts']!r}): expected a list of host names"
        )
    if marker.args:
        raise pytest.UsageError(f"@pytest.mark.{_MARKER} takes keywords only: {', '.join(_OPTIONS)}")
    for name in marker.kwargs:
        if name not in _OPTIONS:
            near = get_close_matches(name, _OPTIONS, n=1, cutoff=0.4) or _OPTIONS
            raise pytest.UsageError(
                f"@pytest.mark.{_MARKER}: unknown {name!r}; expected {' or '.join(map(repr, near))}"
            )
