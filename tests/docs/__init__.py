"""The documentation: its snippets run, its screens are real, its links lead somewhere."""
