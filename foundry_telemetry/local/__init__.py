"""An Azure Monitor on loopback: the unchanged exporter posts to it, unchanged KQL runs on it.

Install with ``pip install 'foundry-telemetry[local]'``.
"""
