"""Hostile input and hostile surroundings: each call is compared with the same call without us."""
