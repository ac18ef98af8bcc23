"""What a check finds, and what it looks at.

*Finding*: one thing that was looked at, how it is, and the repair. *Scene*: where the checks look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from foundry_telemetry.advice.entry import SCOPE, Advice

State = Literal["ok", "warning", "failure", "skipped"]
"""``warning``: it works, but not as it could. ``skipped``: nobody looked, and `Finding.fix` says how to."""

RESOURCE: Final = "ANTHROPIC_FOUNDRY_RESOURCE"
BASE_URL: Final = "ANTHROPIC_FOUNDRY_BASE_URL"
API_KEY: Final = "ANTHROPIC_FOUNDRY_API_KEY"
"""The variables that the SDK's Foundry clients read."""


_RESOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,63}").fullmatch
_KEY_LIKE: Final = re.compile(r"[0-9a-fA-F]{32}|[A-Za-z0-9]{40,}").fullmatch
"""What keys look like; a resource name that does is not shown."""
_HOST: Final = re.compile(r"[A-Za-z0-9._~:-]{1,253}").fullmatch


def is_key_like(text: str) -> bool:
    """Whether it may be a key."""
    return _KEY_LIKE(text) is not None


def is_resource(text: str) -> bool:
    """Whether it can be the name of a resource."""
    return _RESOURCE(text) is not None and not is_key_like(text)


def is_host(text: str) -> bool:
    """Whether it can be shown as the host of a URL: plain characters, and a first label that is no key."""
    return _HOST(text) is not None and not is_key_like(text.partition(".")[0])


_REPEATED: Final = {
    "--app": "app",
    "--base-url": "base_url",
    "--deployment": "deployment",
    "--workspace": "workspace",
}
"""Options that a command to copy repeats, and where `Scene` has them."""
_SHOWN: Final = re.compile(r"(?:https?://)?[A-Za-z0-9._/:-]*").fullmatch


def _is_shown(text: str) -> bool:
    """Whether a value may be repeated: a word of a shell in which no user, query or key stands."""
    return _SHOWN(text) is not None and not any(map(is_key_like, re.split(r"[./:]", text)))


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    """What, in a word or two."""
    state: State
    seen: str
    """What was found, in a sentence without a secret."""
    fix: str | None = None
    """What repairs it: a command or a line of code where one does, else a sentence."""
    command: str | None = None
    """For a shell, beside a sentence."""


def ok(check: str, seen: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", seen)


def warning(check: str, seen: str, fix: str, command: str | None = None) -> Finding:
    """It works, but not as it could."""
    return Finding(check, "warning", seen, fix, command)


def failure(check: str, seen: str, fix: str, command: str | None = None) -> Finding:
    """It does not work."""
    return Finding(check, "failure", seen, fix, command)


def advised(check: str, state: State, seen: str, advice: Advice) -> Finding:
    """With the next step of the advice for a cause, and the first command among its steps."""
    command = next((step.command for step in advice.steps if step.command), None)
    return Finding(check, state, seen, advice.next_step, command)


def skipped(check: str, seen: str, fix: str) -> Finding:
    """Nobody looked; `fix` says how to."""
    return Finding(check, "skipped", seen, fix)


class Scene(Struct, frozen=True, kw_only=True):
    """Where the checks look, and what they may do."""

    environ: Mapping[str, str]
    base_url: str | None = None
    """Looked at in place of what the environment says."""
    scope: str = SCOPE
    """Asked for when a token is got."""
    app: str | None = None
    """Module of the service that is imported first, so that the checks of the process see what it sets up."""
    entra: bool = False
    """Get a token even where a key is set."""
    workspace: str | None = None
    """Id of the Log Analytics workspace to ask."""
    live: bool = False
    deployment: str | None = None
    """What a small call is made to."""
    patience_s: float = 8.0
    """Seconds that one exchange over the network may take."""

    def variable(self, name: str) -> str:
        """A variable as it is set; empty when it is not."""
        return self.environ.get(name, "")

    def command(self, name: str, value: str = "") -> str:
        """The command ``doctor`` with the options that were given and another one."""
        given = {"--live": "" if self.live else None, "--entra": "" if self.entra else None}
        given |= {option: getattr(self, field) for option, field in _REPEATED.items()}
        shown = {one: what for one, what in given.items() if what is not None and _is_shown(what)}
        words = (one if not what else f"{one} {what}" for one, what in (shown | {name: value}).items())
        return " ".join(("foundry-telemetry doctor", *words))

    @property
    def key(self) -> str:
        """The API key. It leaves the process only towards `address`."""
        return self.variable(API_KEY).strip()

    @property
    def address(self) -> str | None:
        """The base URL that a client would use, without a slash at the end.

        ``None`` where none is given, and for what is no URL and no name: that may be a misplaced secret.
        """
        url = self.base_url or self.variable(BASE_URL).strip()
        resource = self.variable(RESOURCE).strip()
        if not url and is_resource(resource):
            url = f"https://{resource}.services.ai.azure.com/anthropic"
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and parts.port != 0 and is_host(parts.hostname or "")
        except ValueError:
            return None
        return url.rstrip("/") if sound else None
