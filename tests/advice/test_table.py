"""The table: one entry for each class, each complete, in text that any reader of it can hold."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from foundry_telemetry.advice import (
    ALL,
    FALLBACKS,
    PLACEHOLDERS,
    UNKNOWN,
    Advice,
    SupportChannel,
    Tab,
    advice_for,
)
from foundry_telemetry.observation import Owner
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.signals import fields
from foundry_telemetry.wire.causes import CLASSES

ENTRIES = [*ALL.values(), *FALLBACKS.values(), UNKNOWN]
EACH = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.about)

LEDGER = {
    *(
        name
        for group in vars(fields).values()
        if isinstance(group, fields.Fields) and group is not fields.MEASUREMENTS
        for name in group.names
    ),
    names.SCHEMA_VERSION,
    names.ERROR_TYPE,
}
"""What a record can hold."""

PLACEHOLDER = re.compile(r"<[^>]*>")
PLAIN = re.compile(r"[A-Za-z0-9 .,:;()/_'?=-]+")
"""No double quote, backslash, backtick, brace, bar or line end: nothing that a KQL string literal, a workbook
parameter, a table of Markdown or a terminal gives a meaning to."""


def texts(entry: Advice) -> list[str]:
    """Everything of an entry that people read."""
    return [entry.meaning, entry.next_step, entry.retry, entry.ticket, *(step.text for step in entry.steps)]


def commands(entry: Advice) -> list[str]:
    """Everything of an entry that people run."""
    return [step.command for step in entry.steps if step.command]


def test_classes_and_table_are_equal() -> None:
    """Who adds a class adds its advice; a class that is gone leaves none behind."""
    assert set(ALL) == set(CLASSES)
    assert set(FALLBACKS) == set(get_args(Owner))
    assert all(entry.about == name for name, entry in {**ALL, **FALLBACKS}.items())


@EACH
def test_an_entry_is_complete(entry: Advice) -> None:
    """It means something, says what to do in order, where to look, and what comes of a retry and a ticket."""
    assert entry.meaning.endswith(".")
    assert entry.meaning.count(". ") == 0, "one sentence"
    assert entry.steps
    assert len(set(entry.steps)) == len(entry.steps)
    assert len(entry.relevant_fields) >= 2
    assert len(set(entry.relevant_fields)) == len(entry.relevant_fields)
    assert entry.tab in get_args(Tab)
    assert set(entry.support_channels) <= set(get_args(SupportChannel))
    for text in (entry.retry, entry.ticket, *(step.text for step in entry.steps)):
        assert text.endswith((".", "?"))
        assert len(text) >= len("at once.")


@EACH
def test_the_next_step_fits_everywhere(entry: Advice) -> None:
    """A note, a column and a string literal of KQL hold it as it is, in either kind of quotes."""
    assert 20 <= len(entry.next_step) <= 110
    assert re.fullmatch(r"[A-Z][A-Za-z0-9 .,:;()/_?-]+", entry.next_step)
    assert not PLACEHOLDER.search(entry.next_step)


@EACH
def test_texts_are_plain(entry: Advice) -> None:
    """A text holds nothing that a reader of it would take for more than text."""
    for text in texts(entry):
        assert PLAIN.fullmatch(PLACEHOLDER.sub("", text)), text
        assert "  " not in text
        assert "'" not in entry.meaning


@EACH
def test_nothing_is_left_open(entry: Advice) -> None:
    """What stands between angle brackets is explained, and no note to ourselves is left."""
    for text in (*texts(entry), *commands(entry)):
        assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDERS), text
        assert not re.search(r"\b(?:TODO|FIXME|TBD|XXX)\b|\.\.\.|[{}]", text), text


def test_each_placeholder_is_used() -> None:
    """The explanation explains nothing that nobody asks for, and names fields that a record has."""
    used = {name for entry in ENTRIES for text in commands(entry) for name in PLACEHOLDER.findall(text)}
    assert used == set(PLACEHOLDERS)
    assert {placeholder.field for placeholder in PLACEHOLDERS.values()} - {None} <= LEDGER


@EACH
def test_fields_are_those_of_the_ledger(entry: Advice) -> None:
    """Whoever is told to look at a field finds it in the record, under this name."""
    assert {*entry.relevant_fields, *entry.ids} <= LEDGER
    for text in texts(entry):
        for name in re.findall(r"(?<![\w./])(?:foundry|gen_ai|http|server|url)(?:\.[a-z_]+)+", text):
            assert name in LEDGER | {"foundry.token"}, text


@EACH
def test_what_is_named_exists(entry: Advice) -> None:
    """An entry that points to another class points to one there is."""
    for text in texts(entry):
        named = re.findall(r"\b(?:auth|authz)_[a-z_]+\b", text)
        compared = re.findall(r"(?:ompare with|treat it as) ([a-z]+_[a-z_]+)", text)
        assert {*named, *compared} <= set(CLASSES), text


@EACH
def test_no_command_shows_a_secret(entry: Advice) -> None:
    """Keys are compared by digest, a token is fetched for its tenant alone, and none is changed."""
    for command in commands(entry):
        assert "\n" not in command
        for part in command.split("; "):
            if "keys list" in part or "API_KEY" in part:
                assert part.endswith("| sha256sum")
            if "get-access-token" in part:
                assert "--query tenant" in part
        assert not re.search(
            r"regenerate|credential reset|delete|get-access-token -", command.partition("--")[0]
        )


def test_a_missing_role_is_told_in_full() -> None:
    """Data action, role under both names and by its lasting id, scope, who lacks it, and the wait."""
    entry = ALL["authz_missing_role"]
    reported = " ".join([*texts(entry), *commands(entry)])
    for fact in (
        "Microsoft.CognitiveServices/accounts/AIServices/providers/action",
        "Foundry User",
        "Azure AI User",
        "Cognitive Services User",
        "Owner, Contributor and Cognitive Services OpenAI User do not",
        "--role 53ca6127-db72-4b80-b1b0-d745d6d5456d --scope <resource-id>",
        "5 minutes",
    ):
        assert fact in reported
    assert "Foundry User" in entry.next_step


def test_a_wrong_audience_names_all_three_scopes() -> None:
    """The right one, the older one that is accepted, and the printed one that is not."""
    reported = " ".join(texts(ALL["auth_wrong_audience"]))
    assert "https://ai.azure.com/.default" in ALL["auth_wrong_audience"].next_step
    assert "https://cognitiveservices.azure.com" in reported
    assert "https://ai.cognitiveservices.com/.default" in reported


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_who_owns_it_stands_in_one_place(name: str) -> None:
    """An entry takes owner and retry from the table of classes, which alone decides."""
    assert (ALL[name].owner, ALL[name].retryable) == (CLASSES[name].owner, CLASSES[name].retryable)


def test_auth_failures_are_shown_on_their_tab() -> None:
    """What counts as an auth failure is on the Auth tab, and nothing else is."""
    assert {name for name, entry in ALL.items() if entry.tab == "Auth"} == {
        name for name, known in CLASSES.items() if known.auth_failure
    }


def test_support_channels_ask_for_their_own_ids() -> None:
    """Azure gets the apim-request-id, Anthropic the request-id, Entra its three."""
    assert advice_for("service_unavailable").ids == ("azure.service.request.id",)
    assert advice_for("overloaded").ids == ("anthropic.request.id",)
    assert advice_for("credential_error").ids == (
        "foundry.entra.code",
        "foundry.entra.trace_id",
        "foundry.entra.correlation_id",
    )
    assert advice_for("pool_timeout").ids == ()
