"""Mutants: mistakes put into a copy of the library on purpose, each of which a test must notice."""
