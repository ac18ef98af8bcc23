"""Builds the documentation site: ``python -m docs.builder``.

The pages of `docs/` and some pages of the repository are copied to `build/site`, the reference is made from
the code beside them, and zensical makes HTML of it, strictly. Nothing that is made stands in the repository.
"""
