"""Envelopes in, rows out: what the exporters post, checked one by one and laid out as Azure's tables."""
