"""The plane that trails lie in best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu_words import _

from .trail import Trail

Array = np.ndarray[Any, Any]

FLAT = 1e-6  # a second singular value below this share of the first is rounding


class Plane(NamedTuple):
    """A plane among all weights, or a line.

    Attributes:
        centre: shape (n,), the weights at the origin.
        axes: shape (d, n), orthonormal; d is 1 or 2.
        share: Σ |part of w - centre in the plane|² / Σ |w - centre|² over all points of the trails: 1 if it holds them.
        names: what the axes are called, d of them.
        exact: the axes are the weights themselves, and nothing else can move.
    """

    centre: Array
    axes: Array
    share: float
    names: tuple[str, ...]
    exact: bool

    def places(self, weights: Array) -> Array:
        """Where weights (k, n) lie, or what lies below them: (k, d)."""
        return (weights - self.centre) @ self.axes.T

    def weights(self, places: Array) -> Array:
        """The weights (k, n) at places (k, d)."""
        return self.centre + places @ self.axes


def plane_of(trails: Sequence[Trail], names: Sequence[str] = ()) -> Plane | None:
    """The plane that trails lie in best, or the line, where they lie on one; None if no weight ever moved.

    Of one or two weights these are the axes. Else the plane goes through the end of the first trail, w₀, and its axes
    are the first two right singular vectors of the matrix whose rows are w - w₀, for all points w of all trails: of all
    planes through w₀ it has the least sum of squared distances to them (Eckart and Young, 1936). Each axis points in
    the direction in which the trails end.

    Args:
        names: of the weights, where there are one or two.
    """
    centre = trails[0].weights[-1]
    size = centre.size
    if size <= 2:
        return Plane(np.zeros(size), np.eye(size), 1.0, tuple(names), True)
    moves = np.concatenate([trail.weights for trail in trails]) - centre
    _left, singular, axes = np.linalg.svd(moves, full_matrices=False)
    if not singular[0]:
        return None
    kept = 2 if len(singular) > 1 and singular[1] > FLAT * singular[0] else 1
    axes = axes[:kept]
    onwards = np.sum([trail.weights[-1] - trail.weights[0] for trail in trails], axis=0)
    axes = np.where((axes @ onwards < 0)[:, None], -axes, axes)
    held = float((singular[:kept] ** 2).sum() / (singular**2).sum())
    return Plane(centre, axes, held, (_("first direction"), _("second direction"))[:kept], False)
