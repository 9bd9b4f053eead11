"""Benchmarks of the client: ``python -m benchmarks [import] [memory] [group]``, with a real registry."""
