"""The table of client families: a further family is one row."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.instrumentation import httpx as instrumentation

import foundry_telemetry
from foundry_telemetry.instrumentation.families import FAMILIES, Family
from tests.support.families import httpx2

NEXT = "httpx_next"

CHILD = f"""
import {NEXT} as family
import foundry_telemetry
from foundry_telemetry.instrumentation.body import AsyncBody, SyncBody, _class_of

seen = []
foundry_telemetry.instrument(hosts=["gw.example.com"], sinks=[seen.append], exception_notes=True)
answer = lambda _: family.Response(429, stream=family.ByteStream(b'{{"statusCode": 429, "message": "no"}}'))
with family.Client(transport=family.MockTransport(answer)) as client:
    response = client.post("https://gw.example.com/anthropic/v1/messages", json={{"model": "m"}})
try:
    response.raise_for_status()
except family.HTTPStatusError as error:
    notes = error.__notes__
assert issubclass(_class_of(SyncBody), family.SyncByteStream)
assert issubclass(_class_of(AsyncBody), family.AsyncByteStream)
print(seen[0].failure.type, seen[0].deployment, len(seen), notes[0].split()[1])
"""


def test_a_further_family_is_one_row(tmp_path: Path) -> None:
    """A package like httpx2 under another name is patched, read and noted once it has its row."""
    package = Path(foundry_telemetry.__file__).parent
    shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__", "page"))
    families = tmp_path / package.name / "instrumentation" / "families.py"
    text = families.read_text("utf-8")
    row = f'    Family("{NEXT}", "0", "9", "NoInstrumentor", "no_mock", is_required=False),\n'
    end = text.index(")\nFAMILY_NAMES")
    families.write_text(text[:end] + row + text[end:], "utf-8")
    copied = Path(httpx2.__file__).parent
    shutil.copytree(copied, tmp_path / NEXT, ignore=shutil.ignore_patterns("__pycache__"))
    for source in (tmp_path / NEXT).rglob("*.py"):
        if source.name == "__version__.py":
            continue  # reads the metadata of the distribution, which there is none of by the other name
        source.write_text(source.read_text("utf-8").replace(httpx2.__name__, NEXT), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["gateway_rate_limited", "m", "1", "gateway_rate_limited:"]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_instrumentor_of_a_family(family: Family) -> None:
    """The class that makes a family's HTTP spans goes by the name in its row."""
    assert hasattr(instrumentation, family.instrumentor)
