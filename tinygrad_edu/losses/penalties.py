"""Penalties on the size of parameters, to be added to a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..graph.node import Node
from ..namespaces.objects import as_object, is_value
from ..precision import HALF, is_half, widened
from ..rules import functional


def l1(parameters: Any) -> Any:
    """Σ |w| over all parameters: it drives weights to exactly 0 (the lasso, Tibshirani 1996).

    Args:
        parameters: tensors or Values, `model.parameters()`; or a single one.
    Returns:
        a number in the graph: `loss = loss + 1e-4 * tg.losses.l1(model.parameters())`.
    Raises:
        ArgumentError: there are none.
    """
    return _total(functional.abs, parameters, "l1")


def l2(parameters: Any) -> Any:
    """Σ w² over all parameters: it keeps weights small (ridge regression, Hoerl & Kennard 1970).

    An optimizer's `weight_decay=d` is the gradient of ½ d · l2(parameters). Arguments and errors as in `l1`.
    """
    return _total(functional.square, parameters, "l2")


def _total(penalty: Callable[[Any], Any], parameters: Any, name: str) -> Any:
    items: list[Any] = [parameters] if isinstance(parameters, Node) else list(parameters)
    if not items:
        raise ArgumentError(f"{name}: there are no parameters; give model.parameters()")
    if is_value(items[0]):
        return functional.sum(penalty(as_object(items)))
    first, *others = [functional.sum(penalty(item)) for item in map(widened, items)]
    for other in others:
        first = first + other
    return first.astype(HALF) if is_half(items[0]) else first
