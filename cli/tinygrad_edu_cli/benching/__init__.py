"""The CPU against a GPU, over sizes."""
