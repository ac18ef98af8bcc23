"""What can go wrong."""


class UnmappedError(ValueError):
    """The layout has something that no table here puts into Grafana's words."""
