"""A trace as a page of HTML that steps through it, and in a notebook."""
