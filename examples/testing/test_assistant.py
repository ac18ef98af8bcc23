"""Tests of the service, without a network and without Azure: ``python -m pytest examples/testing``."""

import anthropic
import pytest
from assistant import Assistant

from foundry_telemetry.testing import FakeResponse, FoundryKit, ReceivedRequest, answer, error


@pytest.fixture
def assistant() -> Assistant:
    claude = anthropic.AnthropicFoundry(resource="any", api_key="any-key-will-do", max_retries=1)
    return Assistant(claude, "claude-opus-prod", "claude-haiku-prod")


def test_answer(foundry: FoundryKit, assistant: Assistant) -> None:
    foundry.respond("Paris.", usage={"input_tokens": 12, "output_tokens": 3})
    assert assistant.answer("What is the capital of France?", tenant="acme") == "Paris."
    foundry.calls.one().has(error=None, input_tokens=12, output_tokens=3, tags={"tenant": "acme"})


def test_the_sdk_tries_again(foundry: FoundryKit, assistant: Assistant) -> None:
    foundry.incident("rate_limited_once")
    assert "Paris" in assistant.answer("What is the capital of France?", tenant="acme")
    foundry.calls.one().has(attempts=2, statuses=(429, 200), error=None)


def test_the_smaller_model_helps_out(foundry: FoundryKit, assistant: Assistant) -> None:
    def respond(request: ReceivedRequest) -> FakeResponse:
        return error("rate_limited") if request.model == "claude-opus-prod" else answer("Paris.")

    foundry.script(respond)
    assert assistant.answer("What is the capital of France?", tenant="acme") == "Paris."
    larger, smaller = foundry.calls
    larger.has(deployment="claude-opus-prod", attempts=2, error="rate_limited", owner="quota")
    smaller.has(deployment="claude-haiku-prod", attempts=1, error=None)


@pytest.mark.parametrize("name", ["expired_token", "missing_role", "deployment_not_found", "firewall"])
def test_the_user_gets_a_support_code(foundry: FoundryKit, assistant: Assistant, name: str) -> None:
    incident = foundry.incident(name)
    reported = assistant.answer("What is the capital of France?", tenant="acme")
    call = foundry.calls.one().has(attempts=1, error=incident.error, retryable=False)
    assert call.get("support_code") in reported


@pytest.mark.parametrize("name", ["overloaded_in_stream", "stream_cut", "stream_reset"])
def test_a_broken_stream_ends_in_a_sentence(foundry: FoundryKit, assistant: Assistant, name: str) -> None:
    incident = foundry.incident(name)
    *text, sorry = assistant.stream("What is the capital of France?")
    assert text
    assert "FT-00000-00001" in sorry
    foundry.calls.one().has(error=incident.error, stream=True, output_tokens=None)


def test_a_user_who_leaves(foundry: FoundryKit, assistant: Assistant) -> None:
    stream = assistant.stream("What is the capital of France?")
    next(stream)
    stream.close()
    foundry.calls.one().has(outcome="abandoned", error=None)
