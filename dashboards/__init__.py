"""Boards and rules as code; they know what is published (`schemas`), not how it is computed."""
