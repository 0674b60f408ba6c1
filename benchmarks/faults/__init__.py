"""How others fare under the same faults: the smallest job that has upscore's shape, written as a careful user would.

Records keyed by their id -> by rep -> a count by rep and day in a table -> each changed count to an output topic. A reader
of committed data keeps the newest count of each rep and day. Every record has an id of its own and is sent once, so
nothing has to be corrected: what is missing in the end was lost, what is too much was counted twice.
"""
