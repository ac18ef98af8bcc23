"""The fault matrix: what may go wrong around a call, and what must hold then.

*Row*: one kind of fault. A test says which rows it holds with ``@pytest.mark.row(number, ...)``; a row
without a test says why. "As without us" means the same bytes, the same exception and the same requests at the
server as in a run without us in the same test, for httpx and httpx2, sync and async.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fault."""

    number: int
    fault: str
    holds: str
    """What must hold."""
    also: str = ""
    """A command outside the normal test run that tries more of it."""
    needs: str = ""
    """What a machine must have, or a test of the row is skipped and says so."""


TRUST: Final = "nox -s trust"
BENCHMARKS: Final = "python -m tests.benchmarks --check"

ROWS: Final = (
    Row(1, "connection refused", "as without us; one failed span that names the socket error"),
    Row(2, "name that nobody knows", "as without us; no secret of the URL is kept"),
    Row(3, "timeout while connecting", "as without us"),
    Row(4, "timeout before the headers", "as without us; the attempt records that no answer came"),
    Row(5, "timeout in mid-stream", "as without us; counters so far are kept and marked incomplete"),
    Row(6, "no free connection in the pool", "as without us; not sent; the held connection is freed"),
    Row(7, "reset in mid-stream", "as without us; the pieces so far are intact"),
    Row(8, "chunked body that is cut", "as without us; truncated"),
    Row(9, "body shorter than it said", "as without us; truncated"),
    Row(10, "answer that is no HTTP", "as without us; no answer"),
    Row(11, "hang-up on a connection that is used again", "as without us; no request of ours"),
    Row(12, "certificate nobody trusts", "as without us; no text of the certificate is kept"),
    Row(13, "HTTP/2 stream reset, connection given up", "as without us; each stream has its own span"),
    Row(14, "redirect, endless redirect", "as without us; each hop is an attempt of one call"),
    Row(15, "auth flow that sends again", "as many exchanges as without us; each is an attempt"),
    Row(16, "proxy, mounts, NO_PROXY", "routed as without us, and seen"),
    Row(17, "401 and 403 that repeat the credentials", "they stand in no span, log line or terminal"),
    Row(18, "429 with retry-after", "the same waits and the same number of requests"),
    Row(19, "5xx, also as HTML", "as without us; reported as what it is"),
    Row(20, "error event behind a 200", "the same exception of the SDK; the span failed"),
    Row(21, "any function of ours raises", "as without us; one request; at most one log line a minute"),
    Row(22, "span or log processor that raises", "as without us; other signals go on"),
    Row(23, "sampler or provider that raises", "as without us, or an error at set-up"),
    Row(24, "exporter that raises or has no memory", "as without us"),
    Row(25, "exporter that hangs", "calls do not wait for it; the queue is bounded"),
    Row(26, "ingestion that refuses for ever", "memory and disk are bounded, losses counted; calls go on"),
    Row(27, "ingestion: 206, 307, 308, 402, 439, 429", "only what may be sent again is sent again"),
    Row(28, "ingestion that takes a batch and hangs up", "each item arrives at least once, at most twice"),
    Row(
        29,
        "storage on a full or read-only disk, or somebody else's",
        "calls and exports go on; each loss is counted; a refused folder is reported once",
        needs="root, and a tmpfs that may be mounted",
    ),
    Row(30, "symbolic link in place of the storage", "nothing is written behind it"),
    Row(
        31, "kill -9 while a batch is written to disk", "no half batch is read; at most the last one is lost"
    ),
    Row(32, "SIGTERM, SIGINT", "handlers of the application run untouched; the flush is bounded"),
    Row(33, "worker that ends by os._exit", "no hang; what is lost is documented"),
    Row(34, "fork while threads are busy", "the child works; nothing is reported twice"),
    Row(35, "fork of a fork, fork with an open stream", "one process alone reports that stream"),
    Row(36, "gunicorn, with preload and without", "records of each worker arrive"),
    Row(37, "exit with a stream nobody closed", "the exit code and stderr are as without us"),
    Row(38, "exit while the exporter hangs", "within the documented bound"),
    Row(
        39,
        "import again, import in a sub-interpreter",
        "attempts are reported once",
        needs="Python 3.11, the last whose sub-interpreters load msgspec",
    ),
    Row(40, "stream read to its end", "one span with the final counters"),
    Row(41, "stream left: closed, broken off, dropped", "one span, abandoned; connection as without us"),
    Row(42, "exception in the user's own loop", "as without us; no failure of the service"),
    Row(43, "body read twice, read after a break", "as without us"),
    Row(44, "server that waits for the first piece to be read", "nothing is held back"),
    Row(45, "each way of reading a body", "same pieces, counters and elapsed"),
    Row(46, "answer that was read already", "as without us; its usage is found"),
    Row(47, "cancellation in four forms", "at once; the span ends; pool as without us"),
    Row(48, "cancellation while the body is closed", "the inner close still runs"),
    Row(49, "stream resumed in another task", "no context is left behind"),
    Row(50, "user's span between two pieces", "it is no child of ours"),
    Row(51, "120 calls over 12 threads", "nothing of one call in the record of another"),
    Row(52, "1000 calls at once", "as without us; below 8 KiB for each open call"),
    Row(53, "client over two event loops", "as without us"),
    Row(
        54,
        "green threads of gevent and eventlet",
        "no dead-lock; other green threads go on",
        needs="gevent and eventlet",
    ),
    Row(55, "signal handler or finalizer in the midst of us", "no dead-lock, nothing lost"),
    Row(56, "hooks of the user", "same order and number; their lists are unchanged"),
    Row(57, "hooks replaced after instrument()", "nothing breaks; attempts are still reported"),
    Row(58, "switched on twice, off, with other instrumentors", "one span of ours; all originals come back"),
    Row(59, "spans of the SDK on and off", "tokens are reported once"),
    Row(60, "client subclass, transport with slots", "works and is seen"),
    Row(61, "pickled answer, copied SDK client", "as without us; seen once"),
    Row(62, "request body that is a generator, a file, huge", "not read by us; memory flat"),
    Row(63, "gzip, deflate, br, zstd, stacked", "same bytes; usage is right"),
    Row(64, "compression that is broken", "the same DecodingError"),
    Row(65, "decompression bomb", "below 6 MB on top of the client's own"),
    Row(66, "stream without a newline, 32 MiB", "below 6 MB; linear work"),
    Row(67, "every cut and spelling of a stream", "the counters of the uncut stream"),
    Row(68, "random bytes", "readers never raise and stay small", also=TRUST),
    Row(69, "deep JSON, huge numbers, NaN, wrong types", "a valid count or none"),
    Row(70, "usage missing, null, repeated, with new keys", "absent, never zero, no error"),
    Row(71, "surrogates, NUL, bad UTF-8, 2 MB names", "every attribute encodes and is short"),
    Row(72, "ids with control characters, duplicates, 60 KB", "printable, at most 128; one log line"),
    Row(73, "id or name as KQL, HTML, formula, JSON", "refused, or one literal; shown as text"),
    Row(74, "secrets everywhere a secret may be", "in no span, metric, log, terminal, file"),
    Row(75, "key in an exception or in the repr of settings", "not shown"),
    Row(76, "claims of a token", "none is kept, in no encoding"),
    Row(77, "20,000 ids, models, deployments", "a fixed number of series; the rest is `other`"),
    Row(78, "reserved keys of logging, keys that are no text", "no exception; nothing replaced"),
    Row(79, "logging handler that raises or calls Claude", "no recursion; as without us"),
    Row(80, "wall clock that jumps", "durations come from the monotonic clock"),
    Row(81, "bad configuration", "fails at set-up or warns; later calls work"),
    Row(82, "httpx or httpx2 missing, OpenTelemetry without parts", "works, or a clear error at import"),
    Row(83, "private names of the families gone", "as without us; one warning"),
    Row(84, "local server: wrong host, origin, path, size, pace", "4xx; nothing read; bounded"),
    Row(85, "cost of a call and of a piece", "below the budgets, in instructions", also=BENCHMARKS),
    Row(86, "soak: 50,000 calls, a tenth abandoned", "memory flat; nothing left open", also=TRUST),
    Row(
        87,
        "free-threaded interpreter",
        "rows 51 and 55 hold without the lock of the interpreter",
        needs="a free-threaded build of Python",
    ),
    Row(88, "log line made while a lock of the SDK is held", "nobody waits for that lock; the line arrives"),
    Row(
        89,
        "small limits for attributes, logs sampled with traces",
        "the ledger is whole; spans hold what fits",
    ),
    Row(90, "copies and pickles of clients and requests", "as without us"),
    Row(91, "garbage collector", "no attempt leaves anything for it"),
    Row(92, "clients imported late, in any order, `alias_httpx()`", "as without us, and seen"),
)
