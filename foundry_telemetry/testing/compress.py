"""Content encodings that let a stream through: every piece is flushed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Literal, get_args

from msgspec import Struct

Encoding = Literal["gzip", "deflate", "br", "zstd"]
ENCODINGS: tuple[str, ...] = get_args(Encoding)


class _Compressor(Struct, frozen=True):
    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    """Hands out all that was put in, and goes on."""
    finish: Callable[[], bytes]


def compressed(chunks: Iterable[bytes], encoding: str) -> tuple[bytes, ...]:
    """The same body encoded; each piece decodes to the piece it was made of.

    Raises:
        ValueError: The encoding is none of ``ENCODINGS``.
        ImportError: The encoding needs a package that is not installed.
    """
    if encoding not in _COMPRESSORS:
        raise ValueError(f"unknown encoding {encoding!r}: expected one of {', '.join(map(repr, ENCODINGS))}")
    compressor = _COMPRESSORS[encoding]()
    pieces = list(chunks) or [b""]
    encoded = [compressor.compress(piece) + compressor.flush() for piece in pieces[:-1]]
    return (*encoded, compressor.compress(pieces[-1]) + compressor.finish())


def _zlib(window: int) -> _Compressor:
    made = zlib.compressobj(wbits=window)
    return _Compressor(made.compress, lambda: made.flush(zlib.Z_SYNC_FLUSH), made.flush)


def _brotli() -> _Compressor:
    made = _imported("brotli").Compressor(quality=4)
    return _Compressor(made.process, made.flush, made.finish)


def _zstd() -> _Compressor:
    zstandard = _imported("zstandard")
    made = zstandard.ZstdCompressor().compressobj()
    return _Compressor(made.compress, lambda: made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), made.flush)


def _imported(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as missing:
        raise ImportError(
            f"this encoding needs {package!r}, which is not installed: `pip install {package}`"
        ) from missing


_COMPRESSORS: dict[str, Callable[[], _Compressor]] = {
    "gzip": lambda: _zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _zlib(zlib.MAX_WBITS),
    "br": _brotli,
    "zstd": _zstd,
}
