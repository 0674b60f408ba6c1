"""The maths of upscore: plain, clockless, I/O-free Python that the streams feed and the tests check.

Read in this order: `facts` (what a record says), `ledger` (which version counts), `panes` (sums a day), `windows` (sums a
window), `kpi` (figures), `utility` and `score` (the score); `oracle` does the same by brute force.
"""
