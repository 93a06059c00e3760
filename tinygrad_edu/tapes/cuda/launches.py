"""From a tape to launches: which calls a GPU computes in one kernel.

A kernel goes through the elements of one shape. What is computed element by element belongs into one kernel, as long as
no thread needs what another one computes; and sums along lines do, where one warp or block goes along each line: then
its lanes share what they know (`lanes.py`). So a softmax and its slope are one kernel, and so are a
normalization, or the sum of a gradient over the rows of a batch together with the gradient itself.

A call joins the first kernel in which it can be computed, at or after those that compute what it needs. What cannot be
written as a kernel is a call of the array library: a launch, or several, of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..expressions import ATOM, COMPARED, Form
from ..liveness import Liveness
from ..tape import Call, Tape, Tracer, is_elementwise
from .lanes import REDUCTIONS
from .language import CUDA, FORMS
from .layouts import Layout, in_order

WHOLE = 2**16  # elements; a longer array is summed by the library, whose sum has more than one block
TALL = 2**12  # rows; of more, columns are summed by the library, for the same reason
AGAIN = 2**17  # elements; those of a larger array are not gone through again by the few blocks that have summed columns
LIMIT = 2**31  # elements; more cannot be counted with an int
INPUTS, CALLS = 64, 256  # of a kernel at most, as it takes no more than 4,096 bytes of addresses
SUMMED = {
    "sum": ("a", "axis", "dtype", "out", "keepdims"),
    **dict.fromkeys(("max", "min"), ("a", "axis", "out", "keepdims")),
}


@dataclass(eq=False)
class Launch:
    """Calls that are computed together.

    Attributes:
        shape: of the elements; None for a single call of a product or of the array library.
        dtype: of the numbers.
        line: how many of the last axes one line goes along; 0: each element stands for itself.
        columns: the lines go along all axes but the last.
        places: the calls, in order.
        numbers: those that give one number for each line.
        inputs: what is read, with its strides along the elements' shape (or along that of the lines).
    """

    shape: tuple[int, ...] | None = None
    dtype: Any = None
    line: int = 0
    columns: bool = False
    places: list[int] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    inputs: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[int, ...]:
        """The shape of the lines."""
        assert self.shape is not None
        return self.shape[self.line :] if self.columns else self.shape[: len(self.shape) - self.line]

    def of_lines(self, strides: tuple[int, ...]) -> tuple[int, ...]:
        """The strides along the elements, of an array that one goes through with these along the lines."""
        still = (0,) * self.line
        return (*still, *strides) if self.columns else (*strides, *still)

    def has_shape_of_lines(self, shape: tuple[int, ...]) -> bool:
        """Whether what has this shape can be one number for each line."""
        ones = (1,) * self.line
        return shape in (self.lines, (*ones, *self.lines) if self.columns else (*self.lines, *ones))


class Planner:
    """Brings the calls of a tape into launches.

    Args:
        layouts: of what is needed.
    Attributes:
        launches: in their order.
        of: for each call that is computed the number of its launch.
        language: in which kernels are written.
    """

    def __init__(self, tape: Tape, live: Liveness, layouts: dict[int, Layout]):
        self.tape, self.live, self.layouts = tape, live, layouts
        views = {tape.calls[place].name for place in live.used if layouts[place].root != place}
        # in a kernel a view is what it is a view of: a thread has found the element already
        forms = {**FORMS, **dict.fromkeys(views, Form("{}", ATOM, (ATOM,))), "power": Form("power({}, {})")}
        self.language = CUDA._replace(forms=forms)
        self.launches: list[Launch] = []
        self.of: dict[int, int] = {}
        self.repeated = self._repeated()
        for place in sorted(live.used - self.repeated):
            if tape.calls[place].name and layouts[place].root == place:
                self._place(place, tape.calls[place])

    def _repeated(self) -> set[int]:
        """Comparisons of integers that are there from the beginning, such as which label is which class: each kernel
        that needs one makes it again."""
        found = set()
        for place in self.live.used:
            call, reads = self.tape.calls[place], self.live.reads[place]
            if call.name in COMPARED and all(x.dtype.kind in "biu" and not self._is_computed(x) for x in reads):
                found.add(place)
        for place in self.live.used:
            if self._elements(place, self.tape.calls[place])[0] != self.layouts[place].shape:
                found -= {self.layouts[x.place].root for x in self.live.reads[place]}
        return found - {self.layouts[place].root for place in self.live.kept}

    def _is_computed(self, x: Tracer) -> bool:
        call = self.tape.calls[self.layouts[x.place].root]
        return bool(call.name) and not call.again

    def _place(self, place: int, call: Call) -> None:
        reads = self.live.reads[place]
        shape, line, columns = self._elements(place, call)
        roots = {self.layouts[x.place].root for x in reads}
        roots |= {self.layouts[x.place].root for root in roots & self.repeated for x in self.live.reads[root]}
        first = max([self.of.get(root, -1) for root in roots], default=-1)
        if shape is not None:
            for k in range(max(first, 0), len(self.launches)):
                if self._joins(self.launches[k], place, reads, shape, line, columns):
                    self.of[place] = k
                    return
        new = Launch(shape, self._dtype(place, call))
        self.launches.append(new)
        self.of[place] = len(self.launches) - 1
        if shape is None:
            new.places.append(place)
        else:
            joined = self._joins(new, place, reads, shape, line, columns)
            assert joined, call

    def _elements(self, place: int, call: Call) -> tuple[tuple[int, ...] | None, int, bool]:
        """The shape that a kernel of this call goes through, along how many axes it sums, and whether these are all
        but the last; no shape, if it cannot be written as a kernel."""
        nothing = None, 0, False
        reads, dtype = self.live.reads[place], self._dtype(place, call)
        if any(isinstance(x, (np.ndarray, np.generic)) for x in call.operands):
            return nothing
        if dtype is None or call.again or call.overwrites or not all(self._is_read(x, dtype) for x in reads):
            return nothing
        if call.name in REDUCTIONS:
            return self._reduced(call) or nothing
        shape = self.layouts[place].shape
        options = {name for name, _ in call.options}
        known = call.name in FORMS and (is_elementwise(call.function) or call.name == "erf")
        return (shape, 0, False) if known and options <= {"order"} and math.prod(shape) < LIMIT else nothing

    def _dtype(self, place: int, call: Call) -> Any:
        """The type of the numbers of a call; None where a kernel cannot compute with them."""
        if self.tape.arrays[place].value is None:
            return None  # a check, which gives nothing
        kinds = {x.dtype for x in (*self.live.reads[place], self.tape.arrays[place]) if x.dtype.kind not in "biu"}
        kind = kinds.pop() if len(kinds) == 1 else None
        result = self.tape.arrays[place].dtype
        return kind if kind is not None and kind.char in "fd" and result in (kind, np.dtype(bool)) else None

    @staticmethod
    def _is_read(x: Tracer, dtype: Any) -> bool:
        """Whether a kernel can read an operand: numbers of its type, and truths."""
        return bool(x.dtype == dtype or x.dtype == bool)

    @staticmethod
    def _axes(call: Call) -> tuple[Tracer, tuple[int, ...]] | None:
        """The operand of a reduction, and the axes that it goes along; None if it does something else, too."""
        given = dict(zip(SUMMED[call.name], call.operands, strict=False)) | dict(call.options)
        if any(given.get(name) is not None for name in ("dtype", "out")) or not isinstance(given["a"], Tracer):
            return None
        operand, axis = given["a"], given.get("axis")
        axes = range(operand.ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
        return operand, tuple(sorted(k % operand.ndim for k in axes)) if operand.ndim else ()

    def _reduced(self, call: Call) -> tuple[tuple[int, ...], int, bool] | None:
        found = self._axes(call)
        if found is None:
            return None
        (operand, axes) = found
        shape = self.layouts[operand.place].shape
        n, size = len(shape), math.prod(shape)
        if size >= LIMIT or not axes:
            return None
        if axes == tuple(range(n)):
            return (shape, n, False) if size <= WHOLE else None
        if axes == tuple(range(n - len(axes), n)):
            return shape, len(axes), False
        return (shape, n - 1, True) if axes == tuple(range(n - 1)) and size <= TALL * shape[-1] else None

    def _joins(
        self, launch: Launch, place: int, reads: list[Tracer], shape: tuple[int, ...], line: int, columns: bool
    ) -> bool:
        """Let a call be computed in a launch, if it can be."""
        if launch.shape is None or launch.dtype != self._dtype(place, self.tape.calls[place]):
            return False
        if len(launch.inputs) >= INPUTS or len(launch.places) >= CALLS:
            return False
        if line:
            fits = launch.shape == shape and (not launch.line or (launch.line, launch.columns) == (line, columns))
            if not fits or not self._reads(launch, reads, shape, False):
                return False
            launch.line, launch.columns = line, columns
            launch.numbers.add(place)
        elif shape == launch.shape and self._reads(launch, reads, shape, False):
            pass
        elif launch.line and launch.has_shape_of_lines(shape) and self._reads(launch, reads, shape, True):
            launch.numbers.add(place)
        else:
            return False
        launch.places.append(place)
        return True

    def _reads(self, launch: Launch, reads: list[Tracer], shape: tuple[int, ...], of_lines: bool) -> bool:
        """Whether a call of this shape finds in a launch what it reads; then this is noted there.

        Args:
            of_lines: whether the call gives a number for each line.
        """
        assert launch.shape is not None
        inputs: dict[int, tuple[int, ...]] = {}
        for x in reads:
            layout = self.layouts[x.place]
            strides = layout.along(shape)
            if strides is None:
                return False
            if of_lines:  # of a shape that may have further axes, of one element
                ends = slice(len(strides) - len(launch.lines), None) if launch.columns else slice(len(launch.lines))
                strides = launch.of_lines(strides[ends])
            if layout.root in self.repeated:
                whole = not of_lines and layout.shape == shape and layout.is_whole
                if not whole or not self._reads(launch, self.live.reads[layout.root], shape, False):
                    return False
            elif layout.root not in launch.places:
                if launch.inputs.get(x.place, strides) != strides:
                    return False
                inputs[x.place] = strides
            elif not self._finds(launch, layout, strides, of_lines):
                return False
        launch.inputs |= inputs
        return True

    @staticmethod
    def _finds(launch: Launch, layout: Layout, strides: tuple[int, ...], of_lines: bool) -> bool:
        """Whether a thread that needs a result of its own launch has computed it, or its line has."""
        assert launch.shape is not None
        if layout.root in launch.numbers:
            again = not of_lines and launch.columns and math.prod(launch.shape) > AGAIN
            return not again and not layout.offset and strides == launch.of_lines(in_order(launch.lines))
        return not of_lines and not layout.offset and strides == in_order(launch.shape)
