"""The schema: every name that this library emits, one row each. What lists fields is made from it.

*Field*: an attribute of spans and metrics, or a field of the ledger event; `field_table` has all of them, and
`metric_table` the metrics. *Row*: what is known of one name. *Constraint*: what a value can be at most.
*Signal*: where a name goes: the span, a metric or its attributes, the ledger event, a line of the log.
`inventory` is all of it, as ``foundry-telemetry audit`` prints it.

A new field is two edits: where it is read from the wire, and its row. `python -m dashboards.builder build`
then writes the files that are made from the table.
"""
