"""Lessons as Markdown, read into parts."""
