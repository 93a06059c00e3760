"""The loss as a landscape, and the trails that runs left on it: the calculation, without any drawing."""

from .landscape import Landscape

__all__ = ["Landscape"]
