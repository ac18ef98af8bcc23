"""Drills for `foundry-telemetry incident`: what goes wrong is made with its truth, and the answer is judged."""
