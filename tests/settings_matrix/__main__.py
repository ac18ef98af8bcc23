"""`python -m tests.settings_matrix` writes the table of the matrix anew."""

from __future__ import annotations

from tests.settings_matrix.table import FILE, text

if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
