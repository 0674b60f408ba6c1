"""The fault suite: a whole installation on a real Kafka, something that goes wrong, and every figure equal to the oracle's.

`python -m tests.faults --help`; what a run found is in docs/reliability.md.
"""
