"""Transports that retry, as people write them and as packages bring them, for both families."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import httpx_retries

from tests.support.families import Family

RETRIED = (429, 529, 503)


def _is_final(response: Any) -> bool:
    return response.status_code not in RETRIED


@cache
def _wrapping(family: ModuleType) -> type[Any]:
    class Wrapping(family.BaseTransport, family.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        """Wraps another transport; closes an answer it does not want, as tenacity's transports do."""

        def __init__(
            self, inner: Any, *, tries: int = 3, change: Callable[[Any], Any] = lambda one: one
        ) -> None:
            self.inner = inner
            self.tries = tries
            self.change = change

        def handle_request(self, request: Any) -> Any:
            for attempt in range(self.tries):
                try:
                    response = self.inner.handle_request(self.change(request))
                except family.TransportError:
                    if attempt + 1 == self.tries:
                        raise
                    continue
                if _is_final(response) or attempt + 1 == self.tries:
                    return response
                response.close()
            raise AssertionError

        async def handle_async_request(self, request: Any) -> Any:
            for attempt in range(self.tries):
                try:
                    response = await self.inner.handle_async_request(self.change(request))
                except family.TransportError:
                    if attempt + 1 == self.tries:
                        raise
                    continue
                if _is_final(response) or attempt + 1 == self.tries:
                    return response
                await response.aclose()
            raise AssertionError

        def close(self) -> None:
            self.inner.close()

        async def aclose(self) -> None:
            await self.inner.aclose()

    return Wrapping


@cache
def _derived(family: ModuleType) -> tuple[type[Any], type[Any]]:
    class Sync(family.HTTPTransport):  # type: ignore[name-defined,misc]
        """Retries by calling the method of its own base class."""

        def handle_request(self, request: Any) -> Any:
            for _ in range(2):
                response = super().handle_request(request)
                if _is_final(response):
                    return response
                response.read()  # some read the body to decide
                response.close()
            return super().handle_request(request)

    class Async(family.AsyncHTTPTransport):  # type: ignore[name-defined,misc]
        """The same for async clients."""

        async def handle_async_request(self, request: Any) -> Any:
            for _ in range(2):
                response = await super().handle_async_request(request)
                if _is_final(response):
                    return response
                await response.aread()
                await response.aclose()
            return await super().handle_async_request(request)

    return Sync, Async


def leaf(family: Family) -> Any:
    """The family's own transport."""
    module = family.module
    return module.AsyncHTTPTransport() if family.is_async else module.HTTPTransport()


def wrapping(family: Family, inner: Any = None, **options: Any) -> Any:
    """A transport that sends up to three times through another, by default through the family's own."""
    return _wrapping(family.module)(leaf(family) if inner is None else inner, **options)


def derived(family: Family) -> Any:
    """A subclass of the family's own transport."""
    return _derived(family.module)[family.is_async]()


def nested(family: Family) -> Any:
    """A transport that changes nothing around one that retries."""
    return wrapping(family, wrapping(family), tries=1)


def rebuilding(family: Family) -> Any:
    """Builds a request of its own for every attempt."""

    def rebuilt(request: Any) -> Any:
        return family.module.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    return wrapping(family, change=rebuilt)


def packaged(family: Family) -> Any:
    """httpx-retries, which knows httpx alone."""
    retry = httpx_retries.Retry(
        total=2,
        allowed_methods=["POST"],
        status_forcelist=RETRIED,
        backoff_factor=0,
        respect_retry_after_header=False,
    )
    return httpx_retries.RetryTransport(transport=leaf(family), retry=retry)


KINDS: dict[str, Callable[[Family], Any]] = {
    "wrapping": wrapping,
    "derived": derived,
    "nested": nested,
    "rebuilding": rebuilding,
    "httpx-retries": packaged,
}
