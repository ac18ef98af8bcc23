"""The read side: from an id, an exception or a time to the cause, the fault and the next step."""
