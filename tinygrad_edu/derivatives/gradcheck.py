"""gradcheck: is a derivative right? Compare it with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GradientCheckError
from ..rules.structural import sum as total
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from .transforms import grad, jacobian


def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    order: int = 1,
    raise_exception: bool = True,
) -> bool:
    """Compare the derivatives of `f` with central differences, (f(x + eps) - f(x - eps)) / 2 eps, in float64.

    Args:
        f: a function of numbers or tensors.
        inputs: where to check: numbers or Values for a scalar function, arrays or tensors for a tensor function.
        eps: the step. The error of a central difference is of order eps², its rounding of order 1e-16 / eps.
        atol, rtol: a derivative d passes if |analytic - numeric| <= atol + rtol · |numeric|.
        order: 2 also checks the derivative of the derivative, of f's projection on a fixed direction.
        raise_exception: False to get False instead of an error.
    Returns:
        True if all derivatives agree.
    Raises:
        GradientCheckError: with the input, the element and both numbers of the largest difference.
    """
    points = [_point(x) for x in inputs]
    try:
        _compare(f, points, eps, atol, rtol, "the derivative")
        if order == 2:
            for k in range(len(points)):
                _compare(_gradient_of_projection(f, k), points, eps, atol, rtol, "the second derivative")
    except GradientCheckError:
        if raise_exception:
            raise
        return False
    return True


def _point(x: Any) -> Any:
    """An input in float64: a float for a scalar function, else a tensor."""
    if isinstance(x, Tensor):
        return Tensor(x.numpy(), dtype="float64", device=x.backend)
    return float(x) if isinstance(x, (int, float, Value)) else Tensor(x, dtype="float64")


def _compare(f: Callable[..., Any], points: list[Any], eps: float, atol: float, rtol: float, what: str) -> None:
    for k, point in enumerate(points):
        numeric = _differences(f, points, k, eps)
        analytic = _host(jacobian(f, k)(*points)).reshape(numeric.shape)
        error = np.abs(analytic - numeric) - (atol + rtol * np.abs(numeric))
        if error.size and not (error <= 0).all():
            row, column = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
            place = np.unravel_index(column, _host(point).shape)
            raise GradientCheckError(
                f"{what} of output element {row} by input {k}{list(map(int, place)) or ''} is "
                f"{analytic[row, column]:.8g} by its rule, {numeric[row, column]:.8g} by finite differences"
            )


def _differences(f: Callable[..., Any], points: list[Any], k: int, eps: float) -> np.ndarray:
    """The Jacobian by input k, shape (outputs, inputs), by central differences."""
    x = _host(points[k])
    columns = []
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = eps
        ends = [_host(f(*points[:k], _moved(points[k], x + sign * step), *points[k + 1 :])) for sign in (1, -1)]
        columns.append((ends[0] - ends[1]).ravel() / (2 * eps))
    return np.stack(columns, axis=1) if columns else np.zeros((_host(f(*points)).size, 0))


def _moved(point: Any, data: np.ndarray) -> Any:
    return Tensor(data, device=point.backend) if isinstance(point, Tensor) else float(data)


def _gradient_of_projection(f: Callable[..., Any], k: int) -> Callable[..., Any]:
    """The gradient by input k of f's projection on a fixed direction: what differentiates a derivative rule itself."""

    def projection(*points: Any) -> Any:
        y = f(*points)
        if not isinstance(y, Tensor):
            return y
        direction = np.cos(np.arange(y.size, dtype=y.dtype)).reshape(y.shape)
        return total(y * Tensor(direction, device=y.backend))

    return grad(projection, k)


def _host(x: Any) -> np.ndarray:
    return x.numpy() if isinstance(x, Tensor) else np.asarray(float(x), dtype="float64")
