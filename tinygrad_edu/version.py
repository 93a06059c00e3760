"""The version, which is written into every file that is kept."""

__version__ = "0.1.0"
