"""Request and response logs: opt-in, redacted, budgeted."""
