"""A job that runs for some seconds and ends, with nothing to do but `configure`: ``python job.py``."""

import argparse
import time

from anthropic import AnthropicFoundry

from foundry_telemetry import configure


def main() -> None:
    options = argparse.ArgumentParser(description="Ask Claude again and again, and end.")
    options.add_argument("--seconds", type=float, default=10.0)
    seconds = options.parse_args().seconds
    configure()
    claude = AnthropicFoundry()
    until = time.monotonic() + seconds
    while True:
        claude.messages.create(
            model="claude-haiku-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hello?"}]
        )
        if time.monotonic() > until:
            return
        time.sleep(0.2)


if __name__ == "__main__":
    main()
