"""Lessons outside of the terminal: as notebook, as page, as Python file; for the site, too."""
