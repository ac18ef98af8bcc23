"""``python -m tests.docs.snippets [PAGE ...]`` runs the Python of the documentation, page by page.

All blocks of a page are one program. Claude in Foundry is played inside the process (`FoundryKit`); nothing
is sent. A page ends with a check of what its program made, and says how many attempts were recorded.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from foundry_telemetry.testing import FoundryKit

DOCS: Final = Path(__file__).parents[2] / "docs"
_BLOCK: Final = re.compile(r"^```python[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIFF: Final = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIABLES: Final = {
    "ANTHROPIC_FOUNDRY_RESOURCE": "my-resource",
    "ANTHROPIC_FOUNDRY_API_KEY": "any",
    "DJANGO_SETTINGS_MODULE": "mysite.settings",
}
_SETTINGS: Final = {
    "ALLOWED_HOSTS": ["*"],
    "ROOT_URLCONF": "mysite.urls",
    "SECRET_KEY": "any",
    "DEBUG": False,
}
"""Of the project that the page about Django has in mind."""

Made = dict[str, Any]


def pages() -> dict[str, str]:
    """The Python of each page that has some."""
    texts = {
        path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))
    }
    found = {name: changed("\n".join(_BLOCK.findall(text)), text) for name, text in texts.items()}
    return {name: code for name, code in found.items() if code}


def changed(code: str, text: str) -> str:
    """The code with the changes that the page makes to it; a change of other code changes nothing."""
    for diff in _DIFF.findall(text):
        lines = diff.splitlines()
        old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
        code = code.replace(old, "\n".join(line[1:] for line in lines if not line.startswith("-")))
    return code


def missing(code: str) -> list[str]:
    """Packages that a program imports and that are not installed here."""
    tops = set()
    for node in ast.walk(ast.parse(code)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        tops.update(name.partition(".")[0] for name in names)
    return sorted(top for top in tops if find_spec(top) is None)


def _fastapi(made: Made) -> None:
    from fastapi.testclient import TestClient

    client = TestClient(made["app"])
    for path in ("/chat", "/ask"):
        answer = client.get(path, params={"question": "Hello"}, headers={"x-tenant": "acme"})
        assert answer.status_code == 200, answer.text


def _flask(made: Made) -> None:
    assert made["app"].test_client().get("/chat?question=Hello").status_code == 200


def _django(made: Made) -> None:
    from django.test import RequestFactory

    assert made["chat"](RequestFactory().get("/chat", {"question": "Hello"})).status_code == 200
    assert callable(made["application"])


CHECKS: Final[Mapping[str, Callable[[Made], object]]] = {
    "guides/celery.md": lambda made: made["summarize"]("A long text."),
    "guides/django.md": _django,
    "guides/fastapi.md": _fastapi,
    "guides/flask.md": _flask,
    "guides/functions.md": lambda made: made["main"]("Hello"),
}
"""What uses what a page has made, where its program makes no call by itself."""


def run(name: str, code: str) -> int:
    """Run a page; returns the number of attempts that were recorded."""
    _prepare()
    made: Made = {"__name__": "page"}
    with FoundryKit() as foundry:
        exec(compile(code, name, "exec"), made)  # noqa: S102 - our own pages
        CHECKS.get(name, lambda _: None)(made)
        return len(foundry.attempts)


def _prepare() -> None:
    os.environ.update(_VARIABLES)
    for name, values in (
        ("mysite", {}),
        ("mysite.settings", _SETTINGS),
        ("mysite.urls", {"urlpatterns": []}),
    ):
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(values)


def main(chosen: list[str]) -> None:
    """Print a line of JSON for each page: its name, and the attempts, or what is not installed."""
    for name, code in pages().items():
        if not chosen or name in chosen:
            gone = missing(code)
            sys.stderr.write(f"{name}\n")
            reported = {"page": name, "missing": gone, "attempts": None if gone else run(name, code)}
            sys.stdout.write(f"\n{json.dumps(reported)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
