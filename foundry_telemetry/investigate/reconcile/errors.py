"""The one error of reading a cost export."""

from __future__ import annotations


class ExportError(Exception):
    """A file is no cost export, or cannot be read for sure.

    The message has the file, the line where there is one, what was expected, and what repairs it.
    """
