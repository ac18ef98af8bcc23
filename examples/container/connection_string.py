"""Prints the connection string of a local Azure Monitor: ``python connection_string.py http://127.0.0.1:4319``.

The server's access token is in ``FOUNDRY_TELEMETRY_LOCAL_TOKEN``. Needs nothing but Python.
"""

import json
import os
import sys
from urllib.request import Request, urlopen


def main() -> None:
    headers = {"Authorization": f"Bearer {os.environ['FOUNDRY_TELEMETRY_LOCAL_TOKEN']}"}
    request = Request(f"{sys.argv[1]}/status.json", headers=headers)  # noqa: S310 - the address is given
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        print(json.load(answer)["connection_string"])


if __name__ == "__main__":
    main()
