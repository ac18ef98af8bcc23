"""Call Claude with bare httpx and an Entra token, and show the cause and the owner of a failure.

Try it without Azure, once well and once with a deployment that does not exist:

    python examples/raw_httpx_entra.py --fake
    python examples/raw_httpx_entra.py --fake --deployment claude-sonet-5-5

For real, sign in (``az login``, or a managed identity), and set ANTHROPIC_FOUNDRY_RESOURCE and
APPLICATIONINSIGHTS_CONNECTION_STRING.
"""

import argparse
import os

import fake
import httpx
from azure.identity import DefaultAzureCredential

from foundry_telemetry import configure, last_attempt

SCOPE = "https://ai.azure.com/.default"


def base_url() -> str:
    resource = os.environ.get("ANTHROPIC_FOUNDRY_RESOURCE")
    return (
        os.environ.get("ANTHROPIC_FOUNDRY_BASE_URL") or f"https://{resource}.services.ai.azure.com/anthropic"
    )


def ask(client: httpx.Client, body: dict[str, object]) -> None:
    """One whole answer."""
    answer = client.post("/v1/messages", json=body)
    if answer.is_success:
        print("".join(block["text"] for block in answer.json()["content"] if block["type"] == "text"))


def listen(client: httpx.Client, body: dict[str, object]) -> None:
    """The same as a stream; its tokens are read as the lines go by."""
    with client.stream("POST", "/v1/messages", json=body | {"stream": True}) as answer:
        events = sum(line.startswith("data:") for line in answer.iter_lines())
    if answer.is_success:
        print(f"{events} events")


def report() -> None:
    """What is known of the attempt that just ended."""
    seen = last_attempt()
    if seen is None:
        print("  no attempt was made")
        return
    ids = f"azure {seen.ids.apim_request_id or '-'}, anthropic {seen.anthropic_request_id or '-'}"
    if seen.failure is None:
        print(f"  {seen.usage.total_input_tokens} tokens in, {seen.usage.output_tokens} out; {ids}")
    else:
        helps = "may help" if seen.failure.retryable else "does not help"
        print(f"  {seen.failure.type} ({seen.failure.owner}); trying again {helps}; {ids}")


def main() -> None:
    options = argparse.ArgumentParser(description="Call Claude with bare httpx and an Entra token.")
    options.add_argument("--fake", action="store_true", help="play Foundry and Azure inside this process")
    options.add_argument("--deployment", default="claude-sonnet-5-5")
    chosen = options.parse_args()
    if chosen.fake:
        fake.play()

    configure(hosts=[base_url()])  # Azure's own hosts are known; this is for gateways, and for the fake

    credential = fake.Credential() if chosen.fake else DefaultAzureCredential()
    headers = {
        "authorization": f"Bearer {credential.get_token(SCOPE).token}",
        "anthropic-version": "2023-06-01",
    }
    question = {"role": "user", "content": "What is the capital of France?"}
    body: dict[str, object] = {"model": chosen.deployment, "max_tokens": 100, "messages": [question]}
    with httpx.Client(base_url=base_url(), headers=headers, timeout=60) as client:
        for way in (ask, listen):
            way(client, body)
            report()


if __name__ == "__main__":
    main()
