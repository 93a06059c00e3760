"""The real CuPy on an emulated device: a GPU that is a loop in the host's memory. See README.md."""
