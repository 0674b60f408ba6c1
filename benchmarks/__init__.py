"""How fast upscore is, beside what else does the same job on the same machine: `python -m benchmarks`."""
