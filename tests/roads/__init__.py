"""The roads by which a ledger event reaches a workspace: the same answers by each, and each attempt once."""
