"""OTLP in, envelopes out: what any OpenTelemetry sender posts, as the Azure exporter would have posted it.

*Item*: a span, a log record or a metric's data point, accepted or refused alone. *Group*: the items of one
resource and scope. *Signal*: traces, logs or metrics, each with a path of its own.
"""
