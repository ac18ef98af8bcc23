"""Tests of the read side: ids, tickets, incidents."""
