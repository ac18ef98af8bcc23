"""Bytes in, facts out: no OpenTelemetry, no HTTP client, no async, and nothing here keeps a secret."""
