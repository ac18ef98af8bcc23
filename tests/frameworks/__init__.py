"""Client frameworks as they are, each in an environment of its own: ``nox -s frameworks``."""
