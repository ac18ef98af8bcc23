"""`FakeFoundry`, which plays Claude in Microsoft Foundry."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.recorded_responses import SHORT_RETRY_S
from foundry_telemetry.testing.script import Item, Play, Respond
from foundry_telemetry.testing.transports import make_transport

if TYPE_CHECKING:
    import httpx
    import httpx2

    from foundry_telemetry.testing.loopback import Loopback

    class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
        """What `FakeFoundry.transport` makes for httpx."""

    class Httpx2Transport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
        """What `FakeFoundry.transport` makes for httpx2."""


class FakeFoundry:
    """Claude in Microsoft Foundry, played from a script.

    As a context manager it is a real server on loopback; `transport` answers inside the process instead. The
    script is shared by both.

    Args:
        script: Items played in order, one for each request; the last is repeated. An item is a status (200
            answers in the requested form), the id of a recorded answer, a `FakeResponse`, an exception, or
            one of ``connect_error``, ``connect_timeout``, ``pool_timeout``, ``read_error``, ``read_timeout``,
            ``remote_protocol_error``, ``write_error``. One item alone will do. A callable is given each
            request and returns an item.
        retry_after_s: Seconds that a 429 of the script asks to wait; ``None`` for the recorded wait.
        piece_size: Send bodies in pieces of at most this many bytes.
        port: Of the server; any free one by default.

    Raises:
        TypeError, ValueError: The script has an item that is not understood.
    """

    def __init__(
        self,
        script: Item | Iterable[Item] | Respond = (200,),
        *,
        retry_after_s: float | None = SHORT_RETRY_S,
        piece_size: int | None = None,
        port: int = 0,
    ) -> None:
        if piece_size is not None and piece_size < 1:
            raise ValueError(f"piece_size={piece_size!r}: expected at least 1 byte, or None")
        self._play = Play(script, retry_after_s=retry_after_s)
        self._piece_size = piece_size
        self._wanted_port = port
        self._loopback: Loopback | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        """Start the server.

        Raises:
            ImportError: The server's packages are not installed.
            OSError: The port is in use.
            ValueError: The script has an item that a server cannot play.
            RuntimeError: The server runs already.
        """
        if self._loopback is not None:
            raise RuntimeError(f"{self!r} is already running: expected one `with` at a time")
        self._loopback = _loopback(self._play, self._piece_size, self._wanted_port)
        self._port = self._loopback.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server; connections that are still open are dropped."""
        if self._loopback is not None:
            self._loopback.stop()
            self._loopback = None

    def __repr__(self) -> str:
        where = "not started" if self._port is None else self.host
        return f"FakeFoundry({where}, requests: {len(self.requests)})"

    @property
    def host(self) -> str:
        """``127.0.0.1:PORT``. Stays readable after the server stopped: a call then fails to connect.

        Raises:
            RuntimeError: The server was never started.
        """
        if self._port is None:
            raise RuntimeError("no address yet: expected `with FakeFoundry(...) as foundry:`")
        return f"127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """The base URL for ``AnthropicFoundry(base_url=...)``; raises as `host` does."""
        return f"http://{self.host}/anthropic"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that came so far, in order: a list of your own."""
        return self._play.requests

    def wait_for_requests(self, count: int, timeout: float = 5.0) -> list[ReceivedRequest]:
        """Wait until this many requests came, and return all that did.

        Args:
            count: How many.
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: They did not come in time.
        """
        return self._play.wait_for(count, timeout)

    @overload
    def transport(self, family: Literal["httpx"]) -> HttpxTransport: ...
    @overload
    def transport(self, family: Literal["httpx2"]) -> Httpx2Transport: ...
    @overload
    def transport(self, family: ModuleType) -> Any: ...
    def transport(self, family: str | ModuleType) -> Any:
        """A transport that answers inside the process, for sync and async clients alike.

        Args:
            family: The module ``httpx`` or ``httpx2``, or its name; imported on first use.

        Raises:
            ValueError: The family is neither.
            ImportError: The family is not installed.
        """
        from foundry_telemetry.instrumentation.families import FAMILY_NAMES  # noqa: PLC0415 - a server needs none

        module = import_module(family) if isinstance(family, str) and family in FAMILY_NAMES else family
        if not isinstance(module, ModuleType) or not hasattr(module, "AsyncBaseTransport"):
            expected = ", ".join(map(repr, FAMILY_NAMES))
            raise ValueError(f"unknown family {family!r}: expected {expected}, or one of the modules")
        return make_transport(module, self._play, self._piece_size)


def _loopback(play: Play, piece_size: int | None, port: int) -> Loopback:
    """A running server, its packages imported only now."""
    try:
        from foundry_telemetry.testing.loopback import Loopback  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"the server of FakeFoundry needs {missing.name!r}: expected it to be installed; run "
            "`pip install 'foundry-telemetry[testing]'`"
        ) from missing
    return Loopback(play, piece_size, port)
