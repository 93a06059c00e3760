"""From a rule that goes along lines to CUDA: softmax, cross-entropy, normalization, in one kernel each.

A line is what lies along the last axes of an array: a row of a matrix, or a whole array. The rule is read with arrays
of one line, so that it may ask for its length; what it calls is written for the lanes that share a line
(`lanes.py`): a warp, or where the line is long a block.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..rule_namespace import RuleNamespace
from ..tape import Tape, Tracer, operands_of
from .lanes import BLOCK, LONG, REDUCTIONS, WARP, functions_of, statements
from .language import FORMS, KernelText, name_of

# Where in an operand lies what belongs to the element j of a line: its parts.
PLACES = {
    "element": "{}[line * length + {}]",  # a number for each element
    "column": "{}[{}]",  # the same numbers for each line
    "line": "{}[line]",  # a number for each line
    "one": "{}[0]",  # one number for all
    "label": "position({}[line], length)",  # where in each line an element lies
}
REPEATED = "repeated "  # of places: the array is one number, broadcast to its shape
PLACES |= {REPEATED + place: re.sub(r"\[.*\]", "[0]", index) for place, index in PLACES.items()}
EACH_LINE = (  # some lanes have a line
    "long long line = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;",
    "int lane = threadIdx.x % LANES;",
    "if (line >= lines) return;",
)
VIEW = "positive"  # what a call that changes nothing but the shape is written as
LOOP = "for (int j = lane; j < length; j += LANES)"

POSITION = "#define position(label, length) (((label) % (length) + (length)) % (length))"  # it wraps, as in CuPy
_LANES = {WARP: "lanes", BLOCK: "block"}


def lanes_for(lines: int, length: int) -> int:
    """How many threads share a line."""
    return BLOCK if length > LONG or lines == 1 else WARP


class LineKernel(NamedTuple):
    """A kernel, and the shapes of its results where there is one line."""

    text: KernelText
    shapes: tuple[tuple[int, ...], ...]


@cache
def line_kernel(
    rule: Callable[..., Any],
    places: tuple[str, ...],
    shapes: tuple[tuple[int, ...], ...],
    line: int,
    lanes: int,
    numbers: int = 0,
    settings: tuple[tuple[str, Any], ...] = (),
) -> LineKernel:
    """The kernel of a rule, `rule(xp, *arrays, *numbers, **settings)`, with one result or several.

    Args:
        places: for each array, one of `PLACES`.
        shapes: their shapes where there is one line.
        line: how many of the last axes a line goes along.
        numbers: how many further operands are numbers.
    Raises:
        TypeError: the rule is none that goes along lines, calls what a kernel lacks, or is a single call.
        AttributeError: no namespace has what it calls.
    """
    tape = Tape()
    arrays = [f"a{k}" for k in range(len(places))]
    reader = _Reader(tape, line)
    with np.errstate(all="ignore"):
        given = [reader.operand(name, place, shape) for name, place, shape in zip(arrays, places, shapes, strict=True)]
        given += [reader.operand(f"(T)n{k}", None, ()) for k in range(numbers)]
        results = rule(reader, *given, **dict(settings))
    results = results if isinstance(results, tuple) else (results,)
    reader.check(results)
    names = [f"y{k}" for k in range(len(results))]
    places_of = ["element" if reader.varies(result.place) else "line" for result in results]
    targets = [PLACES[place].format(name, "j") for name, place in zip(names, places_of, strict=True)]
    pairs = list(zip(results, targets, strict=True))
    body = statements(tape, reader.names, reader.varies, pairs, LOOP, _LANES[lanes])
    text = KernelText(
        name_of(rule.__name__),
        tuple(arrays),
        tuple(f"double n{k}" for k in range(numbers)),
        tuple(names),
        (*EACH_LINE, *body),
        ("lines", "length"),
        f"#define LANES {lanes}\n{POSITION}\n{functions_of(' '.join(body))}",
    )
    return LineKernel(text, tuple(result.shape for result in results))


class _Reader(RuleNamespace):
    """NumPy's elementwise functions, and reductions along a line, noted on a tape.

    Attributes:
        names: what the inputs are called, by their places on the tape.
    """

    def __init__(self, tape: Tape, line: int):
        super().__init__(tape)
        self.line = line
        self.names: dict[int, str] = {}
        self._templates: dict[int, str] = {}  # of inputs that differ along a line
        self._varies: dict[int, bool] = {}

    def operand(self, name: str, place: str | None, shape: tuple[int, ...]) -> Tracer:
        """An input of the kernel, an array or a number."""
        kind = (place or "number").removeprefix(REPEATED)
        tracer = self.tape.input(np.zeros(shape, dtype=int if kind == "label" else float))
        template = name if place is None else PLACES[place].format(name, "{}")
        self.names[tracer.place] = template.format("j")
        if kind in ("element", "column"):
            self._templates[tracer.place] = template
        return tracer

    def varies(self, place: int) -> bool:
        """Whether what has this place on the tape is another number for each element of a line."""
        if place not in self._varies:
            call = self.tape.calls[place]
            of_operands = call.name not in REDUCTIONS and any(self.varies(x.place) for x in operands_of(call))
            self._varies[place] = of_operands if call.name else place in self._templates
        return self._varies[place]

    def check(self, results: tuple[Any, ...]) -> None:
        """Raise TypeError for a result that is no array, or a call that a kernel lacks."""
        known = {*FORMS, *REDUCTIONS, ""}
        lacking = {call.name for call in self.tape.calls} - known
        calls = [call for call in self.tape.calls if call.name not in ("", VIEW)]
        if (
            lacking
            or len(calls) < 2
            or not all(isinstance(result, Tracer) and self.tape.calls[result.place].name for result in results)
        ):
            raise TypeError(f"a kernel that goes along lines cannot give {lacking or results}")

    # --- reductions ---

    def sum(self, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduced("sum", a, axis, keepdims)

    def count_nonzero(self, a: Any) -> Any:
        return self.sum(a * 1.0)

    def max(self, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduced("max", a, axis, keepdims)

    def min(self, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduced("min", a, axis, keepdims)

    def _reduced(self, name: str, a: Tracer, axis: Any, keepdims: bool) -> Any:
        axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if sorted(k % a.ndim for k in axes) != list(range(a.ndim - self.line, a.ndim)):
            raise TypeError(f"{name} along the axes {axis} is not along a line")
        return self.tape.note(name, getattr(np, name), a, axis=axis, keepdims=keepdims)

    # --- other shapes of the same numbers ---

    def expand_dims(self, a: Any, axis: Any) -> Any:
        return self._view(np.expand_dims, a, axis=axis)

    def squeeze(self, a: Any, axis: Any = None) -> Any:
        return self._view(np.squeeze, a, axis=axis)

    def broadcast_to(self, a: Any, shape: tuple[int, ...]) -> Any:
        view = self._view(np.broadcast_to, a, shape=shape)
        self._varies[view.place] = True
        return view

    def _view(self, function: Callable[..., Any], a: Tracer, **options: Any) -> Any:
        return self.tape.note(VIEW, function, a, **options)

    # --- elements by their positions ---

    def picked(self, rows: Tracer, labels: Tracer) -> Any:
        return self.tape.note(VIEW, np.reshape, self._at(rows, labels), labels.shape)

    def _at(self, x: Any, labels: Tracer) -> Any:
        """The element at the label: what is computed of an element is computed of this one."""
        if not isinstance(x, Tracer) or not self.varies(x.place):
            return x
        call = self.tape.calls[x.place]
        if call.name:
            given = [self._at(operand, labels) for operand in call.operands]
            return self.tape.note(call.name, call.function, *given, **dict(call.options))
        tracer = self.tape.input(np.zeros((1,) * x.ndim))
        self.names[tracer.place] = self._templates[x.place].format(self.names[labels.place])
        return tracer

    def one_hot(self, labels: Tracer, rows: Tracer) -> Any:
        return self.where(self._places(rows) == self.expand_dims(labels, -1), 1.0, 0.0)

    def likeliest(self, rows: Tracer) -> Any:
        """The first of equal ones, or of nan."""
        largest = (rows == self.max(rows, axis=-1, keepdims=True)) | (rows != rows)
        return self.min(self.where(largest, self._places(rows), math.inf), axis=-1)

    def _places(self, rows: Tracer) -> Tracer:
        """The place of each element in its row."""
        index = self.tape.input(np.arange(rows.shape[-1]))
        self.names[index.place], self._templates[index.place] = "j", "{}"
        return index
