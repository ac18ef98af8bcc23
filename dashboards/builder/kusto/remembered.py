"""Verdicts that were given before: the same text over the same tables gets the same one, in no time.

They stand beside the parser in the user's cache, so another version of it begins anew. A file that cannot be
read or written costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

_FILE: Final = "verdicts.sqlite"
_MOST: Final = 50_000
"""Verdicts that are kept; with more all are forgotten."""
_PATIENCE_S: Final = 10.0
"""For others that write."""


class Remembered:
    """The verdicts on queries over some tables, as JSON.

    Args:
        home: The folder of the parser.
        about: Whatever else a verdict depends on.
    """

    def __init__(self, home: Path, *about: bytes) -> None:
        self._path = home / _FILE
        self._about = hashlib.sha256(b"\0".join(about))

    def given(self, texts: Iterable[str]) -> dict[str, bytes]:
        """The verdicts on those texts that are known."""
        keys = {self._key(text): text for text in texts}
        with suppress(sqlite3.Error), self._open() as file:
            rows = file.execute(
                "SELECT key, verdict FROM verdicts WHERE key IN (SELECT value FROM json_each(?))",
                [json.dumps([*keys])],
            )
            return {keys[key]: verdict for key, verdict in rows}
        return {}

    def keep(self, verdicts: Mapping[str, bytes]) -> None:
        """Remember the verdict on each text."""
        with suppress(sqlite3.Error), self._open() as file:
            if file.execute("SELECT count(*) FROM verdicts").fetchone()[0] > _MOST:
                file.execute("DELETE FROM verdicts")
            rows = [(self._key(text), verdict) for text, verdict in verdicts.items()]
            file.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", rows)

    def _key(self, text: str) -> str:
        digest = self._about.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_PATIENCE_S)) as file, file:
            file.execute("CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, verdict BLOB)")
            yield file
