"""The worker's own board in a real browser: what its pages show, to whom, and that nobody else gets in."""
