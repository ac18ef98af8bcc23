"""`python -m tests.fault_injection` writes its tables and those of the servers; lists rows without a test."""

from __future__ import annotations

import sys

from tests.delivery import table as servers
from tests.fault_injection.matrix import ROWS
from tests.fault_injection.table import README, held, problems, readme


def main() -> int:
    """Write both README.md; the exit code is 1 when a row is not held."""
    found = held()
    README.write_text(readme(ROWS, found), "utf-8")
    servers.README.write_text(servers.readme(), "utf-8")
    reported = problems(ROWS, found)
    for problem in reported:
        print(problem, file=sys.stderr)  # noqa: T201  # a command
    return bool(reported)


if __name__ == "__main__":
    sys.exit(main())
