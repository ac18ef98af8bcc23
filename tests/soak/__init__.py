"""Soak and load: many calls through real sockets and real exporters; `python -m tests.soak --help`."""
