"""Which exporters build their rows on plain models, found out by trying both ways when they are set up."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from foundry_telemetry.azure.exporter_rules import Conversion, plain_conversions, use
from foundry_telemetry.azure.request_bodies import Compression, RequestBodies, encode, own_encoder
from foundry_telemetry.azure.row_samples import SAMPLES

outcomes: Final[dict[str, str | None]] = {}
"""By class of exporter: why it builds its rows as before, ``None`` if it does not."""

_log = logging.getLogger("foundry_telemetry.azure")


def speed_up(exporters: Iterable[Any], compression: Compression) -> None:
    """Let exporters of `configure` build rows on plain models, and compress what they post. Never raises.

    Whatever does not work as we know it is left as it was, with one line in the log.
    """
    for exporter in exporters:
        name = type(exporter).__name__
        outcomes[name] = None
        try:
            conversions = plain_conversions(exporter)
            _compare(exporter, conversions)
            RequestBodies(exporter, compression)
        except Exception as error:
            outcomes[name] = why = f"{type(error).__name__}: {error}"
            _log.warning("%s exports without our optimisation: this version is not supported (%s)", name, why)
        else:
            use(exporter, conversions)


def own_exporters(exporters: Iterable[Any], transport: Any) -> Iterator[Any]:
    """Those of the exporters that were given a transport by `configure`; others are the application's."""
    for exporter in exporters:
        with suppress(AttributeError):
            if exporter.client._client._pipeline._transport is transport:  # noqa: SLF001 - no public API
                yield exporter


class UnequalError(Exception):
    """A sample gave another row than the exporter makes itself."""


def _compare(exporter: Any, conversions: dict[str, Conversion]) -> None:
    """Raise `UnequalError` if a sample converted both ways is not the same; other errors mean the same."""
    encoder = own_encoder(exporter.client)
    for name, sample in SAMPLES[type(exporter).__name__]():
        fast, usual = conversions[name](*sample), getattr(exporter, name)(*sample)
        for ours, theirs in zip(_listed(fast), _listed(usual), strict=True):
            sent = json.dumps([theirs], cls=encoder, exclude_readonly=True)
            if json.loads(encode([ours], encoder)) != json.loads(sent) or ours.as_dict() != theirs.as_dict():
                raise UnequalError(name)


def _listed(made: Any) -> Iterator[Any]:
    yield from made if isinstance(made, list) else (made,)
