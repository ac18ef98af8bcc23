"""The example of the README, and that of the guide about threads, run whether anything is recorded or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.testing import FoundryKit
from tests.testing.kit.calling import QUESTION

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
(FIRST,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
GUIDE = (ROOT / "docs" / "guides" / "instrument.md").read_text("utf-8")
(THREADED,) = re.findall(r"```python\n(import contextvars\n.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def kit() -> Iterator[FoundryKit]:
    """Plays Foundry; it records as long as nobody has set the library up otherwise."""
    with FoundryKit() as made:
        yield made


@pytest.fixture(params=[True, False], ids=["recorded", "not recorded"])
def is_recorded(request: pytest.FixtureRequest, kit: FoundryKit, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the call is one to Foundry for us; without a connection string nothing is set up here."""
    monkeypatch.setattr(foundry_telemetry, "configure", lambda: None)
    if not request.param:
        foundry_telemetry.uninstrument()
    return bool(request.param)


def printed(capsys: pytest.CaptureFixture[str], *blocks: str) -> str:
    """What the blocks print, run one after the other."""
    here: dict[str, Any] = {"question": QUESTION}
    for block in blocks:
        exec(compile(block, README.name, "exec"), here)  # noqa: S102 - our own README
    return capsys.readouterr().out


def test_first_example(is_recorded: bool, kit: FoundryKit, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints outcome and support code where there is a record, else nothing, and never raises."""
    out = printed(capsys, FIRST)
    assert len(kit.requests) == 1
    assert bool(re.fullmatch(r"ok FT-[0-9A-F]{5}-[0-9A-F]{5}\n", out)) is is_recorded
    assert bool(out) is is_recorded


def test_thread(kit: FoundryKit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The call in a plain thread is in the block of the caller, who shows the code of one that failed."""
    monkeypatch.setattr(foundry_telemetry, "configure", lambda: None)
    monkeypatch.setattr("threading.excepthook", lambda _: None)  # the SDK's exception ends the thread
    kit.script(200, 400)
    out = printed(capsys, FIRST, THREADED)
    assert re.fullmatch(r"ok (\S+)\nPlease quote FT-[0-9A-F]{5}-[0-9A-F]{5}\.\n", out)
