"""Tasks of a Celery worker with the prefork pool: ``celery --app tasks worker --concurrency 2``."""

import os
from functools import cache

from anthropic import AnthropicFoundry
from celery import Celery

from foundry_telemetry import attribute, configure

app = Celery("tasks", broker=os.environ["BROKER_URL"])
configure()  # here, in the master, which alone hears that the worker is asked to stop


@cache
def claude() -> AnthropicFoundry:
    """Made in the worker process: a connection must not be shared by those that are forked."""
    return AnthropicFoundry()


@app.task
def hello() -> None:
    with attribute(worker=str(os.getpid())):
        claude().messages.create(
            model="claude-haiku-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hello?"}]
        )
