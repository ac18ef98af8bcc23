"""What the library costs: instructions for each call, import time, memory of an open stream.

Run `python -m tests.benchmarks`; pytest collects nothing here. `README.md` beside this file has the method.
"""
