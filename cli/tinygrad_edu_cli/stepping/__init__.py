"""What `step` shows and asks, line by line, and the files that it writes."""
