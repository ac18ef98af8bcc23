"""One call found by any of its ids, and the facts of it that support asks for: the command ``ticket``."""
