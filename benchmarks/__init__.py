"""Benchmarks: the engines side by side in one process. `python -m benchmarks --help`."""
