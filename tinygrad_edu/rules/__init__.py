"""Every operation: its forward rule and its derivative, each written once."""
