"""How much memory the local Azure Monitor may take: by the machine, or as its user sets it.

*Share*: what the process may have in all. DuckDB counts its buffers itself and keeps to a part of the share;
lists and long texts it does not count, so the queries watch the process besides. (A limit of the system's own
does not do: where it refuses memory, DuckDB's JSON functions end the process.)
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MIB: Final = 2**20
LEAST: Final = 512
"""Mebibytes below which the queries of the page do not run."""
LARGEST_SHARE: Final = 1_200
"""Mebibytes that are taken unasked, however large the machine is."""

_PART: Final = 4
"""The machine's memory by this is the share."""
_BUFFERS: Final = 16 / 75
"""The part of the share that DuckDB's buffers may take. It also holds what it knows of each column of each
row group, 200 MB of ten million rows. `incident` over those takes 676 MB with 256 MiB for buffers, which is
this part of the largest share; 695 MB with 280 MiB and 813 MB with 400 MiB, in no less time."""
_NOT_ON_DISK: Final = 7 / 12
"""The same for a store in memory, whose rows are among the buffers."""
_GROUPS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_STATM: Final = Path("/proc/self/statm")


def share_of_machine() -> int:
    """The share in mebibytes where nobody sets it: a quarter of what the machine, or the container, has."""
    return max(LEAST, min(LARGEST_SHARE, min(_limits()) // MIB // _PART))


def buffers(share: int, *, in_memory: bool) -> str:
    """DuckDB's ``memory_limit``.

    Args:
        share: In mebibytes.
        in_memory: Whether the rows are not on disk.
    """
    return f"{round(share * (_NOT_ON_DISK if in_memory else _BUFFERS))}MiB"


def resident() -> int:
    """Bytes of memory that the process has at the moment; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _limits() -> list[int]:
    found = [64 * 1024 * MIB]
    with suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _GROUPS:
        with suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    return found
