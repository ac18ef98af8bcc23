"""Who spent what, what will the month cost, what was spent in vain, and does the invoice say the same."""
