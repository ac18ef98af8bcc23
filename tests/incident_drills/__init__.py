"""Drills for `foundry-telemetry incident`: what goes wrong has a truth, and the answer is judged by it."""
