"""The cost that Azure billed against the ledger: cost exports, compared day by day, and what explains it."""
