"""`python -m tests.page.charts` builds the page's chart library anew."""

from __future__ import annotations

import sys

from dashboards.builder.kusto.package import installed
from tests.page.charts import BUNDLE, PROJECT, build

if __name__ == "__main__":
    done = build(installed(PROJECT), BUNDLE)
    sys.exit(done.complaint or 0)
