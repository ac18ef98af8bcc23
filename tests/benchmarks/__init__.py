"""What the library costs: instructions and bytes of a call, import time, memory of an open stream.

Run `python -m tests.benchmarks`; pytest collects only what reads the measurements.
`README.md` has the method.
"""
