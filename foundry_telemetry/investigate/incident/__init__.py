"""What fails, who has to act, since when, who is affected, and the next step: the command ``incident``."""
