"""The settings file of the process."""

from __future__ import annotations

SETTINGS = """
[tags]
on_metrics = ["tenant"]

[prices.rates.priced-by-hand]
input = 1.0
output = 10.0
cache_read = 0.5
cache_write_5m = 2.0
cache_write_1h = 3.0
web_searches = 7.0

[prices.deployments.dearer-by-half]
model = "priced-by-hand"
multiplier = 1.5

[limits.limited]
requests = 1000
output = 5000

[[budgets]]
usd = 1e-6
window = "month"
tag = "tenant"
value = "acme"
"""
"""All but the tags holds only for what is asked for by these names."""
