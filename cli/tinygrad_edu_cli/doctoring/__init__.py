"""What this machine has of what the package can use, and what to type for the rest."""
