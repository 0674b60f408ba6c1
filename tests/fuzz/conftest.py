"""Atheris is no dependency of the tests, so its harness is not looked into for doctests."""

collect_ignore = ["atheris_codec.py"]
