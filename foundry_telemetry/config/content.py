"""What is kept of requests and responses: nothing, unless an application says so here."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from foundry_telemetry.config.toml import Document, SettingsError

CONTENT: Final = "FOUNDRY_TELEMETRY_CONTENT"
"""Switches request and response logs on or off; `content=` in code wins."""
STANDARD: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""Of OpenTelemetry. It never switches ours on, as it may be set for another library; it may keep them off."""

_ON: Final = ("1", "true", "on", "yes")
_OFF: Final = ("", "0", "false", "off", "no")
_WITHOUT_EVENTS: Final = ("no_content", "span_only", "false")

_PACKAGES: Final = {"re2": "google-re2", "stdnum": "python-stdnum", "phonenumbers": "phonenumbers"}

BUDGET_BYTES: Final = 60_000
"""Of one event: Azure takes 64 KB of a record, and names and ids need some of it."""
QUEUE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ContentPolicy:
    """Which calls are logged with their content, and how.

    Without `tags` and `deployments` every call is looked at; of those, all that failed or were refused are
    kept where `failures` says so, and a share of the rest.

    Args:
        share: Part of the calls that neither failed nor were refused, 0 to 1; decided by the call id, so that
            all attempts of a call and all services agree.
        failures: Whether all calls that failed or were refused are kept.
        tags: Only calls with one of these values, for each of these keys of `attribute()`.
        deployments: Only calls to these.
        national_ids: Whether numbers that a state gives to a person are redacted as well.
        redact: Called with each text after the built-in redaction. Where it raises, the content is lost.
        sink: Called with each record, a dict of its attributes, instead of the event to Azure.
        budget_bytes: Of one record; long texts lose their middle.
        queue_bytes: Of requests and answers that wait to be redacted; what does not fit is dropped, counted.

    Raises:
        TypeError: `redact` or `sink` is no plain function, or a text stands in the place of a list.
        ValueError: A number out of range.
    """

    share: float = 1.0
    failures: bool = True
    tags: Mapping[str, Collection[str]] = field(default_factory=dict)
    deployments: Collection[str] = ()
    national_ids: bool = False
    redact: Callable[[str], str] | None = None
    sink: Callable[[dict[str, Any]], object] | None = None
    budget_bytes: int = BUDGET_BYTES
    queue_bytes: int = QUEUE_BYTES

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"ContentPolicy(share={self.share!r}): expected a number from 0 to 1")
        if not _LEAST_BUDGET <= self.budget_bytes <= BUDGET_BYTES:
            expected = f"{_LEAST_BUDGET} to {BUDGET_BYTES}"
            raise ValueError(f"ContentPolicy(budget_bytes={self.budget_bytes!r}): expected {expected}")
        if self.queue_bytes < BUDGET_BYTES:
            raise ValueError(
                f"ContentPolicy(queue_bytes={self.queue_bytes!r}): expected more than {BUDGET_BYTES}"
            )
        if isinstance(self.deployments, str):
            raise TypeError(f"ContentPolicy(deployments={self.deployments!r:.100}): expected a list of names")
        for key, values in self.tags.items():
            if isinstance(values, str):
                raise TypeError(
                    f"ContentPolicy(tags={{{key!r}: {values!r:.100}}}): expected a list of values"
                )
        for name, function in (("redact", self.redact), ("sink", self.sink)):
            is_plain = callable(function) and not inspect.iscoroutinefunction(function)
            if function is not None and not is_plain:
                raise TypeError(f"ContentPolicy({name}={function!r:.100}): expected a plain function")

    def covers(self, deployment: str | None, tags: Mapping[str, str]) -> bool:
        """Whether a call is looked at."""
        if self.deployments and deployment not in self.deployments:
            return False
        return all(tags.get(key) in values for key, values in self.tags.items())

    def has_in_share(self, call_id: str) -> bool:
        """Whether a call that neither failed nor was refused is kept."""
        if self.share >= 1:
            return True
        digest = hashlib.sha256(call_id.encode()).digest()
        return int.from_bytes(digest[:8]) < self.share * 2**64


_LEAST_BUDGET: Final = 2_000


class _Content(Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = False
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    failures: bool = True
    tags: dict[str, list[str]] = {}
    deployments: list[str] = []
    national_ids: bool = False
    budget_bytes: Annotated[int, Meta(ge=_LEAST_BUDGET, le=BUDGET_BYTES)] = BUDGET_BYTES
    queue_bytes: Annotated[int, Meta(ge=BUDGET_BYTES)] = QUEUE_BYTES


_of_file: ContentPolicy | None = None
"""What the settings file says, switched on there or not."""
_is_on_in_file = False


def set_from(document: Document) -> None:
    """Keep what the table ``[content]`` of a document says.

    Raises:
        SettingsError: It says what cannot be.
    """
    global _of_file, _is_on_in_file
    reported = document.read(_Content, ("content",), document.reported.get("content", {}))
    options = {name: getattr(reported, name) for name in reported.__struct_fields__ if name != "enabled"}
    _of_file, _is_on_in_file = ContentPolicy(**options), reported.enabled


def policy_of_file() -> ContentPolicy:
    """What the settings file says, switched on there or not; the defaults without one."""
    return _of_file or ContentPolicy()


def policy_in_force(given: ContentPolicy | None) -> ContentPolicy | None:
    """The policy of the process, ``None`` where no content is kept.

    Args:
        given: Of the code; it wins over environment and file.

    Raises:
        ImportError: Packages are missing without which nothing is redacted.
        SettingsError: The variable says what cannot be.
    """
    policy = given
    if policy is None and is_on():
        policy = policy_of_file()
    if policy is None or is_kept_off():
        return None
    missing = missing_packages()
    if missing:
        raise ImportError(
            f"content of requests and responses is logged only redacted, which needs {', '.join(missing)}: "
            "pip install 'foundry-telemetry[content]'"
        )
    return policy


def missing_packages() -> list[str]:
    """Packages of the extra `content` that are not installed."""
    return [package for module, package in _PACKAGES.items() if find_spec(module) is None]


def is_kept_off(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variable allows no content on events."""
    return environ.get(STANDARD, "").strip().lower() in _WITHOUT_EVENTS


def is_on(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether variable or settings file ask for content.

    Raises:
        SettingsError: The variable says what cannot be.
    """
    said = environ.get(CONTENT)
    if said is None:
        return _is_on_in_file
    if said.strip().lower() in _ON:
        return True
    if said.strip().lower() in _OFF:
        return False
    raise SettingsError(f"{CONTENT}={said!r}; expected 1 or 0")
