"""What happens when NumPy's own functions meet a tensor: `np.tanh(t)`, `np.ones(3) * t`, `np.sum(t, axis=0)`.

NumPy hands the call over (NEP 13 and NEP 18), and the function of the same name here records it.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..errors import GraphError
from ..graph.node import KINDS, Node
from ..graph.operation import FUNCTIONS
from ..namespaces.namespace import OBJECTS
from ..namespaces.objects import as_object, is_value
from .refusals import check_untracked

_ALIASES = {"absolute": "abs", "amax": "max", "amin": "min", "fabs": "abs", "float_power": "power"}
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}

# Functions that answer a question about numbers or shapes: no gradient could come of them.
# fmt: off
_QUESTIONS = frozenset([
    "allclose", "argmax", "argmin", "argsort", "array_equal", "array_repr", "array_str", "count_nonzero", "equal",
    "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "ndim", "not_equal", "result_type", "shape", "shares_memory", "size",
])
# fmt: on
_SAME_IN_LINALG = frozenset(["matmul", "norm", "outer"])
_CONSTANTS = frozenset(["zeros_like", "ones_like", "full_like", "empty_like"])


def ufunc_call(node: Node, ufunc: np.ufunc, method: str, /, *operands: Any, **options: Any) -> Any:
    """`ufunc(*operands)`, or a reduction such as `np.add.reduce(t)`."""
    name = _ALIASES.get(ufunc.__name__, ufunc.__name__)
    if options.get("out") is not None:
        raise GraphError(
            f"np.{ufunc.__name__} into an existing array (out=, or array += tensor) cannot be recorded: "
            "write array = array + tensor. To update a parameter: with tg.no_grad(): p -= lr * p.grad"
        )
    with_array = any(isinstance(x, np.ndarray) and x.ndim for x in operands)
    if with_array and any(map(is_value, operands)) and name not in _QUESTIONS:
        return getattr(OBJECTS, name)(*map(as_object, operands))
    if method == "reduce" and ufunc.__name__ in _REDUCTIONS:
        return _call(_REDUCTIONS[ufunc.__name__], ufunc, operands, {"axis": 0} | options)
    if method != "__call__":
        raise TypeError(
            f"np.{ufunc.__name__}.{method} has no derivative here: compose it from functions of tinygrad_edu"
        )
    return _call(name, ufunc, operands, options)


def function_call(node: Node, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`np.function(*args, **kwargs)` where some argument is a tensor."""
    name = _name_of(function)
    return _call(_ALIASES.get(name, name), function, args, {k: v for k, v in kwargs.items() if v is not np._NoValue})


def _name_of(function: Any) -> str:
    """ "sum" of np.sum; "linalg.trace" of np.linalg.trace, which goes along other axes than np.trace."""
    _, _, module = function.__module__.partition(".")
    same = not module or (module == "linalg" and function.__name__ in _SAME_IN_LINALG)
    return function.__name__ if same else f"{module}.{function.__name__}"


def _call(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in _QUESTIONS:
        return _of_plain(function, args, kwargs)
    if name in _CONSTANTS:
        check_untracked(f"np.{name}: an array", [*args[1:], *kwargs.values()])
        backend = next((x.backend for x in (*args, *kwargs.values()) if hasattr(x, "backend")), "cpu")
        return KINDS.tensor(_of_plain(function, args, kwargs), device=backend)
    if name in FUNCTIONS:
        ours = FUNCTIONS[name]
        kwargs = {key: value for key, value in kwargs.items() if value is not None}
        try:
            inspect.signature(ours).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"np.{name} of a tensor is tinygrad_edu.{name}{inspect.signature(ours)}, with no other arguments; "
                f"{error}"
            ) from error
        return ours(*args, **kwargs)
    raise TypeError(
        f"tinygrad_edu has no derivative for np.{name}. Compose it from functions of tinygrad_edu, or leave the graph "
        "with t.detach().numpy()"
    )


def _of_plain(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*map(_plain, args), **{name: _plain(argument) for name, argument in kwargs.items()})


def _plain(argument: Any) -> Any:
    return argument.data if isinstance(argument, Node) else argument
