"""Namespaces: where a rule finds its functions.

A rule says `xp.exp(a)` or `xp.sigmoid(a)` and does not know what `a` is. The namespace of a kind of operand looks the
name up in a library for that kind (`floats.py`, NumPy, CuPy, the public functions of this package); what the library
lacks is another rule of the registry, read with this same namespace.

    FLOATS    Python floats                        -> the scalar engine
    Backend   NumPy and CuPy arrays (backends/)    -> tensors
    Graph     Values and Tensors themselves        -> gradients that can be differentiated again
    OBJECTS   NumPy object arrays holding Values   -> a tensor computation taken apart into scalars
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..graph.broadcast import unbroadcast
from ..graph.operation import FUNCTIONS, REGISTRY
from . import floats

PARTS: dict[str, Callable[..., Any]] = {}  # of rules (`rules/fused.py`), in plain steps, by their names


def part(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of (xp, operands) a part of rules: these call it as `xp.NAME(operands)`, and a backend may have a
    method of that name, to be faster."""
    PARTS[plain.__name__] = plain
    return plain


class Namespace:
    """The functions of `library`, and the rules of the registry for what it lacks.

    Raises:
        AttributeError: neither the library nor the registry knows the name.
    """

    is_host = True  # the data lie in the host's memory, so that functions need no `run`
    guarded = False
    fuses = False  # it may compute what an operand receives at once, by `slope`

    def __init__(self, library: Any):
        self.library = library

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "library" not in self.__dict__:
            raise AttributeError(name)
        found = partial(PARTS[name], self) if name in PARTS else self.find(name)
        setattr(self, name, found)  # the next lookup finds it without coming here
        return found

    def find(self, name: str) -> Any:
        if hasattr(self.library, name):
            return getattr(self.library, name)
        if name in REGISTRY:
            return partial(REGISTRY[name].forward, self)
        raise AttributeError(f"neither {self.library.__name__} nor the registry of operations has '{name}'")

    # Calls a function where the data lies: a machine with several GPUs computes on the one that is current.
    run: Any = operator.call

    def guard(self) -> Guarded:
        """The same namespace, in which nothing is made of no gradient."""
        return Guarded(self)

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule: upstream gradient times local derivative."""
        return upstream * local

    def slope(self, op: Any, position: int, upstream: Any, y: Any, operands: Any, attrs: Any) -> Any:
        """What the operand at `position` receives, of an operation whose rules compute elements or lines, at once; None
        where the rule is to be read call by call. Asked for only where a namespace `fuses`."""

    def damped(self, a: Any, factor: Any) -> Any:
        """a · factor, for a factor that goes to 0 faster than a to infinity: where it is 0, so is the product."""
        return self.where(factor == 0, 0.0, a * factor)

    def indicator(self, condition: Any, *operands: Any) -> Any:
        """1 where a condition on some operands holds, else 0; in the dtype of the operands."""
        return self.where(condition, 1.0, 0.0)

    def settle(self, upstream: Any, gradient: Any) -> Any:
        """What a vjp gave, once more before it is used, where `guarded`."""
        return gradient

    def fit(self, gradient: Any, operand: Any) -> Any:
        """Give a gradient the shape and dtype of the operand that it belongs to."""
        return gradient


class Graph(Namespace):
    """The public functions, which record; what they lack (constants such as `ones`) comes from the tensors' backend."""

    def __init__(self, backend: Any = None):
        super().__init__(backend)

    def find(self, name: str) -> Any:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        return REGISTRY[name].function if name in REGISTRY else getattr(self.library, name)

    def fit(self, gradient: Any, operand: Any) -> Any:
        if self.library is None:  # Values have neither shape nor dtype
            return gradient
        gradient = unbroadcast(self, gradient, operand.shape)
        return gradient if gradient.dtype == operand.dtype else gradient.astype(operand.dtype)


class Objects(Namespace):
    """Elementwise operations one by one on each element; structural ones by NumPy on the object array."""

    def find(self, name: str) -> Any:
        if name in REGISTRY and REGISTRY[name].elementwise:
            function = REGISTRY[name].function

            def each(*operands: Any, **attrs: Any) -> Any:
                if not any(isinstance(operand, np.ndarray) for operand in operands):
                    return function(*operands, **attrs)
                return np.frompyfunc(partial(function, **attrs), len(operands), 1)(*operands)

            return each
        return super().find(name)

    def scatter_add(self, a: Any, index: Any, shape: tuple[int, ...]) -> Any:
        result = np.zeros(shape, dtype=object)
        np.add.at(result, index, a)
        return result


class Guarded(Namespace):
    """Another namespace, in which 0 · inf and 0 · nan are 0 in the chain rule.

    The backward pass reads rules with it behind a `where`: in `where(x > 0, log(x), 0)` at x = 0 the branch not taken
    has an infinite slope, and receives no gradient; no gradient times any slope is no gradient.
    """

    def __getattr__(self, name: str) -> Any:
        # not kept: this lives for one node, and would hold itself in a reference cycle
        return partial(PARTS[name], self) if name in PARTS else self.find(name)

    # Only what is not finite is masked: a recorded contribution must go on depending on the upstream gradient.

    def chain(self, upstream: Any, local: Any) -> Any:
        where = self.library.where
        local = where((upstream != 0) | _finite(local), local, 0.0)
        return self.library.chain(where((local != 0) | _finite(upstream), upstream, 0.0), local)

    guarded = True

    def settle(self, upstream: Any, gradient: Any) -> Any:
        """What a vjp gave, without the nan that it made of no gradient at all."""
        return self.library.where((upstream != 0).any() | _finite(gradient), gradient, 0.0)

    def fit(self, gradient: Any, operand: Any) -> Any:
        return self.library.fit(gradient, operand)


def _finite(x: Any) -> Any:
    return (x > -math.inf) & (x < math.inf)


FLOATS = Namespace(floats)
OBJECTS = Objects(np)
