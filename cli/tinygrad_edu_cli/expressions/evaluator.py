"""A walk through the tree of an expression, in which each part becomes a node, a plain number or a list.

What cannot be is an error that points at its place in the text.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, Value
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import elementwise, functional
from tinygrad_edu_words import N_, _, grouped

from ..errors import ExpressionError
from ..phrases import describe, is_plain, nearest, shapes, short, some
from . import limits
from .functions import FUNCTIONS, NODES_INSTEAD, is_operand, usage, wrong_setting
from .grammar import Text, refuse

_BINARY = {
    ast.Add: functional.add,
    ast.Sub: functional.subtract,
    ast.Mult: functional.multiply,
    ast.Div: functional.divide,
    ast.Pow: functional.power,
    ast.MatMult: functional.matmul,
}
_COMPARISONS = {
    ast.Lt: elementwise.less,
    ast.LtE: elementwise.less_equal,
    ast.Gt: elementwise.greater,
    ast.GtE: elementwise.greater_equal,
    ast.Eq: elementwise.equal,
    ast.NotEq: elementwise.not_equal,
}
COMPARING = {REGISTRY[function.__name__] for function in _COMPARISONS.values()}


class Evaluator:
    """The state of a walk: what each name stands for, and how many elements were made."""

    def __init__(self, source: Text, settings: Mapping[str, Any], tensors: bool):
        self.source = source
        self.settings = settings
        self.tensors = tensors
        self.leaves: dict[str, Node] = {}
        self.named: dict[str, Any] = {}  # by the assignments
        self.elements = 0
        self.rules: dict[type, Callable[[Any], Any]] = {
            ast.Constant: self.constant,
            ast.Name: self.name,
            ast.UnaryOp: self.unary,
            ast.BinOp: self.binary,
            ast.Compare: self.comparison,
            ast.Call: self.call,
            ast.Subscript: self.subscript,
            ast.List: lambda tree: [self.value(item) for item in tree.elts],
            ast.Tuple: lambda tree: tuple([self.value(item) for item in tree.elts]),
        }

    def add_leaves(self, statements: Iterable[ast.stmt]) -> None:
        """Make a leaf of each name that has a number."""
        parts = [part for statement in statements for part in ast.walk(statement)]
        functions = {part.func for part in parts if isinstance(part, ast.Call)}
        names = [part for part in parts if isinstance(part, ast.Name) and part not in functions]
        for name in [tree.id for tree in sorted(names, key=lambda tree: (tree.lineno, tree.col_offset))]:
            if name in self.settings and name not in self.leaves:
                number = self.settings[name]
                leaf = Tensor(number, requires_grad=True, dtype="float64") if self.tensors else Value(number)
                leaf.name, self.leaves[name] = name, leaf

    def statement(self, tree: Any) -> Any:
        """A bare result, or an assignment, which also gives its node the name."""
        if isinstance(tree, ast.Expr):
            return self.value(tree.value)
        target = tree.targets[0]
        if target.id in self.named or target.id in self.settings:
            raise self.source.error(
                target, _("'{id}' has a value already").format(id=target.id), _("give this one another name")
            )
        result = self.named[target.id] = self.value(tree.value)
        if isinstance(result, Node) and result.op is not None and result.name is None:
            result.name = target.id
        return result

    def value(self, tree: Any) -> Any:
        """What a part of the tree stands for: a node, a plain number, text, None, a list or a tuple."""
        rule = self.rules.get(type(tree))
        if rule is None:
            raise refuse(self.source, tree)
        return rule(tree)

    def constant(self, tree: ast.Constant) -> Any:
        value = tree.value
        if value is None or isinstance(value, (bool, str)):
            return value
        if value is Ellipsis:
            raise self.source.error(tree, _("'...' stands only between [ ], as in x[..., 0]"))
        if isinstance(value, (int, float)):
            if abs(value) > 1e308:
                raise self.source.error(
                    tree, _("this number is too large for a float64"), _("the largest is about 1.8e308")
                )
            return value
        kind = _("complex number") if isinstance(value, complex) else type(value).__name__
        raise self.source.error(tree, _("a {kind} has no meaning here").format(kind=kind), _("use real numbers"))

    def name(self, tree: ast.Name) -> Any:
        name = tree.id
        if name in self.named:
            return self.named[name]
        if name not in self.leaves:
            raise self.unknown(tree)
        return self.leaves[name]

    def unknown(self, tree: ast.Name) -> ExpressionError:
        name = tree.id
        if name.startswith("__"):
            return self.source.error(
                tree, _("'{name}' is not part of an expression here").format(name=name), _("names begin with a letter")
            )
        if name in FUNCTIONS:
            return self.source.error(
                tree,
                _("'{name}' is a function in expression").format(name=name),
                _("call it: {usage}").format(usage=usage(name)),
            )
        known = [*self.settings, *self.named]
        hint = _("give it a value: --set {name}=1   (known: {known})").format(name=name, known=some(known))
        near = nearest(name, known)
        return self.source.error(
            tree,
            _("unknown name '{name}' in expression").format(name=name),
            _("did you mean {near}? or {hint}").format(near=near, hint=hint) if near else hint,
        )

    def unary(self, tree: ast.UnaryOp) -> Any:
        if not isinstance(tree.op, (ast.UAdd, ast.USub)):
            raise refuse(self.source, tree)
        value = self.value(tree.operand)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return -value if isinstance(tree.op, ast.USub) else value  # keeps the integers that an axis is given by
        operand = self.operand(value, tree.operand)
        return operand if isinstance(tree.op, ast.UAdd) else self.computed(tree, functional.negative, operand)

    def binary(self, tree: ast.BinOp) -> Any:
        function = _BINARY.get(type(tree.op))
        if function is None:
            raise refuse(self.source, tree)
        a, b = self.value(tree.left), self.value(tree.right)
        return self.computed(tree, function, self.operand(a, tree.left), self.operand(b, tree.right))

    def comparison(self, tree: ast.Compare) -> Any:
        if len(tree.ops) > 1:
            raise self.source.error(
                tree, _("one comparison at a time"), _("nest where(...), or multiply two comparisons")
            )
        compare = _COMPARISONS.get(type(tree.ops[0]))
        if compare is None:
            raise self.source.error(
                tree, _("this comparison is not part of an expression here"), _("there are < <= > >= == !=")
            )
        parts = [tree.left, tree.comparators[0]]
        return self.computed(tree, compare, *[self.operand(self.value(part), part) for part in parts])

    def subscript(self, tree: ast.Subscript) -> Any:
        whole = self.value(tree.value)
        index = tuple(map(self.index, tree.slice.elts)) if isinstance(tree.slice, ast.Tuple) else self.index(tree.slice)
        if isinstance(whole, (list, tuple)):
            if not isinstance(index, int) or not -len(whole) <= index < len(whole):
                raise self.source.error(
                    tree.slice,
                    _("a list of {n} has no such element").format(n=len(whole)),
                    _("0 to {n}").format(n=len(whole) - 1),
                )
            return whole[index]
        if not isinstance(whole, Tensor):
            raise self.source.error(
                tree, _("{whole} has no elements").format(whole=describe(whole)), _("give an array: --set x=[1,2,3]")
            )

        def compute() -> Any:
            parts = index if isinstance(index, tuple) else (index,)
            taken = math.prod(np.size(part) for part in parts if isinstance(part, (list, np.ndarray)))
            limits.check_work("indexing", limits.size(whole.shape) * taken)
            return whole[index]

        return self.attempt(tree, "indexing", compute, [whole])

    def index(self, tree: Any) -> Any:
        """One part of an index: an integer, a slice, a list of integers, a comparison, None or '...'."""
        if isinstance(tree, ast.Slice):
            return slice(*[part and self.index(part) for part in (tree.lower, tree.upper, tree.step)])
        if isinstance(tree, ast.Constant) and tree.value is Ellipsis:
            return Ellipsis
        value = _as_mask(self.value(tree))
        if (
            value is None
            or isinstance(value, np.ndarray)
            or (isinstance(value, list) and is_plain(value))
            or (type(value) is int and abs(value) < 2**31)
        ):
            return value
        raise self.source.error(
            tree,
            _("{value} is no index").format(value=describe(value)),
            _("use integers, slices such as 1:3, or a list"),
        )

    def call(self, tree: ast.Call) -> Any:
        function = self.function(tree)
        parameters = inspect.signature(function).parameters
        for argument in tree.args:
            if isinstance(argument, ast.Starred):
                raise refuse(self.source, argument)
        for k, keyword in enumerate(tree.keywords):
            if keyword.arg not in parameters:
                raise self.unknown_keyword(keyword, function.__name__, list(parameters))
            if any(keyword.arg == earlier.arg for earlier in tree.keywords[:k]):
                raise self.source.error(
                    keyword, _("{arg} is given twice").format(arg=keyword.arg), _("keep one of them")
                )
        given = [self.value(argument) for argument in tree.args]
        named = {str(keyword.arg): self.value(keyword.value) for keyword in tree.keywords}
        try:
            bound = inspect.signature(function).bind(*given, **named)
        except TypeError as error:
            message = _("{name}: {error}; it was given {n}").format(
                name=function.__name__, error=error, n=len(given) + len(named)
            )
            raise self.source.error(
                tree, message, _("it is called as {usage}").format(usage=usage(function.__name__))
            ) from None
        places = _places(tree, bound)
        for name, value in bound.arguments.items():
            place = places.get(name, tree)
            bound.arguments[name] = self.argument(function.__name__, parameters[name], value, place)
        return self.computed(tree, function, *bound.args, **bound.kwargs)

    def function(self, tree: ast.Call) -> Callable[..., Any]:
        """The public function that a call names."""
        callee = tree.func
        if not isinstance(callee, ast.Name):
            if isinstance(callee, ast.Constant):
                raise self.source.error(
                    callee, _("a number is not a function"), _("a multiplication is written with *, as in 2*(x)")
                )
            raise refuse(self.source, callee)
        if callee.id in FUNCTIONS:
            return FUNCTIONS[callee.id]
        if callee.id in self.settings or callee.id in self.named:
            raise self.source.error(
                callee,
                _("'{id}' is a number, not a function").format(id=callee.id),
                _("a multiplication is written with *, as in {id}*(x)").format(id=callee.id),
            )
        near = nearest(callee.id, FUNCTIONS)
        hint = (
            _("did you mean {near}?").format(near=near)
            if near
            else _("there are: {known}").format(known=some(FUNCTIONS, 12))
        )
        raise self.source.error(callee, _("unknown function '{id}' in expression").format(id=callee.id), hint)

    def unknown_keyword(self, keyword: ast.keyword, name: str, known: list[str]) -> ExpressionError:
        if keyword.arg is None:
            return self.source.error(
                keyword, _("'**' stands only between numbers here"), _("write the arguments one by one")
            )
        near = nearest(keyword.arg, known)
        hint = (
            _("did you mean {near}?").format(near=near)
            if near
            else _("it is called as {usage}").format(usage=usage(name))
        )
        return self.source.error(keyword, _("{name} has no argument '{arg}'").format(name=name, arg=keyword.arg), hint)

    def argument(self, function: str, parameter: inspect.Parameter, value: Any, tree: Any) -> Any:
        """An argument of a call: nodes where the function computes with it, plain data where it is a setting."""
        name = parameter.name
        if name == "arrays":
            if not isinstance(value, (list, tuple)):
                raise self.source.error(
                    tree,
                    _("{function} joins a list").format(function=function),
                    _("write {function}([a, b])").format(function=function),
                )
            return [self.operand(item, tree) for item in value]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            return [self.operand(item, tree) for item in value]
        if is_operand(parameter):
            return self.operand(value, tree)
        if not is_plain(value):
            hint = _(NODES_INSTEAD.get(function, N_("a setting takes no part in the graph and has no gradient")))
            raise self.source.error(
                tree,
                _("{name} of {function} must be a plain number, not {value}").format(
                    name=name, function=function, value=describe(value)
                ),
                hint,
            )
        wanted = wrong_setting(name, value)
        if wanted:
            raise self.source.error(
                tree,
                _("{name} of {function} must be {wanted}, not {value}").format(
                    name=name, function=function, wanted=wanted, value=describe(value)
                ),
            )
        return value

    def operand(self, value: Any, tree: Any) -> Any:
        """A value that can be computed with: a node, or a float."""
        if isinstance(value, Node):
            return value
        if isinstance(value, (bool, int, float)):
            return float(value)
        if isinstance(value, list) and self.tensors and is_plain(value):
            return self.attempt(tree, _("a list"), lambda: Tensor(value, dtype="float64"))
        hint = _("stack([a, b]) joins nodes") if isinstance(value, (list, tuple)) else _("use numbers and names")
        raise self.source.error(tree, _("{value} cannot be computed with").format(value=describe(value)), hint)

    def computed(self, tree: Any, function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
        """The result of a public function, if it is not too large to be made."""
        name = function.__name__
        arguments = inspect.signature(function).bind(*operands, **options).arguments

        def compute() -> Any:
            limits.check_call(name, arguments)
            return function(*operands, **options)

        return self.attempt(tree, name, compute, operands)

    def attempt(self, tree: Any, name: str, compute: Callable[[], Any], operands: Iterable[Any] = ()) -> Any:
        """Compute something; what fails points at its place in the expression, with the shapes."""
        try:
            result = compute()
        except limits.TooLarge as error:
            raise self.too_large(tree, str(error)) from None
        except (Exception, MemoryError) as error:
            message = str(error) if str(error).startswith(name) else f"{name}: {error}"
            raise self.source.error(tree, short(message.split("\n")[0]), short(shapes(operands))) from None
        for part in result if isinstance(result, list) else [result]:
            n = limits.size(getattr(part, "shape", ()))
            self.elements += n
            if n > limits.MAX_RESULT:
                raise self.too_large(tree, _("{name} made {n} elements").format(name=name, n=grouped(n)))
        if self.elements > limits.MAX_TOTAL:
            raise self.too_large(
                tree,
                _("the results of the expression so far have {elements} elements").format(
                    elements=grouped(self.elements)
                ),
            )
        return result

    def too_large(self, tree: Any, what: str) -> ExpressionError:
        return self.source.error(
            tree,
            what,
            _("a result may have {max_result}; use smaller arrays, or FILE.py:FUNC").format(
                max_result=grouped(limits.MAX_RESULT)
            ),
        )


def _places(tree: ast.Call, bound: inspect.BoundArguments) -> dict[str, ast.AST]:
    """Where in the text each argument stands."""
    places: dict[str, ast.AST] = dict(zip(bound.signature.parameters, tree.args, strict=False))
    return places | {str(keyword.arg): keyword.value for keyword in tree.keywords}


def _as_mask(value: Any) -> Any:
    """A comparison as booleans, which choose elements; anything else as it is."""
    if isinstance(value, Tensor) and value.op in COMPARING:
        return value.data != 0
    return value
