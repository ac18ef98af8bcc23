"""The module in TypeScript, compiled once beside the packages that npm fetches by the hashes of its lock."""

from __future__ import annotations

import atexit
import re
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from dashboards.builder.kusto.node import Done, run
from dashboards.builder.kusto.package import NpmProject
from tests.support.kusto import need
from tests.support.patience import PATIENCE_S

SOURCE = Path(__file__).parents[2] / "examples/typescript"
PAGE = Path(__file__).parents[2] / "docs/integrations/typescript.md"
_BLOCK = re.compile(r"^```ts\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME_LIMIT_S = 20 * PATIENCE_S


def output(done: Done) -> str:
    """What a program printed."""
    return done.answer.decode() + done.complaint


class Project:
    """A copy of the module's folder, where Node finds its packages; beside its tests the code of its page."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder = folder
        left_out = shutil.ignore_patterns("node_modules", "dist")
        shutil.copytree(SOURCE, folder, ignore=left_out, dirs_exist_ok=True)
        (folder / "node_modules").symlink_to(packages / "node_modules")
        for number, block in enumerate(_BLOCK.findall(PAGE.read_text("utf-8"))):
            there = block.replace("./foundry-telemetry/", "../src/")
            (folder / f"test/page{number}.ts").write_text(there, encoding="utf-8")

    def run(self, program: str, *arguments: str, reported: bytes = b"") -> Done:
        """Run a program of a package, or Node itself, in the folder."""
        command = [program] if program.startswith("-") else [str(self.folder / "node_modules" / program)]
        return run(
            "node", *command, *arguments, reported=reported, time_limit_s=TIME_LIMIT_S, folder=self.folder
        )

    def script(self, name: str, options: Sequence[str] = (), *, reported: bytes = b"") -> Done:
        """Run a compiled script."""
        path = str(self.folder / "dist" / name)
        return run("node", *options, path, reported=reported, time_limit_s=TIME_LIMIT_S, folder=self.folder)


@cache
def compiled() -> tuple[Project, Done]:
    """The project and what the compiler had to say; skips where npm can fetch nothing."""
    packages = need(NpmProject(SOURCE))
    folder = Path(mkdtemp(prefix="typescript-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    project = Project(folder, packages)
    return project, project.run("typescript/bin/tsc")
