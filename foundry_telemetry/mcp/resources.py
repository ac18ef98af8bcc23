"""The pages of causes, as resources: one for each, and one for all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from foundry_telemetry.advice import ALL, FALLBACKS, UNKNOWN
from foundry_telemetry.advice.page import section
from foundry_telemetry.mcp import texts

_BASE: Final = "foundry-telemetry://causes"
MEDIA_TYPE: Final = "text/markdown"


class Page(NamedTuple):
    """One resource."""

    uri: str
    name: str
    about: str


@cache
def pages() -> Mapping[str, Page]:
    """By address."""
    entries = (*ALL.values(), *FALLBACKS.values(), UNKNOWN)
    made = [Page(f"{_BASE}/{one.about}", one.about, one.meaning) for one in entries]
    return {page.uri: page for page in made}


def read(uri: str) -> str:
    """The text of one, Markdown.

    Raises:
        ValueError: There is none.
    """
    page = pages().get(uri)
    if page is None:
        raise ValueError(texts.NO_SUCH_RESOURCE.format(uri=uri[:200]))
    entries = {one.about: one for one in (*ALL.values(), *FALLBACKS.values(), UNKNOWN)}
    return section(entries[page.name])
