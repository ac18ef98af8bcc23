"""The read side: what the ledger knows, asked of Azure or of the local store."""
