"""Headers are read by lower-case names, whatever a family keeps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from foundry_telemetry.instrumentation.http_headers import lowered
from foundry_telemetry.wire.headers import by_name
from tests.support.families import FAMILIES, Family

SENT = [(b"Request-Id", b"1"), (b"apim-request-id", b"2"), (b"REQUEST-ID", b"3"), ("X-Text", "4")]
READ = {b"request-id": b"1", b"apim-request-id": b"2", b"x-text": b"4"}


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_both_ways_give_the_same(family: Family) -> None:
    """What a family keeps is what it sends, and of a repeated header the first counts."""
    headers = family.module.Headers(SENT)
    assert lowered(headers) == by_name(headers.raw) == READ


@pytest.mark.parametrize("kept", [{}, {"_list": None}, {"_list": [(b"request-id", b"1")]}])
def test_headers_kept_in_another_way(kept: dict[str, object]) -> None:
    """Where a release keeps them otherwise, they are read as sent."""
    raw = [(b"Request-Id", b"1")]
    assert lowered(SimpleNamespace(raw=raw, **kept)) is raw
