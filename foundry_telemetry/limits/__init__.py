"""How much of a quota or a budget this process has used: warnings and metrics, never a blocked call."""
