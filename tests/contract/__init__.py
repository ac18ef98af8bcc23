"""Tests of what the house promises as a whole."""
