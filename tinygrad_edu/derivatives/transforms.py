"""Derivatives of functions: grad, vjp, jvp, jacobian, hessian.

Where `backward()` fills the `grad` of leaves, these take a Python function and give back another one. Each call
evaluates the function at variables of its own and asks for their gradients alone, so transforms nest: in
`grad(lambda x: x * grad(lambda y: x + y)(1.0))(2.0)` the inner derivative, by y, knows nothing of x's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphError
from ..graph.backprop import gradients_of
from ..graph.modes import enable_grad
from ..graph.node import Node
from ..graph.order import reachable
from ..rules.composed import stack
from ..rules.elementwise import alias
from ..tensors.operands import NUMBERS
from ..tensors.tensor import Tensor
from ..tensors.value import Value

Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The gradient of a function of one or more numbers or tensors that gives a single number.

    Args:
        argnums: by which argument, or arguments (then the result is a tuple).
    Returns:
        a function of the same arguments. Numbers give a float, Values a Value, tensors and arrays a Tensor.
    Raises:
        GraphError: f gives several numbers (see `jacobian`), or something that is not a node.
    """
    both = value_and_grad(f, argnums)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Like `grad`, with the value of the function: gives (f(*args), gradient)."""

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        single = isinstance(argnums, (int, np.integer))
        call = _Call(f, args, kwargs, (argnums,) if single else argnums)  # type: ignore[arg-type]
        gradients = call.pull()
        return call.result(call.y), gradients[0] if single else gradients

    return both


def vjp(f: Function, *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Vector-Jacobian product, what reverse mode computes: (f(*args), pull); pull(g) gives gᵀ·J for each argument.

    Args:
        args: numbers, Values or tensors, at which f is differentiated.
    """
    call = _Call(f, args, {}, tuple(range(len(args))))
    return call.result(call.y), call.pull


def jvp(f: Function, args: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """Jacobian-vector product: (f(*args), J·v), the derivative of f in the direction of the tangents.

    It is made of two reverse passes: gᵀ·J is linear in g, and its derivative by g, in the direction v, is J·v.
    """
    call = _Call(f, args, {}, tuple(range(len(args))))
    g = _variable((call.y * 0.0).detach())  # at which g does not matter, as gᵀ·J is linear in it
    products = [pulled * _node(v) for pulled, v in zip(call.pull_recorded(g), tangents, strict=True)]
    sums = [product.sum() if isinstance(product, Tensor) else product for product in products]
    total = reduce(add, sums)
    push = gradients_of(total, [g], create_graph=True)[0] if total.requires_grad else None
    return call.result(call.y), call.result(_zeros_like(call.y) if push is None else push)


def jacobian(f: Function, argnum: int = 0) -> Function:
    """All partial derivatives of a tensor function: the result has shape f(x).shape + x.shape.

    One reverse pass for each element of f(x).
    """

    def of(*args: Any, **kwargs: Any) -> Any:
        call = _Call(f, args, kwargs, (argnum,))
        y = call.y
        if not isinstance(y, Tensor):
            return call.pull()[0]
        shape = y.shape + _node(args[argnum]).shape
        if not y.size:
            return Tensor(np.zeros(shape), dtype=y.dtype, device=y.backend)
        units = Tensor(np.eye(y.size).reshape(y.size, *y.shape), dtype=y.dtype, device=y.backend)
        return stack([call.pull(unit)[0] for unit in units]).reshape(shape)

    return of


def hessian(f: Function, argnum: int = 0) -> Function:
    """All second derivatives of a function that gives a single number: shape x.shape + x.shape."""
    return jacobian(grad(f, argnum), argnum)


class _Call:
    """A function evaluated at variables of our own.

    Attributes:
        y: what the function gave.
        variables: the nodes that stand for the arguments by which we differentiate.
        outer: whether y depends on the caller's own nodes too, as arguments or as something that f reached by itself.
            Then the results stay connected to these, so that an outer transform can differentiate them again.
    """

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], positions: tuple[int, ...]):
        own = list(args)
        for position in positions:
            if not -len(args) <= position < len(args):
                raise ArgumentError(f"there is no argument {position} to differentiate by: {len(args)} were given")
            own[position] = _variable(args[position])
        self.variables = [own[position] for position in positions]
        self.plain = all(isinstance(x, NUMBERS) for x in args)
        with enable_grad():  # who asks for a derivative wants f recorded, whatever goes on around it
            self.y = _result_node(f(*own, **kwargs))
        self.outer = _depends_on_more(self.y, self.variables)

    def pull(self, gradient: Any = None) -> tuple[Any, ...]:
        """gᵀ·J for each variable; g is 1 if it is left out."""
        record = self.outer or (isinstance(gradient, Node) and gradient.requires_grad)
        if record:
            return self.pull_recorded(gradient)
        return tuple(map(self.result, self._gradients(gradient, create_graph=False)))

    def pull_recorded(self, gradient: Any) -> tuple[Any, ...]:
        """gᵀ·J for each variable, as nodes that depend on g and on the caller's nodes."""
        return tuple(self._gradients(gradient, create_graph=True))

    def _gradients(self, gradient: Any, create_graph: bool) -> list[Any]:
        if not self.y.requires_grad:
            return [_zeros_like(variable) for variable in self.variables]
        found = gradients_of(self.y, self.variables, gradient, create_graph)
        return [
            _zeros_like(variable) if received is None else _like(variable, received)
            for variable, received in zip(self.variables, found, strict=True)
        ]

    def result(self, node: Any) -> Any:
        """A node as the caller gets it: connected to the caller's nodes, or cut off and plain if all arguments were."""
        if self.outer:
            return node
        constant = node.detach()
        return constant.data if self.plain and isinstance(constant, Value) else constant


def _variable(x: Any) -> Any:
    """A node of our own with the data of x, connected to x if x itself has a history."""
    node = _node(x)
    if node.requires_grad:
        return alias(node)
    return Value(node.data) if isinstance(node, Value) else Tensor(node.data, requires_grad=True, device=node.backend)


def _node(x: Any) -> Any:
    if isinstance(x, Node):
        return x
    return Value(x, requires_grad=False) if isinstance(x, NUMBERS) else Tensor(x)


def _zeros_like(node: Any) -> Any:
    """No gradient, for a node that may be infinite: 0 · inf is nan."""
    if isinstance(node, Value):
        return Value(0.0, requires_grad=False)
    return Tensor(np.zeros(node.shape), dtype=node.dtype, device=node.backend)


def _like(variable: Any, gradient: Any) -> Any:
    """A raw gradient as a node of the variable's kind."""
    if isinstance(variable, Tensor) and not isinstance(gradient, Node):
        return Tensor(gradient, device=variable.backend)
    return _node(gradient)


def _result_node(y: Any) -> Any:
    if not isinstance(y, (Node, int, float)):
        raise GraphError(f"the function to differentiate gave a {type(y).__name__}, not a number, a Value or a Tensor")
    return _node(y)


def _depends_on_more(y: Any, variables: list[Any]) -> bool:
    """Whether y depends on a leaf that is none of our variables."""
    ours = set(variables)
    return any(node.requires_grad and node.op is None and node not in ours for node in reachable(y))
