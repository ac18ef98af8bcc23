"""Links of the built site: each leads to a page and, with a fragment, to an element with that id.

And nothing is loaded from another host: who reads the site on a private network sees all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_TARGETS: Final = {"a": "href", "img": "src", "link": "href", "script": "src"}
_NOT_LINKED: Final = "404.html"
"""Its links begin at the root of a server."""


class _Page(HTMLParser):
    """What a page links to, and the ids that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.ids.update(given[name] for name in ("id", "name") if name in given)
        target = given.get(_TARGETS.get(tag, ""))
        if target:
            (self.links if tag == "a" or not urlsplit(target).netloc else self.loaded).append(target)
        if tag == "autoref":  # what zensical leaves of a reference that it cannot resolve
            self.links.append(f"unresolved:{given.get('identifier', '')}")


@dataclass(frozen=True)
class _Site:
    """Pages that were read, by path."""

    folder: Path
    pages: dict[Path, _Page] = field(default_factory=dict)

    def page(self, path: Path) -> _Page:
        """Parse a page, once."""
        if path not in self.pages:
            self.pages[path] = _Page()
            self.pages[path].feed(path.read_text(encoding="utf-8"))
        return self.pages[path]

    def is_sound(self, path: Path, link: str) -> bool:
        """Whether a link of a page leads somewhere; links to other hosts are not followed."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return parts.scheme != "unresolved"
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_relative_to(self.folder.resolve()) or not target.is_file():
            return False
        return not parts.fragment or target.suffix != ".html" or parts.fragment in self.page(target).ids


def problems(folder: Path) -> list[str]:
    """What is wrong with links, each with the page that has it."""
    return list(_problems(_Site(folder.resolve())))


def _problems(site: _Site) -> Iterator[str]:
    for path in sorted(site.folder.rglob("*.html")):
        if path.name == _NOT_LINKED:
            continue
        for link in dict.fromkeys(site.page(path).links):
            if not site.is_sound(path, link):
                yield f"{path.relative_to(site.folder)}: {link} leads nowhere"
        for link in site.page(path).loaded:
            yield f"{path.relative_to(site.folder)}: loads {link} from another host"
