"""The public address of the project: one constant in `pyproject.toml`, empty as long as there is none.

Everything that needs it asks here: the urls of the package, the links of its page on PyPI (the build hook of
`hatch_build.py`), the badges, the links of the site to the repository. While it is empty they are left out.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""Of the checkout."""

_LINK: Final = re.compile(r"(!?\[[^\]\n]*\])\((?![a-z]+:|#)([^)\s]+)\)")
"""A link of Markdown to a file of the repository."""


def repository(root: Path = ROOT) -> str:
    """The address on GitHub, such as ``https://github.com/owner/name``; empty where there is none yet.

    Raises:
        ValueError: It is no address of a repository on GitHub.
    """
    text: str = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["foundry_telemetry"][
        "repository"
    ]
    if text and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", text):
        raise ValueError(f"repository = {text!r}: expected https://github.com/<owner>/<name>, or nothing")
    return text


def site(address: str) -> str:
    """Where GitHub Pages serves the documentation of a repository."""
    owner, _, name = address.removeprefix("https://github.com/").partition("/")
    return f"https://{owner.lower()}.github.io/{name}/" if name else ""


def urls(address: str) -> dict[str, str]:
    """The urls of the package's metadata."""
    if not address:
        return {}
    return {
        "Documentation": site(address),
        "Repository": address,
        "Issues": f"{address}/issues",
        "Changelog": f"{address}/blob/HEAD/CHANGELOG.md",
    }


def badges(address: str) -> str:
    """The badges of the README, on one line."""
    workflow = f"{address}/actions/workflows/ci.yml"
    return f"[![ci]({workflow}/badge.svg)]({workflow})" if address else ""


def front_page(text: str, address: str) -> str:
    """The README as an index shows it: with links that do not depend on where it is read."""
    if not address:
        return text
    return _LINK.sub(
        lambda found: f"{found[1]}({address}/{'raw' if found[1][0] == '!' else 'blob'}/HEAD/{found[2]})", text
    )
