"""Measures registries beside each other. The entry is __main__.py; Benchmarks/run starts it."""
