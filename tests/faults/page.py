"""To come."""
from pathlib import Path
def write_page(path, runs): pass
