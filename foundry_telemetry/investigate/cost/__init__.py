"""Who spent what, what will the month cost, what was wasted, and whether the invoice matches."""
