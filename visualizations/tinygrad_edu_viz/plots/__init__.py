"""Figures of a training and of a trained network, with matplotlib (the extra `plots`): axes in, axes out."""

from .boundary import decision_boundary
from .confusion import confusion_matrix
from .figure import MissingMatplotlib
from .learning import learning_curve
from .surface import landscape

__all__ = ["MissingMatplotlib", "confusion_matrix", "decision_boundary", "landscape", "learning_curve"]
