"""One word for one thing: the words of `vocabulary.md` do not come back."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

import pytest

from tests.contract.user_texts import SOURCES, UserText, files, help_texts, texts_of

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
TABLES: Final[dict[str, list[dict[str, Any]]]] = tomllib.loads((HERE / "vocabulary.toml").read_text("utf-8"))
HEADINGS: Final = {"code": "## In the code", "users": "## For users"}
KINDS: Final = {
    "code": {"file", "identifier", "phrase", "word"},
    "users": {"text", "label", "column", "pattern"},
}
EXEMPT: Final = (
    "CHANGELOG.md",
    "tests/contract/vocabulary.md",
    "tests/contract/vocabulary.toml",
    "tests/contract/test_vocabulary.py",
    "tests/contract/envelopes",
    "tests/data",
    "foundry_telemetry/testing/data",
    "foundry_telemetry/local/page/vendor",
)
"""What is about the past, these words and their samples, what others wrote, and recorded wire data."""


@cache
def tracked() -> tuple[str, ...]:
    """The files of the repository, but for what is exempt."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = (name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
    return tuple(name for name in names if not is_below(name, EXEMPT))


def is_below(name: str, folders: tuple[str, ...] | list[str]) -> bool:
    """Whether a file is one of these, or in one of them."""
    return any(name == folder or name.startswith(f"{folder}/") for folder in folders)


@cache
def text_of(name: str) -> str:
    """The text of a file; empty where it is none."""
    try:
        return (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def lower_case_of(name: str) -> str:
    """The same in lower case: to find a text in it is cheaper than to match an expression."""
    return text_of(name).lower()


@cache
def identifiers_of(name: str) -> frozenset[str]:
    """The identifiers of a Python file."""
    tokens = tokenize.generate_tokens(io.StringIO(text_of(name)).readline)
    return frozenset(token.string for token in tokens if token.type == tokenize.NAME)


@cache
def word_of(old: str) -> re.Pattern[str]:
    """A word by itself, or between underscores or capitals of a name."""
    at_start, capital = rf"(?<![A-Za-z])(?i:{re.escape(old)})", rf"(?<=[a-z]){re.escape(old.capitalize())}"
    return re.compile(rf"(?:{at_start}|{capital})(?![a-z])")


def has(name: str, word: dict[str, Any]) -> bool:
    """Whether a file has a word."""
    old: str = word["old"]
    match word["kind"]:
        case "file":
            path = PurePosixPath(name)
            return old in (path.stem, *path.parent.parts)
        case "identifier":
            return name.endswith(".py") and old in identifiers_of(name)
        case "phrase":
            return old in text_of(name)
        case "word":
            return old in lower_case_of(name) and word_of(old).search(text_of(name)) is not None
        case kind:
            raise ValueError(f"{old}: kind {kind!r} is not searched for")


def files_with(word: dict[str, Any]) -> list[str]:
    """The files that have a word where it means what the table says."""
    where = word.get("where")
    return [name for name in tracked() if (where is None or is_below(name, where)) and has(name, word)]


WORDS: Final = [(row["row"], word) for row in TABLES["code"] for word in row["words"]]


@pytest.mark.parametrize(("row", "word"), WORDS, ids=[f"{word['kind']} {word['old']}" for _, word in WORDS])
def test_the_word_is_gone(row: str, word: dict[str, Any]) -> None:
    """No file has a word of the left column; the row says what to write in its place."""
    assert files_with(word) == [], f"{word['old']}: see the row {row!r} of tests/contract/vocabulary.md"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a door", True),
        ("RAW_DOOR", True),
        ("openDoor()", True),
        ("Door.", True),
        ("indoor", False),
        ("doors", False),
    ],
)
def test_a_word_is_found_within_names(text: str, found: bool) -> None:
    """A word counts where it stands alone or is a part of a name, not where it is a part of another word."""
    assert bool(word_of("door").search(text)) is found


def left_column(table: str) -> Iterator[str]:
    """The cells of a table of `vocabulary.md`."""
    text = (HERE / "vocabulary.md").read_text("utf-8").split(HEADINGS[table])[1].split("\n## ")[0]
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| once |"):
            yield line.strip("|").split("|")[0].strip()


@pytest.mark.parametrize("table", HEADINGS)
def test_no_row_is_missing(table: str) -> None:
    """Every row of the two tables is in the list, once and in their order, with words of a known kind."""
    rows = TABLES[table]
    assert [row["row"] for row in rows] == list(left_column(table))
    for row in rows:
        assert row["words"], row["row"]
        assert {word["kind"] for word in row["words"]} <= KINDS[table], row["row"]


def names_in(cell: str) -> Iterator[str]:
    """What a cell puts between backticks, as identifiers are written."""
    for quoted in re.findall(r"`([^`]+)`", cell):
        yield quoted.removesuffix("()").removeprefix("foundry.client.quota.")


@pytest.mark.parametrize("row", TABLES["code"], ids=lambda row: row["row"])
def test_no_name_of_a_row_is_missing(row: dict[str, Any]) -> None:
    """Every name that a row quotes is searched for."""
    searched = {word["old"] for word in row["words"]}
    everywhere = {word["old"] for _, word in WORDS}
    assert set(names_in(row["row"])) <= searched | everywhere


def test_where_is_somewhere() -> None:
    """A folder that a word is searched for in exists: else nothing would be searched."""
    folders = {folder for _, word in WORDS for folder in word.get("where", ())}
    assert [
        folder for folder in sorted(folders) if not any(is_below(name, [folder]) for name in tracked())
    ] == []


class Home(NamedTuple):
    """A word that users do not meet."""

    old: str
    found: re.Pattern[str]
    columns_only: bool
    is_label: bool
    instead: str


def right_column() -> dict[str, str]:
    """Left cell of the table for users: its right cell."""
    text = (HERE / "vocabulary.md").read_text("utf-8").split(HEADINGS["users"])[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {left.strip(): right.strip() for left, right, *_ in rows}


def home_words() -> Iterator[Home]:
    """The words of the table for users, and those of the same kind."""
    now = right_column()
    for row in (*TABLES["users"], *TABLES["spirit"]):
        for word in row["words"]:
            kind, old = word["kind"], re.escape(word["old"])
            whole = {"text": rf"(?<!\w){old}(?!\w)", "label": f"^{old}:?$"}
            pattern = word.get("find") or whole[kind]
            is_label = kind in {"label", "column"} or pattern.startswith("^")
            instead = row["now"] if "now" in row else now[row["row"]]
            yield Home(word["old"], re.compile(pattern, re.IGNORECASE), kind == "column", is_label, instead)


HOME: Final = tuple(home_words())


def home_made(texts: Iterable[UserText]) -> Iterator[str]:
    """What is said in home-made words: where, which, and what to say instead."""
    for place, text, kind in texts:
        for word in HOME:
            fits = kind == "column" if word.columns_only else kind != "name" or word.is_label
            if fits and (found := word.found.search(text)):
                yield f"{place}: {found[0]!r} in {text[:120]!r}; instead: {word.instead}"


@pytest.mark.parametrize("ending", SOURCES)
def test_users_meet_standard_terms(ending: str) -> None:
    """No text of a file has a word of the left column of the table for users."""
    names = [name for name in files() if name.endswith(ending)]
    assert list(home_made(text for name in names for text in texts_of(name))) == []


def test_help_is_in_standard_terms() -> None:
    """Nor has the help of a command."""
    assert list(home_made(help_texts())) == []


@pytest.mark.parametrize("word", HOME, ids=lambda word: word.old)
def test_each_word_is_found(word: Home) -> None:
    """What the list calls a word is found where it is the text, or a column: no row is dead."""
    text = word.old.removesuffix(" (as a column)")
    [*found] = home_made([UserText("here", text, "column")])
    assert any(word.instead in each for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "one more attempt",
        "Next step: assign the role",
        "Cache hit rate",
        "as well as the next attempt",
        "the left column",
        "Price of a Claude Consumption Unit",
        "Anthropic (model service)",
        "units of the axis",
        "not reported",
        "this library leaves that metric alone",
        "there is no price: the model is unknown",
        "the stream says it is overloaded",
        "all of it is there to look at",
    ],
)
def test_plain_english_is_not_found(text: str) -> None:
    """A word that has a plain sense too is found in the other one only."""
    assert list(home_made([UserText("here", text)])) == []


SAMPLES: Final = {
    ".py": 'X = {"k": "in vain"}',
    ".kql": "AppEvents | project spent_in_vain = 1",
    ".json": '{"items": [{"content": {"title": "In vain"}}]}',
    ".js": "say(`${sum} in vain`)",
    ".html": "<p>spent <b>in vain</b></p>",
    ".md": "| Money | in\n\nspent in\nvain |",
    ".bicep": "@description('Money in vain.')\nparam x string",
}


@pytest.mark.parametrize("ending", SOURCES)
def test_each_kind_of_file_is_read(ending: str) -> None:
    """Each reader finds a text in a file of its kind, and such a file exists."""
    assert any(name.endswith(ending) for name in files())
    assert len(list(home_made(SOURCES[ending]("here", SAMPLES[ending])))) == 1


def test_documentation_and_queries_are_not_read() -> None:
    """What no user meets is passed over: docstrings, comments, and KQL that is read where it is written."""
    assert list(home_made(SOURCES[".py"]("here", '"""In vain."""\n# in vain\nX = 1\n"""In vain."""'))) == []
    assert (
        list(home_made(SOURCES[".js"]("here", "// in vain\nx = 1 / 2 /* in vain */; y = /in vain/u"))) == []
    )
    assert list(home_made(SOURCES[".json"]("here", '{"query": "in vain", "body": "in vain"}'))) == []
