"""What a harness is, and where the harnesses are.

*Harness*: one reader under test, with the properties that must hold for any bytes. *Seed*: an input to start
from, made from the recorded answers. *Word*: bytes that are put into inputs as a whole.

The readers themselves are instrumented, so a harness is imported by `load` and nowhere else at the top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
"""Inputs that once broke something, a folder for each harness; the normal test run replays them."""

WATCHED = {
    "sse": ("foundry_telemetry.wire", "foundry_telemetry.attempt"),
    "bodies": ("foundry_telemetry.wire", "foundry_telemetry.attempt"),
    "headers": ("foundry_telemetry.wire", "email"),
    "tokens": ("foundry_telemetry.wire",),
    "ingest": ("foundry_telemetry.local",),
    "ids": ("foundry_telemetry.investigate", "dashboards.builder"),
}
"""Harnesses, by the name of their module, with the modules whose branches guide the fuzzer."""


@dataclass(frozen=True)
class Harness:
    """One reader under test."""

    check: Callable[[bytes], None]
    """Raises `AssertionError` where a property does not hold for an input; nothing else may come out."""
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...]
    growing: dict[str, Callable[[int], bytes]]
    """Inputs made to hurt, by a name and by size: twice the size must not be more than twice the work."""
    longest: int = 4096
    """Bytes of an input."""
    megabytes: int = 512
    """Of memory that the process may hold at any time."""


def load(name: str) -> Harness:
    """The harness in the module of this name."""
    found = import_module(f"tests.fuzz.{name}").HARNESS
    assert isinstance(found, Harness)
    return found


def kept(name: str) -> Iterator[Path]:
    """The kept inputs of a harness, in the order of their names."""
    return iter(sorted(path for path in (CORPUS / name).glob("*") if path.is_file()))


def dictionary(words: Iterable[bytes]) -> str:
    """Words in the form of a dictionary of libFuzzer."""
    return "".join(f'"{_escaped(word)}"\n' for word in words)


def _escaped(word: bytes) -> str:
    return re.sub(rb"[^ !#-\[\]-~]", lambda match: b"\\x%02x" % match[0][0], word).decode("ascii")
