"""What others rely on: records read, scores published, topics and metrics declared.

Needs pydantic and the standard library alone, and imports none of the other packages.
"""
