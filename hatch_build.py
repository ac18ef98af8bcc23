"""Metadata that depends on the project's public address: the urls, and the README with absolute links."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class AddressHook(MetadataHookInterface):
    """Fills in what `pyproject.toml` names as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add `readme` and `urls`."""
        sys.path.insert(0, self.root)  # the build backend does not run from the checkout
        try:
            from docs.builder import address  # noqa: PLC0415 - found only now
        finally:
            sys.path.remove(self.root)
        root = Path(self.root)
        found = address.repository(root)
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": address.front_page(text, found)}
        if found:
            metadata["urls"] = address.urls(found)
