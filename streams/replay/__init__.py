"""Replay: any stretch of history recomputed from the input topics, day by day, apart from the live workers.

Topics are read into a spool, by buckets of record ids; each bucket's newest versions become sums by subject and day; these and
the reference records are a `scoring.line.Line`, which is read day by day. Nothing is written to Kafka or Redis.
"""
