"""A handler in the style of Azure Functions: its process may be frozen or killed as soon as it returned.

With the package azure-functions, `main` is decorated with ``@app.route()`` and takes a ``func.HttpRequest``.
"""

from anthropic import AnthropicFoundry

from foundry_telemetry import configure
from foundry_telemetry.azure import flush

configure()
claude = AnthropicFoundry()


def main(request: str) -> str:
    try:
        answer = claude.messages.create(
            model="claude-haiku-5-5", max_tokens=10, messages=[{"role": "user", "content": request}]
        )
        return "".join(block.text for block in answer.content if block.type == "text")
    finally:
        flush(timeout_s=2.0)  # a moment: the connection to Azure is open already
