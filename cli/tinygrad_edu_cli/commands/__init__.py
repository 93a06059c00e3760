"""The commands as click sees them: options, help, and what calls what. The rest is imported when a command runs."""
