"""Where the telemetry is kept: one writer, and as many readers as needed."""
