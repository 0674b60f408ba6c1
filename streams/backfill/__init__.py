"""Backfill: history recomputed by a replay, brought into a running Prometheus beside what workers export to it.

Text for `promtool` is made window by window, each becomes a block beside the others, wrong history is deleted by Prometheus
itself, and the blocks are moved in by renaming. See docs/backfill.md.
"""
