"""Broadcasting, undone."""

from __future__ import annotations

from typing import Any

from ..precision import widened


def unbroadcast(xp: Any, gradient: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: an element that was repeated receives the sum of the gradients of its copies.

    Args:
        gradient: of the shape that `shape` was broadcast to.
    Returns:
        the gradient summed over every repeated axis, of shape `shape`; one of float16 is added up in float32.
    """
    if gradient.shape == shape:
        return gradient
    gradient = widened(gradient)
    added = gradient.ndim - len(shape)
    if gradient.shape[added:] == shape:
        return xp.sum(gradient, axis=0 if added == 1 else tuple(range(added)))  # NumPy is faster with a number
    stretched = [added + axis for axis, n in enumerate(shape) if n == 1 and gradient.shape[added + axis] != 1]
    summed = xp.sum(gradient, axis=(*range(added), *stretched))
    return xp.reshape(summed, shape) if stretched else summed
