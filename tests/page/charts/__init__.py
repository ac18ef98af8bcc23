"""What the page's chart library is built from, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import foundry_telemetry.local
from dashboards.builder.kusto.node import Done, run
from dashboards.builder.kusto.package import NpmProject
from tests.support.patience import PATIENCE_S

PROJECT: Final = NpmProject(Path(__file__).parent)
BUNDLE: Final = Path(foundry_telemetry.local.__file__).parent / "page" / "vendor" / "echarts.min.js"


def build(packages: Path, out: Path) -> Done:
    """Bundle the library into a file.

    Args:
        packages: The folder in which Node finds the packages of `PROJECT`.
        out: The file.
    """
    script = PROJECT.folder / "build.mjs"
    return run("node", str(script), str(packages), str(out), time_limit_s=PATIENCE_S)
