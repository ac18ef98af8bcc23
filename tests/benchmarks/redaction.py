"""What redaction costs: instructions a character, for the texts that calls are made of.

Run by `tests.benchmarks.callgrind`, which counts between two calls of its marker.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import httpx
import msgspec

from foundry_telemetry.content.redaction import Redactor
from tests.benchmarks import callgrind

CHARACTERS = 100_000


def _source() -> str:
    files = sorted(Path(httpx.__file__).parent.glob("*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in files)[:CHARACTERS]


def _prose() -> str:
    sentences = (
        "The service answered slowly on 2024-05-06 at 14:05, and 3 of 1,200 orders were late; each was $12."
        " We wrote to all customers, offered 10 % off, and closed the case 5 days later (ticket 48213)."
        " Trace 4bf92f3577b34da6a3ce929d0e0e4736 has the rest: https://example.com/docs/page?id=7&lang=en.\n"
    )
    return (sentences * (CHARACTERS // len(sentences) + 1))[:CHARACTERS]


def texts() -> dict[str, object]:
    """What is redacted, by name."""
    schema = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(20)}}
    secrets = (
        "mail bob@example.com, card 4111 1111 1111 1111, call +49 30 901820. "
        + "It was fine, as we wrote. " * 110
    )
    return {
        "source": _source(),
        "prose": _prose(),
        "JSON in a text": json.dumps({"source": _source()[: CHARACTERS // 2]}),
        "tool definitions": [{"name": f"tool_{n}", "input_schema": schema} for n in range(100)],
        "with secrets": secrets * (CHARACTERS // len(secrets)),
    }


def measure() -> dict[str, float]:
    """Instructions a character, by name of the text."""
    sizes, counts = callgrind.run("tests.benchmarks.redaction", at_start=True)
    return {name: count / size for (name, size), count in zip(sizes.items(), counts[1::2], strict=True)}


def main(result: str) -> None:
    """Redact each text once before it is counted: expressions and tables are made at first use."""
    redactor, sizes = Redactor(), {}
    for name, value in texts().items():
        encoded = msgspec.json.encode(value)
        redactor.json(encoded)
        os.getpriority(os.PRIO_PROCESS, 0)
        redactor.json(encoded)
        os.getpriority(os.PRIO_PROCESS, 0)
        sizes[name] = len(encoded)
    Path(result).write_text(json.dumps(sizes), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[-1])
