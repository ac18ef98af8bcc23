"""Ask many questions at once, and know what the answers cost.

Try it without Azure:

    python examples/batch.py --fake

For real, set ANTHROPIC_FOUNDRY_RESOURCE and ANTHROPIC_FOUNDRY_API_KEY, and, to keep the records,
APPLICATIONINSIGHTS_CONNECTION_STRING:

    python examples/batch.py --deployment claude-haiku-5-5
"""

import argparse
import contextvars
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import fake
from anthropic import AnthropicError, AnthropicFoundry

from foundry_telemetry import Observation, attribute, configure, instrument

CITIES = ("Accra", "Bergen", "Cusco", "Dakar", "Fez", "Graz", "Hilo", "Jena", "Kyoto", "Lima", "Oslo", "Ulm")


def ask(client: AnthropicFoundry, deployment: str, city: str) -> str:
    question = f"In which country is {city}?"
    try:
        answer = client.messages.create(
            model=deployment, max_tokens=100, messages=[{"role": "user", "content": question}]
        )
    except AnthropicError as problem:
        return f"{city}: {type(problem).__name__}"
    return f"{city}: {''.join(block.text for block in answer.content if block.type == 'text')}"


def report(attempts: list[Observation]) -> None:
    """Every attempt is here, those that failed and were made again too."""
    priced = [seen.cost_usd for seen in attempts if seen.cost_usd is not None]
    tokens_in = sum(seen.usage.total_input_tokens or 0 for seen in attempts)
    tokens_out = sum(seen.usage.output_tokens or 0 for seen in attempts)
    print(f"\n{len(attempts)} attempts for {len({seen.call_id for seen in attempts})} calls")
    print(f"{tokens_in:,} tokens in, {tokens_out:,} out, ${sum(priced):.6f} at list price")
    causes = Counter(seen.failure.type for seen in attempts if seen.failure)
    for cause, times in causes.most_common():
        print(f"{cause}: {times}")


def main() -> None:
    options = argparse.ArgumentParser(description="Ask many questions at once.")
    options.add_argument("--fake", action="store_true", help="play Foundry and Azure inside this process")
    options.add_argument("--deployment", default="claude-haiku-5-5")
    chosen = options.parse_args()
    if chosen.fake:
        fake.play()

    attempts: list[Observation] = []
    if os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        configure()  # sends every attempt to Azure Monitor
    instrument(sinks=[attempts.append], http_spans="suppress")  # and to this list

    client = AnthropicFoundry()
    with attribute(feature="geography"), ThreadPoolExecutor(4) as pool:
        # A thread has no tags of its own accord: give each task a copy of this context.
        tagged = [contextvars.copy_context().run for _ in CITIES]
        tasks = [
            pool.submit(run, ask, client, chosen.deployment, city)
            for run, city in zip(tagged, CITIES, strict=True)
        ]
        for task in tasks:
            print(task.result())
    report(attempts)


if __name__ == "__main__":
    main()
