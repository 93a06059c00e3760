"""What is kept on disk: written whole or not at all, and read as if every file were hostile.

- `files.py` writes: a file is replaced in one moment, and lasts.
- `documents.py` reads: JSON and bytes, strictly, and no more than there is room for.
- `schema.py` says what a document must hold, as tables that look like it.
- `arrays.py` is both for states: nested dictionaries as JSON, with their arrays as safetensors beside it.
"""
