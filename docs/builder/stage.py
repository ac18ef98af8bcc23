"""Puts the sources of the site together: pages of `docs/` and of the repository, and the made reference."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from docs.builder import address, pages
from docs.builder.address import ROOT

SITE: Final = ROOT / "build" / "site"
"""Everything of the site; not tracked."""

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(!?)\[((?:`[^`]*`|[^\]`])*)\]\((?![a-z]+:|#)([^)#\s]*)(#[^)\s]*)?\)")
_PICTURES: Final = (".png", ".svg")


def stage() -> None:
    """Make `build/site` anew."""
    shutil.rmtree(SITE, ignore_errors=True)
    docs = SITE / "docs"
    for target, source in pages.sources().items():
        text = (ROOT / source).read_text(encoding="utf-8")
        _write(docs / target, relinked(text, source, target, _picture_into(docs)))
    for style in (ROOT / "docs").glob("*.css"):
        shutil.copyfile(style, docs / style.name)
    for target, make in pages.MADE.items():
        _write(docs / target, make())
    _write(SITE / "zensical.toml", configuration())


def configuration() -> str:
    """The settings of zensical, with what depends on the place and the address."""
    text = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8")
    found = address.repository()
    known = {"site_url": address.site(found), "repo_url": found}
    head = "".join(f'{name} = "{value}"\n' for name, value in known.items() if value)
    text = text.replace("[project]\n", f"[project]\n{head}", 1)
    return f'{text}\n[project.plugins.mkdocstrings.handlers.python]\npaths = ["{ROOT.as_posix()}"]\n'


def relinked(text: str, source: str, target: str, keep: Callable[[str], str]) -> str:
    """A page with its links to files changed to links within the site.

    A link to a file that is no page of the site leads to the repository where that has an address, and is
    plain text where it has none.

    Args:
        text: Markdown.
        source: The page, as a path of the repository.
        target: The page, as a path of the site.
        keep: Keeps a picture of the repository; returns its path of the site.

    Raises:
        ValueError: A link leads to no file.
    """
    places = {path: page for page, path in pages.sources().items()}
    places |= {f"docs/{page}": page for page in pages.MADE} | {"README.md": "index.md"}

    def changed(found: re.Match[str]) -> str:
        mark, label, path, anchor = found[1], found[2], found[3], found[4] or ""
        named = os.path.normpath(PurePosixPath(source).parent / path)
        if named not in places and not (ROOT / named).exists():
            raise ValueError(f"{source}: a link leads to {named}, which is not there")
        if named.endswith(_PICTURES):
            return f"{mark}[{label}]({_from(target, keep(named))})"
        if named in places:
            return f"[{label}]({_from(target, places[named])}{anchor})"
        known = address.repository()
        return f"[{label}]({known}/blob/HEAD/{named}{anchor})" if known else label

    return _outside_of_code(text, lambda part: _LINK.sub(changed, part))


def _outside_of_code(text: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join((*parts, change(text[at:])))


def _picture_into(docs: Path) -> Callable[[str], str]:
    def keep(named: str) -> str:
        name = f"pictures/{PurePosixPath(named).name}"
        (docs / "pictures").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / named, docs / name)
        return name

    return keep


def _from(page: str, path: str) -> str:
    return os.path.relpath(path, PurePosixPath(page).parent)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
