"""HTTP in and out: ingestion, the Log Analytics query API, the page, all behind one guard."""
