"""``python -m tests.contract.envelopes --write`` stores what the code emits, where nothing is stored yet."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.contract.envelopes import emission, stored

if sys.argv[1:] == ["--emit"]:
    emission.play()
elif sys.argv[1:] == ["--write"]:
    with TemporaryDirectory() as folder:
        stored.write(emission.emit(Path(folder)), {"anthropic": version("anthropic")})
else:
    raise SystemExit(__doc__)
