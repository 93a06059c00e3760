"""What a learner's session knows and does, whatever shows it: lines, JSON, a screen or a notebook."""
