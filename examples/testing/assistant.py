"""The service under test: it asks Claude, falls back to a smaller model, and gives users a support code."""

from collections.abc import Generator

import anthropic

from foundry_telemetry import attribute, last_attempt

SORRY = "Sorry, that did not work. Your support code: {}"


class Assistant:
    """Answers questions."""

    def __init__(self, claude: anthropic.AnthropicFoundry, model: str, fallback: str) -> None:
        self._claude = claude
        self._models = (model, fallback)

    def answer(self, question: str, tenant: str) -> str:
        """The whole answer; the smaller model's while the larger one is busy."""
        with attribute(tenant=tenant):
            for model in self._models:
                try:
                    message = self._claude.messages.create(
                        model=model, max_tokens=500, messages=[{"role": "user", "content": question}]
                    )
                except (anthropic.RateLimitError, anthropic.OverloadedError):
                    continue
                except anthropic.AnthropicError:
                    break
                return "".join(block.text for block in message.content if block.type == "text")
            return SORRY.format(support_code())

    def stream(self, question: str) -> Generator[str]:
        """The answer as it comes; where it breaks, a sentence that says so."""
        try:
            with self._claude.messages.stream(
                model=self._models[0], max_tokens=500, messages=[{"role": "user", "content": question}]
            ) as events:
                yield from events.text_stream
        except Exception:  # the HTTP client's own errors come through while a stream is read
            yield SORRY.format(support_code())


def support_code() -> str:
    seen = last_attempt()
    return seen.support_code if seen else "unknown"
