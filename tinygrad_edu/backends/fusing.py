"""A GPU that computes whole rules, and parts of them, in kernels of ours instead of call by call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import TinygradError
from ..namespaces.indexing import axes_in_range, of_number
from ..namespaces.namespace import PARTS
from ..tapes.cuda.handwritten import DROPOUT_FACTOR, DROPPED, ROWS, SUMS_OF_COLUMNS
from ..tapes.cuda.lanes import BLOCK, LONG, WARP
from ..tapes.cuda.language import KernelText, elementwise
from ..tapes.cuda.lines import REPEATED, lanes_for, line_kernel
from ..tapes.kernel import Kernel
from .base import Backend
from .launching import KNOWN, Launcher


class FusingBackend(Backend):
    """CuPy's arrays, and rules as kernels.

    An elementwise rule, its derivative with the chain rule, an optimizer's rule, and a rule that goes along lines
    (softmax, cross-entropy, normalization) are one launch each. Where operands do not fit a kernel (of half precision,
    or of different types), the plain rule is read.
    """

    language = "cuda"
    fuses = True

    def __init__(self, device: str, xp: Any, array_type: type):
        super().__init__(device, xp, array_type)
        self._launch = Launcher(xp)

    def compute(self, op: Any, forward: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> Any:
        if op.along_lines:
            found = self._along_axis(op.forward, arrays, 0, attrs)
            return super().compute(op, forward, arrays, attrs) if found is None else found
        kernel = forward_kernel(op, _settings(attrs)) if self._fits(op, arrays, attrs) else None
        return super().compute(op, forward, arrays, attrs) if kernel is None else self._elementwise(kernel, arrays)

    def slope(
        self, op: Any, position: int, upstream: Any, y: Any, operands: list[Any], attrs: dict[str, Any] | None
    ) -> Any:
        """The vjp of an operation, of an elementwise one the chain rule with the derivative, in one launch; or None."""
        arrays = [upstream, y, *operands]
        if op.along_lines:
            return self._along_axis(op.rules[position], arrays, 2, attrs)
        kernel = slope_kernel(op, position, _settings(attrs)) if self._fits(op, arrays, attrs) else None
        return None if kernel is None else self._elementwise(kernel, arrays)

    def _along_axis(self, rule: Any, arrays: list[Any], first: int, attrs: dict[str, Any] | None) -> Any:
        """A rule of an operation along lines, in one launch; or None.

        Args:
            first: the place of the first operand; before it stand those of its shape, or with a number for each line.
        """
        whole, settings = arrays[first], _settings(attrs)
        line = line_of(whole.ndim, dict(settings)["axis"])
        if not line:
            return None
        places = ["element" if array.shape == whole.shape else "line" for array in arrays[:first]]
        places += ["element", *["column"] * (len(arrays) - first - 1)]
        found = self._along_lines(rule, tuple(places), arrays, line=line, settings=settings)
        return None if found is None else found[0]

    @staticmethod
    def _fits(op: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> bool:
        """Whether arrays are what the kernel of a rule takes: of one shape and one type, that of its numbers."""
        first = arrays[0]
        if not (op.elementwise and (not attrs or _PLAIN.issuperset(map(type, attrs.values())))):
            return False
        if not all(hasattr(array, "dtype") for array in arrays):  # plain numbers
            return False
        alike = all(array.dtype == first.dtype and array.shape == first.shape for array in arrays)
        return alike and first.dtype.char in COMPUTED and first.ndim > 0

    def _elementwise(self, kernel: Kernel, arrays: list[Any]) -> Any:
        """A kernel of arrays of one shape and type; its result."""
        arrays, layout = self._in_order(arrays)
        text = kernel_text(kernel, *[_INDICES[kind] for kind in layout])
        result = self.xp.empty(arrays[0].shape, arrays[0].dtype)
        self._launch(text, arrays, [], [result], (result.size,), result.size)
        return result

    def _in_order(self, arrays: list[Any]) -> tuple[list[Any], str]:
        """Arrays whose elements lie side by side, in the order of rows, copied if they do not; but a number that is
        broadcast to a shape stays one. And for each, which it is: "c", or "1"."""
        found, layout = [], ""
        for array in arrays:
            one = not (array.flags.c_contiguous or any(array.strides))
            layout += "1" if one else "c"
            found.append(array if one or array.flags.c_contiguous else self.xp.ascontiguousarray(array))
        return found, layout

    def _along_lines(
        self,
        rule: Any,
        places: tuple[str, ...],
        arrays: list[Any],
        numbers: Sequence[float] = (),
        line: int = 1,
        settings: Settings = (),
        dtype: Any = None,
    ) -> list[Any] | None:
        """The results of a rule that goes along the last axes of an array, in one kernel; None where it cannot be one.

        Args:
            places: what each array holds for an element, as in `tapes/cuda/lines.py`.
            line: how many axes.
            dtype: of the results; None: that of the arrays, which is one.
        """
        shapes, types = tuple([array.shape for array in arrays]), tuple([array.dtype for array in arrays])
        arrays, layout = self._in_order(arrays)
        plan = line_plan(rule, places, shapes, types, layout, len(numbers), line, settings, dtype)
        if plan is None:
            return None
        results = [self.xp.empty(shape, plan.dtype) for shape in plan.shapes]
        self._launch(plan.text, arrays, numbers, results, plan.sizes, plan.threads)
        return results

    # Functions of the library, where one of our kernels does it: CuPy puts long headers before each of its own.

    def sum(self, a: Any, axis: Any = None, **options: Any) -> Any:
        columns = self._sums_of_columns(a, axis, **options) if options.keys() <= {"out"} else None
        return self.xp.sum(a, axis=of_number(axis, a.ndim), **options) if columns is None else columns

    def _sums_of_columns(self, a: Any, axis: Any, out: Any = None) -> Any:
        """The sum over the first axes, in one kernel; or None."""
        first = leading_of(a.ndim, axis)
        rows, after = math.prod(a.shape[:first]), a.shape[first:]
        fits = a.dtype.char in COMPUTED and a.size and a.flags.c_contiguous and rows <= LONG
        if not first or not after or not fits:
            return None
        if out is not None and not (out.dtype == a.dtype and out.shape == after and out.flags.c_contiguous):
            return None
        sums, columns = self.xp.empty(after, a.dtype) if out is None else out, math.prod(after)
        self._launch(SUMS_OF_COLUMNS, [a], [], [sums], (columns, rows), -(-columns // WARP) * BLOCK)
        return sums

    def take(self, a: Any, indices: Any, axis: Any = None) -> Any:
        known = a.dtype.char in KNOWN and indices.dtype.kind in "iu" and indices.ndim == 1
        if axis != 0 or not known or not a.size or not (a.flags.c_contiguous and indices.flags.c_contiguous):
            return self.xp.take(a, indices, axis=axis)
        rows = self.xp.empty((*indices.shape, *a.shape[1:]), a.dtype)
        width = math.prod(a.shape[1:])
        self._launch(ROWS, [a, indices], [], [rows], (rows.size, width, a.shape[0]), rows.size)
        return rows

    # Parts of rules, fused: like all functions of a backend, they are called where the current device is this one.

    def update(self, kernel: KernelText, arrays: list[Any], numbers: list[float], scratch: list[Any]) -> None:
        """In one kernel, which reads its first arrays and then overwrites them."""
        count, size = len(kernel.results), arrays[0].size
        self._launch(kernel, arrays[count:], numbers, arrays[:count], (size,), size)

    def activate(self, h: Any, bias: Any, activation: str | None) -> Any:
        fits = h.dtype == bias.dtype and h.dtype.char in COMPUTED and h.shape[-1:] == bias.shape
        if not fits or not h.flags.c_contiguous:
            return PARTS["activate"](self, h, bias, activation)
        arrays, text = [self.xp.ascontiguousarray(bias)], activation_text(activation)
        self._launch(text, arrays, [], [h], (h.size, bias.size), h.size)
        return h

    def deactivate(self, g: Any, y: Any, activation: str) -> Any:
        if g.dtype != y.dtype or g.shape != y.shape or g.dtype.char not in COMPUTED:
            return PARTS["deactivate"](self, g, y, activation)
        return self._elementwise(part_kernel("deactivate", activation), [g, y])

    def cross_entropy_rows(self, logits: Any, labels: Any) -> Any:
        labels = self.xp.asarray(labels)
        return self._part_along_lines("cross_entropy_rows", ("element", "label"), [logits, labels])

    def cross_entropy_mean(self, logits: Any, labels: Any, share: float) -> Any:
        labels = self.xp.asarray(labels)
        rows = self.cross_entropy_rows(logits, labels)
        mean = self._along_lines(mean_of_rows, ("element",), [rows], [share])
        return self.xp.sum(rows) * share if mean is None else mean[0]

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any) -> Any:
        places = ("element", "label", "line" if g.ndim else "one")
        return self._part_along_lines("cross_entropy_slope", places, [logits, self.xp.asarray(labels), g])

    def cross_entropy_mean_slope(self, logits: Any, labels: Any, g: Any, share: float) -> Any:
        places = ("element", "label", "line" if g.ndim else "one")
        arrays = [logits, self.xp.asarray(labels), g]
        return self._part_along_lines("cross_entropy_mean_slope", places, arrays, [share])

    def _part_along_lines(
        self, name: str, places: tuple[str, ...], arrays: list[Any], numbers: Sequence[float] = ()
    ) -> Any:
        """A part with one result, in one kernel or in its plain steps."""
        found = self._along_lines(PARTS[name], places, arrays, numbers)
        return PARTS[name](self, *arrays, *numbers) if found is None else found[0]

    def times_normal(self, g: Any, x: Any, axis: Any, eps: float) -> Any:
        line, settings = line_of(x.ndim, axis), (("axis", axis), ("eps", eps))
        found = self._along_lines(PARTS["times_normal"], ("element", "element"), [g, x], (), line, settings)
        return PARTS["times_normal"](self, g, x, axis, eps) if found is None else found[0]

    def likeliest(self, rows: Any) -> Any:
        found = self._along_lines(likeliest_of_rows, ("element",), [rows])
        return PARTS["likeliest"](self, rows) if found is None else found[0]

    def with_right_answers(self, *operands: Any) -> Any:
        return self._sums("with_right_answers", *operands[:6], above=operands[6])

    def with_squared_distances(self, *operands: Any) -> Any:
        return self._sums("with_squared_distances", *operands)

    def _sums(self, name: str, *operands: Any, **settings: Any) -> Any:
        """Sums with those of a batch, whose answers are one line."""
        *arrays, rows = operands
        places = ("one", "one", "one", "element", "element")
        line, dtype = arrays[-1].ndim, arrays[0].dtype
        found = self._along_lines(PARTS[name], places, arrays, [float(rows)], line, _settings(settings), dtype)
        return PARTS[name](self, *operands, **settings) if found is None else found

    def dropout_factor(self, keys: int, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
        if not _may_be_dropped(shape, p, dtype):
            return PARTS["dropout_factor"](self, keys, shape, p, dtype)
        factor = self.xp.empty(shape, dtype)
        self._launch(DROPOUT_FACTOR, [], _numbers_of(keys, p), [factor], (factor.size,), factor.size)
        return factor

    def dropped(self, x: Any, keys: int, p: float) -> tuple[Any, Any]:
        if not _may_be_dropped(x.shape, p, x.dtype):
            return PARTS["dropped"](self, x, keys, p)
        factor, product = (self.xp.empty(x.shape, x.dtype) for _ in range(2))
        given = [self.xp.ascontiguousarray(x)]
        self._launch(DROPPED, given, _numbers_of(keys, p), [factor, product], (factor.size,), factor.size)
        return factor, product


def _may_be_dropped(shape: tuple[int, ...], p: float, dtype: Any) -> bool:
    """Whether a kernel gives the factors of dropout."""
    return np.dtype(dtype).char in COMPUTED and bool(math.prod(shape)) and round(p * 2**32) < 2**32


def _numbers_of(keys: int, p: float) -> list[Any]:
    """What that kernel takes."""
    return [*[np.uint32(x) for x in (keys & 0xFFFFFFFF, keys >> 32, round(p * 2**32))], 1 / (1 - p)]


def likeliest_of_rows(xp: Any, rows: Any) -> Any:
    return xp.likeliest(rows)


def mean_of_rows(xp: Any, losses: Any, share: float) -> Any:
    return xp.sum(losses) * share


WHOLE, MANY = 2**16, 64  # longer lines, and fewer of them, keep too few threads busy
COMPUTED = "fd"  # the types, float32 and float64, in which kernels compute
_PLAIN = {bool, int, float, str, type(None)}  # types of settings that stand in a kernel
Settings = tuple[tuple[str, Any], ...]


def _settings(attrs: dict[str, Any] | None) -> Settings:
    return tuple(attrs.items()) if attrs else ()


@cache
def part_kernel(name: str, activation: str | None) -> Kernel:
    """A part of a rule, of two arrays."""
    return Kernel(PARTS[name], 2, settings={"activation": activation})


@cache
def activation_text(activation: str | None) -> KernelText:
    """The kernel that adds a bias to each row of an array, and overwrites it."""
    return elementwise(part_kernel("activate", activation), indices=("i", "i % period"))


@cache
def kernel_text(kernel: Kernel, *indices: str) -> KernelText:
    """The text of a kernel with one new result."""
    return elementwise(kernel, ("y",), indices)


@cache
def forward_kernel(op: Any, settings: Settings) -> Kernel | None:
    """The forward rule of an operation as one kernel; None if it is a single call, or cannot be written."""
    return _rule_kernel(op.forward, op.arity, settings)


@cache
def slope_kernel(op: Any, position: int, settings: Settings) -> Kernel | None:
    """The upstream gradient times a derivative of an operation; None if that is a single call."""
    rule = op.rules[position]

    def slope(xp: Any, g: Any, y: Any, *operands: Any, **attrs: Any) -> Any:
        return g * rule(xp, y, *operands, **attrs)

    slope.__name__ = f"{op.name}_slope"
    return _rule_kernel(slope, 2 + op.arity, settings)


def _rule_kernel(rule: Any, arrays: int, settings: Settings) -> Kernel | None:
    """A rule as a kernel; None if it is a single call of the library, or cannot be written."""
    try:
        kernel = Kernel(rule, arrays, settings=dict(settings))
        kernel_text(kernel, *["i"] * arrays)
    except (TypeError, AttributeError):  # a constant slope, or a function that a kernel lacks
        return None
    return kernel if len(kernel.steps) > 1 else None


@cache
def line_of(ndim: int, axis: Any) -> int:
    """How many of the last axes these are; 0 if they are others."""
    axes = _axes(ndim, axis)
    return len(axes) if axes == list(range(ndim - len(axes), ndim)) else 0


@cache
def leading_of(ndim: int, axis: Any) -> int:
    """How many of the first axes these are; 0 if they are others."""
    axes = _axes(ndim, axis)
    return len(axes) if axes == list(range(len(axes))) else 0


def _axes(ndim: int, axis: Any) -> list[int]:
    try:
        return sorted(axes_in_range(axis, ndim))
    except TinygradError:  # the library refuses them, and what it says is made a message
        return []


class LinePlan(NamedTuple):
    """A kernel that goes along lines, and how it is launched."""

    text: KernelText
    shapes: list[tuple[int, ...]]  # of the results
    dtype: Any
    sizes: tuple[int, int]
    threads: int


@lru_cache(maxsize=4096)
def line_plan(
    rule: Any,
    places: tuple[str, ...],
    shapes: tuple[tuple[int, ...], ...],
    types: tuple[Any, ...],
    layout: str,
    numbers: int,
    line: int,
    settings: Settings,
    dtype: Any,
) -> LinePlan | None:
    """The plan for a rule, for arrays of these shapes, dtypes and layouts; None if they, or the rule, do not fit."""
    whole = places.index("element")
    split, dtype = len(shapes[whole]) - line, dtype or types[whole]
    before, after = shapes[whole][:split], shapes[whole][split:]
    lines, length = math.prod(before), math.prod(after)
    mixed = dtype is types[whole] and any(kind != dtype for kind in types if kind.kind == "f")
    known = dtype.char in COMPUTED and all(kind.char in KNOWN for kind in types)
    if mixed or not known or not lines * length or (length > WHOLE and lines < MANY):
        return None
    if not all(_lies(place, shape, before, after) for place, shape in zip(places, shapes, strict=True)):
        return None
    of_one = tuple([_of_one_line(place, shape, split) for place, shape in zip(places, shapes, strict=True)])
    places = tuple([REPEATED * (kind == "1") + place for place, kind in zip(places, layout, strict=True)])
    lanes = lanes_for(lines, length)
    try:
        kernel = line_kernel(rule, places, of_one, line, lanes, numbers, settings)
    except (TypeError, AttributeError):
        return None
    found = [(*before, *shape[split:]) for shape in kernel.shapes]
    return LinePlan(kernel.text, found, dtype, (lines, length), lines * lanes)


_INDICES = {"c": "i", "1": "0"}  # of elements, by how an array lies


def _lies(place: str, shape: tuple[int, ...], before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether an operand of this shape has what a kernel reads of it: it would read on, past the end."""
    if place == "element":
        return shape == before + after
    if place == "column":
        return shape == after
    if place == "one":
        return math.prod(shape) == 1
    return shape[: len(before)] == before and math.prod(shape) == math.prod(before)


def _of_one_line(place: str, shape: tuple[int, ...], split: int) -> tuple[int, ...]:
    """The shape that an operand would have if there were one line."""
    if place in ("line", "label"):
        return (1,) * len(shape)
    return shape if place in ("column", "one") else (*(1,) * split, *shape[split:])
