"""What each library of the page is built from; ``python -m tests.page.bundles`` builds them anew."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import foundry_telemetry.local
from dashboards.builder.kusto.node import Done, run
from dashboards.builder.kusto.package import NpmProject, installed
from tests.support.patience import PATIENCE_S

_VENDOR: Final = Path(foundry_telemetry.local.__file__).parent / "page" / "vendor"


@dataclass(frozen=True)
class Bundle:
    """One file of `vendor`."""

    folder: str
    """Beside this file: it has the packages, locked by hash, the entry, and the script that builds."""
    file: str

    @property
    def project(self) -> NpmProject:
        """Its packages."""
        return NpmProject(Path(__file__).parent / self.folder)

    @property
    def path(self) -> Path:
        """As it is committed."""
        return _VENDOR / self.file

    def build(self, packages: Path, out: Path) -> Done:
        """Bundle the library into a file.

        Args:
            packages: The folder in which Node finds the packages of `project`.
            out: The file.
        """
        script = self.project.folder / "build.mjs"
        return run("node", str(script), str(packages), str(out), time_limit_s=PATIENCE_S)


BUNDLES: Final = (Bundle("charts", "echarts.min.js"), Bundle("editor", "codemirror.min.js"))


if __name__ == "__main__":
    complaints = [one.build(installed(one.project), one.path).complaint for one in BUNDLES]
    sys.exit("\n".join(filter(None, complaints)) or 0)
