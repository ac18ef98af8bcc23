"""What is posted to Azure Monitor: envelopes as JSON, compressed unless the server refuses that.

Azure Monitor takes gzip. A proxy or stand-in on the way may not: when it answers 415, or 400 without having
read the items, the same body is sent again as it is, before the exporter, which would drop the batch, learns
of the answer.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from azure.core.exceptions import HttpResponseError

from foundry_telemetry.azure.plain_models import PlainModel

_LEVEL: Final = 3
"""Of zlib. Rows differ in ids, which nothing compresses: 267 bytes a call are left, at level 6 219, for which
zlib works two and a half times as long."""
_FORMAT: Final = zlib.MAX_WBITS | 16
"""Gzip, for zlib."""
_MEMORY: Final = 8
"""As zlib's own default; more takes longer to clear than it saves."""
_GZIP_HEADER: Final = {"Content-Encoding": "gzip"}
_ENCODER: Final = msgspec.json.Encoder()

_log = logging.getLogger("foundry_telemetry.azure")


class Compression:
    """Whether bodies are compressed; one for all exporters of a process.

    Args:
        is_on: As the user wants it.
    """

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on

    def switch_off(self, refusal: HttpResponseError) -> None:
        """The server that refused takes the same body without it."""
        if self.is_on:
            self.is_on = False
            request: Any = getattr(refusal.response, "request", None)
            host = urlsplit(request.url).hostname if request is not None else "the server"
            text = "%s rejects gzip (%s): bodies are now sent uncompressed"
            _log.warning(text, host, refusal.status_code)


class RequestBodies:
    """Makes the bodies of one exporter.

    Args:
        exporter: Its client's ``track`` is wrapped; it gets bytes.
        compression: Shared by the exporters.

    Raises:
        AttributeError, KeyError: The exporter has another inside than we know.
    """

    def __init__(self, exporter: Any, compression: Compression) -> None:
        client = exporter.client
        self._compression = compression
        self._track: Callable[..., Any] = client.track
        self._own_encoder = own_encoder(client)
        client.track = self.track

    def track(self, envelopes: Sequence[Any], *args: Any, **options: Any) -> Any:
        """Post envelopes, as the client's own method does."""
        body = encode(envelopes, self._own_encoder)
        if not self._compression.is_on:
            return self._track(body, *args, **options)
        headers = {**options.pop("headers", {}), **_GZIP_HEADER}
        try:
            return self._track(_gzipped(body), *args, headers=headers, **options)
        except HttpResponseError as error:
            if not _may_be_for_gzip(error):
                raise
            return self._again(error, body, *args, **options)

    def _again(self, refusal: HttpResponseError, body: bytes, *args: Any, **options: Any) -> Any:
        try:
            answer = self._track(body, *args, **options)
        except HttpResponseError as error:
            if error.status_code != refusal.status_code:
                self._compression.switch_off(refusal)
            raise
        self._compression.switch_off(refusal)
        return answer


def _may_be_for_gzip(refusal: HttpResponseError) -> bool:
    """Whether a server may have refused a body for its compression. One that counts its items has read it."""
    if refusal.status_code == HTTPStatus.BAD_REQUEST:
        return not getattr(refusal.model, "items_received", None)
    return refusal.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def own_encoder(client: Any) -> type[json.JSONEncoder]:
    """The encoder that an exporter's client uses itself."""
    found: type[json.JSONEncoder] = type(client).track.__globals__["SdkJSONEncoder"]
    return found


def encode(envelopes: Sequence[Any], encoder: type[json.JSONEncoder]) -> bytes:
    """A body, equal as JSON to what the exporter's client makes of these envelopes.

    Args:
        envelopes: Plain models, and models of the exporter where it took those.
        encoder: The exporter's own.
    """
    return b"[%b]" % b",".join([_encode(envelope, encoder) for envelope in envelopes])


def _encode(envelope: Any, encoder: type[json.JSONEncoder]) -> bytes:
    if isinstance(envelope, PlainModel):
        try:
            return _ENCODER.encode(envelope)
        except (UnicodeEncodeError, TypeError, OverflowError):  # for one, half of a surrogate pair
            envelope = envelope.as_dict(exclude_readonly=True)
    return json.dumps(envelope, cls=encoder, exclude_readonly=True).encode()


def _gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _FORMAT, _MEMORY)
    return packer.compress(body) + packer.flush()
