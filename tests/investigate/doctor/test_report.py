"""All checks together: side by side, in order, in bounded time, whatever one of them does."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from foundry_telemetry.investigate import doctor
from foundry_telemetry.investigate.doctor import Finding, Report, Scene, examine
from foundry_telemetry.investigate.doctor.finding import failure, ok, skipped, warning
from tests.investigate.doctor.scenes import scene
from tests.support.patience import PATIENCE_S


def checks(monkeypatch: pytest.MonkeyPatch, *made: doctor._Check) -> None:
    """Put these checks in place of the real ones."""
    monkeypatch.setattr(doctor, "_CHECKS", made)


def test_order_and_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings come in the order of the checks, not of their answers; what is waited for is named."""
    reported: list[tuple[str, ...]] = []
    second_is_done = threading.Event()

    def first(_: Scene) -> Iterator[Finding]:
        assert second_is_done.wait(PATIENCE_S)
        yield ok("a", "1")

    def second(_: Scene) -> Iterator[Finding]:
        yield ok("b", "2")

    def waiting(names: tuple[str, ...]) -> None:
        reported.append(names)
        if names == ("first",):
            second_is_done.set()

    checks(monkeypatch, doctor._Check("first", first), doctor._Check("second", second))
    report = examine(scene(), waiting)
    assert [finding.check for finding in report.findings] == ["a", "b"]
    assert reported == [("first", "second"), ("first",), ()]


def test_a_check_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that does not come back is a failure after its time; the others are shown all the same."""
    forever = threading.Event()

    def hangs(_: Scene) -> Iterator[Finding]:
        forever.wait(PATIENCE_S)
        yield ok("never", "")

    checks(monkeypatch, doctor._Check("hanging", hangs, 0.05), doctor._Check("x", lambda _: [ok("x", "")]))
    findings = examine(scene()).findings
    forever.set()
    assert [(finding.check, finding.state) for finding in findings] == [("hanging", "failure"), ("x", "ok")]
    assert findings[0].fix


def test_a_check_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that raises is a failure by the class of its exception; its text is not shown."""

    def raises(_: Scene) -> Iterator[Finding]:
        yield ok("lost with the rest", "")
        raise RuntimeError("CANARY")

    checks(monkeypatch, doctor._Check("broken", raises))
    (found,) = examine(scene()).findings
    assert (found.check, found.state) == ("broken", "failure")
    assert "RuntimeError" in found.seen
    assert "CANARY" not in f"{found}"


def test_every_check_has_its_say() -> None:
    """With an empty environment every real check says something, and what is not ok has a fix."""
    report = examine(scene(variables={"ANTHROPIC_FOUNDRY_API_KEY": "x"}, patience_s=0.5))
    said = {finding.check for finding in report.findings}
    expected = {"packages", "integrations", "base URL", "API key", "token", "connection string", "sampler"}
    expected |= {
        "unsent telemetry",
        "Foundry",
        "Azure Monitor",
        "duplicate spans",
        "forks",
        "received telemetry",
    }
    assert expected <= said
    assert all(finding.fix for finding in report.findings if finding.state != "ok")


def test_soundness() -> None:
    """Only a failure makes a report unsound."""
    assert Report((ok("a", ""), warning("b", "", "x"), skipped("c", "", "x"))).is_sound
    report = Report((ok("a", ""), failure("b", "", "x"), failure("c", "", "x")))
    assert not report.is_sound
    assert report.counts == {"ok": 1, "failure": 2}
