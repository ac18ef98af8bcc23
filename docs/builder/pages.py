"""Which pages the site has, and where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from docs.builder import commands, reference, settings
from docs.builder.address import ROOT

BORROWED: Final[Mapping[str, str]] = {
    "changelog.md": "CHANGELOG.md",
    "concepts/architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "guides/dashboards.md": "dashboards/README.md",
    "guides/testing.md": "foundry_telemetry/testing/README.md",
    "integrations/tried.md": "tests/frameworks/README.md",
    "quality/benchmark-method.md": "tests/benchmarks/README.md",
    "quality/fault-matrix.md": "tests/fault_injection/README.md",
    "quality/fuzzing.md": "tests/fuzz/README.md",
    "quality/security.md": "SECURITY.md",
    "quality/servers.md": "tests/delivery/README.md",
    "quality/settings-matrix.md": "tests/fault_injection/settings.md",
    "reference/causes.md": "dashboards/causes.md",
}
"""Pages of the site that stand elsewhere in the repository, where their readers and their tests are."""

MADE: Final[Mapping[str, Callable[[], str]]] = {
    "reference/columns.md": reference.columns,
    "reference/commands.md": commands.page,
    "reference/exit-codes.md": commands.exit_codes,
    "reference/ledger.md": reference.ledger,
    "reference/metrics.md": reference.metrics,
    "reference/settings.md": settings.page,
    "reference/spans.md": reference.spans,
}
"""Pages that are made from the code."""


def sources() -> dict[str, str]:
    """Every page that is copied: its path of the site, and where it stands in the repository."""
    docs = ROOT / "docs"
    own = {
        page.relative_to(docs).as_posix(): page.relative_to(ROOT).as_posix() for page in docs.rglob("*.md")
    }
    return dict(sorted({**own, **BORROWED}.items()))
