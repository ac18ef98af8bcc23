"""The builder of the site: every page can be reached, links are changed right, and what is wrong is found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import foundry_telemetry
from docs.builder import address, commands, markdown, pages, settings, stage
from docs.builder.html import problems
from foundry_telemetry import cli
from foundry_telemetry.schema.value import Outcome, Owner
from hatch_build import AddressHook

ROOT = Path(__file__).parents[2]


def _leaves(nav: list[dict[str, Any]]) -> Iterator[str]:
    for entry in nav:
        for value in entry.values():
            yield from [value] if isinstance(value, str) else _leaves(value)


def test_every_page_is_in_the_navigation() -> None:
    """A page that nobody can reach is no page, and an entry without a page leads nowhere."""
    nav = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    assert sorted(_leaves(nav)) == sorted({*pages.sources(), *pages.MADE})


def test_no_made_page_is_tracked() -> None:
    """What is made from the code or borrowed from elsewhere does not stand in `docs/` a second time."""
    assert [name for name in {*pages.MADE, *pages.BORROWED} if (ROOT / "docs" / name).exists()] == []
    assert [name for name in pages.BORROWED.values() if not (ROOT / name).is_file()] == []


def test_every_public_name_is_on_the_page() -> None:
    """The API has each name of the package's face, in a block that is filled from its docstring."""
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE)
    assert {f"foundry_telemetry.{name}" for name in foundry_telemetry.__all__} <= set(listed)
    assert len(listed) == len(set(listed))


def test_every_owner_and_outcome_is_explained() -> None:
    """The concepts name each owner of an error and each outcome that a record can have."""
    for name, values in (("owner", get_args(Owner)), ("attempts", get_args(Outcome))):
        page = (ROOT / "docs" / "concepts" / f"{name}.md").read_text(encoding="utf-8")
        assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(values)


def test_every_command_has_a_section() -> None:
    """The page of commands has each command of the parser with every option of it."""
    page = commands.page()
    for name, command in commands.commands(commands.parser()):
        section = page.partition(f"\n## {name} {{")[2].partition("\n## ")[0]
        shown = [each for each in command.params if each.name != "help" and not each.hidden]
        options = {name for each in shown for name in each.opts if name.startswith("-")}
        assert {option for option in options if option not in section} == set(), name
    assert "--help" not in re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    assert len(page.split("\n## ")) > len(cli._application().registered_commands)


def test_every_variable_has_a_meaning() -> None:
    """A variable or key that the code reads and that nobody has explained stops the build."""
    assert sorted(settings.variables().keys() - settings.VARIABLES.keys()) == []
    assert set(settings.keys()) == set(settings.FILE)
    page = settings.page()
    assert all(f"| `{name}` |" in page for name in (*settings.variables(), *settings.FILE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](../concepts/cost.md#x)", "[a](../concepts/cost.md#x)"),
        ("[a](../../dashboards/causes.md#y)", "[a](../reference/causes.md#y)"),
        ("[a](../reference/settings.md)", "[a](../reference/settings.md)"),
        ("[`a`](../../examples/batch.py)", "`a`"),
        ("![a](../../dashboards/preview.png)", "![a](../pictures/preview.png)"),
        ("[a](https://example.com/b) [c](#d)", "[a](https://example.com/b) [c](#d)"),
        ("```\n[a](../../examples/batch.py)\n```", "```\n[a](../../examples/batch.py)\n```"),
    ],
)
def test_links_of_a_page(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links go to pages of the site; to a file that is none only where the project has an address."""
    monkeypatch.setattr(address, "repository", lambda: "")
    made = stage.relinked(text, "docs/guides/x.md", "guides/x.md", lambda _: "pictures/preview.png")
    assert made == expected
    monkeypatch.setattr(address, "repository", lambda: "https://github.com/o/n")
    made = stage.relinked(text, "docs/guides/x.md", "guides/x.md", lambda _: "pictures/preview.png")
    assert made == expected.replace("`a`", "[`a`](https://github.com/o/n/blob/HEAD/examples/batch.py)")


def test_a_link_to_no_file() -> None:
    """A link to a file that is not there stops the build; it does not become plain text."""
    with pytest.raises(ValueError, match=r"docs/guides/x\.md: a link leads to docs/guides/gone\.md"):
        stage.relinked("[a](gone.md)", "docs/guides/x.md", "guides/x.md", str)


def test_nothing_of_this_machine_is_on_a_page() -> None:
    """No page names a folder of a machine or the host of a registry."""
    pattern = re.compile(r"(?<![\w.])/(?:home|root|tmp|work)/|pypi\.org|registry\.npmjs|index-url")
    texts = {name: (ROOT / source).read_text(encoding="utf-8") for name, source in pages.sources().items()}
    texts |= {name: make() for name, make in pages.MADE.items()}
    assert {name: found[0] for name, text in texts.items() if (found := pattern.search(text))} == {}


def test_cells() -> None:
    """A bar within a cell ends no cell, and code stays as it is."""
    assert markdown.table(("a",), [("x|y `p|q`",)]).splitlines()[-1] == r"| x\|y `p|q` |"


def test_links_of_the_built_site(tmp_path: Path) -> None:
    """A missing page or id, an unresolved reference, and what is loaded from another host are found."""
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="#top">1</a><a href="b.html#there">2</a><a href="https://example.com">3</a>'
        '<a href="gone.html">4</a><a href="b.html#gone">5</a><autoref identifier="x.y">6</autoref>',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text(
        '<p id="there">B</p><img src="no.png"><script src="https://example.com/x.js"></script>',
        encoding="utf-8",
    )
    (tmp_path / "404.html").write_text('<a href="/elsewhere">', encoding="utf-8")
    assert problems(tmp_path) == [
        "a.html: gone.html leads nowhere",
        "a.html: b.html#gone leads nowhere",
        "a.html: unresolved:x.y leads nowhere",
        "b.html: no.png leads nowhere",
        "b.html: loads https://example.com/x.js from another host",
    ]


@pytest.mark.parametrize("text", ["http://github.com/o/n", "https://github.com/o", "https://example.com/o/n"])
def test_wrong_address(text: str, tmp_path: Path) -> None:
    """An address that is none is refused by its value."""
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.foundry_telemetry]\nrepository = "{text}"\n', encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"repository = .*expected"):
        address.repository(tmp_path)


@pytest.mark.parametrize("known", ["", "https://github.com/owner/name"])
def test_metadata_of_the_package(known: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build hook gives the README as the description, and urls where there is an address."""
    monkeypatch.setattr(address, "repository", lambda root: known)
    metadata: dict[str, Any] = {}
    AddressHook(str(ROOT), {}).update(metadata)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata["readme"]["text"] == address.front_page(readme, known)
    assert metadata.get("urls", {}) == address.urls(known)


def test_urls() -> None:
    """With an address the package has urls, and the site one of its own; without one neither."""
    assert address.urls("") == {}
    assert address.urls("https://github.com/Owner/name")["Documentation"] == "https://owner.github.io/name/"
