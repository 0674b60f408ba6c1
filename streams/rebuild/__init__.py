"""Rebuild: another generation of the state beside the one that speaks - seen, compared, switched to, switched back, removed."""
