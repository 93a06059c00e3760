"""From launches to CUDA: each becomes a kernel for arrays of the shapes that it was planned for."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..expressions import Writer
from .lanes import BLOCK, LONG, WARP, statements
from .language import TYPES, number
from .launches import Launch, Planner
from .layouts import in_order

NAME = re.compile(r"[a-hk-z]|([a-z]+_)+\d+|[a-oqu-z]\d+")  # of an array; none of a function, type or temporary number
INDENT = "    "  # of parameters
COLUMN_LANES = 16


class KernelCode(NamedTuple):
    """A kernel.

    Attributes:
        text: its function in CUDA.
        blocks, threads: how it is launched; no blocks, where there are no elements.
        reads, writes: the places of the arrays that it takes, in this order.
    """

    name: str
    text: str
    blocks: int
    threads: int
    reads: list[int]
    writes: list[int]


class _Lines(NamedTuple):
    """How the threads of a kernel share its elements.

    Attributes:
        head: says which element, or which line and lane, a thread has.
        loop: the head of a loop over the elements of a lane.
        outer, inner: the variables that count the lines, and the elements of a line.
        lanes: of which `join` functions a kernel sums.
        first: whether a thread is the one that writes what is one number for the line.
        blocks: how many there are.
        threads: of a block.
    """

    head: list[str]
    loop: str
    outer: str
    inner: str
    lanes: str
    first: str
    blocks: int
    threads: int = BLOCK


def kernel_code(
    name: str, planner: Planner, launch: Launch, results: Sequence[int], names: Callable[[int], str]
) -> KernelCode:
    """The kernel of a launch.

    Args:
        results: the places of what it writes.
        names: what an array is called where the kernel is launched, by its place.
    """
    return _Kernel(name, planner, launch, results, names).code


class _Kernel:
    def __init__(
        self, name: str, planner: Planner, launch: Launch, results: Sequence[int], called: Callable[[int], str]
    ):
        self.called = called
        self.tape, self.layouts, self.launch = planner.tape, planner.layouts, launch
        self.lines = self._lines()
        reads: dict[int, str] = {}  # the names of the arrays that are read, by their roots
        names = {place: self._operand(place, strides, reads) for place, strides in launch.inputs.items()}
        targets = [(self.tape.arrays[place], self._target(place, self._named(place))) for place in results]
        parameters = [f"const {self._type(root)}* {array}" for root, array in reads.items()]
        parameters += [f"{self._type(place)}* {self._named(place)}" for place in results]
        body = [f"typedef {TYPES[launch.dtype.name]} T;", *self.lines.head]
        if launch.line:
            body += statements(
                self.tape,
                names,
                self._varies,
                targets,
                self.lines.loop,
                self.lines.lanes,
                self.lines.first,
                planner.language,
            )
        else:
            writer = Writer(planner.language, self.tape, names, [result for result, _ in targets])
            body += writer.lines(writer.needed)
            body += [f"{target} = {writer.text(result)};" for result, target in targets]
        head = textwrap.fill(
            f'extern "C" __global__ void {name}({", ".join(parameters)}) {{', 120, subsequent_indent=INDENT
        )
        text = "\n".join([head, *_indented(body), "}"])
        self.code = KernelCode(name, text, self.lines.blocks, self.lines.threads, list(reads), list(results))

    def _varies(self, place: int) -> bool:
        return self.layouts[place].root not in self.launch.numbers

    def _named(self, place: int) -> str:
        """What a kernel calls an array: what Python does, if that is nothing else in CUDA."""
        name = self.called(place)
        if not name.isascii() or not name.isidentifier():
            return f"constant_{place}"
        return name if NAME.fullmatch(name) else f"{name}_"

    def _type(self, place: int) -> str:
        return TYPES[self.tape.arrays[place].dtype.name]

    def _lines(self) -> _Lines:
        shape = self.launch.shape
        assert shape is not None
        size, many = math.prod(shape), math.prod(self.launch.lines)
        if not self.launch.line:
            head = ["int i = blockIdx.x * blockDim.x + threadIdx.x;", f"if (i >= {size}) return;"]
            return _Lines(head, "", "", "i", "", "", -(-size // BLOCK))
        if self.launch.columns:
            rows, columns = size // max(shape[-1], 1), shape[-1]
            head = [f"int j = blockIdx.x * {WARP} + threadIdx.x % {WARP}, lane = threadIdx.x / {WARP};"]
            loop = f"for (int i = lane; i < {rows} && j < {columns}; i += {COLUMN_LANES})"
            first, blocks = f"lane == 0 && j < {columns}", -(-columns // WARP)
            return _Lines(head, loop, "i", "j", "column", first, blocks, WARP * COLUMN_LANES)
        length = size // many if many else 0
        if length > LONG or many == 1:
            head, lanes, step, blocks = ["int i = blockIdx.x, lane = threadIdx.x;"], "block", BLOCK, many
        else:
            lanes, step, blocks = "lanes", WARP, -(-many * WARP // BLOCK)
            head = [
                f"int thread = blockIdx.x * blockDim.x + threadIdx.x, i = thread / {WARP}, lane = thread % {WARP};",
                f"if (i >= {many}) return;",
            ]
        return _Lines(head, f"for (int j = lane; j < {length}; j += {step})", "i", "j", lanes, "lane == 0", blocks)

    # --- operands ---

    def _operand(self, place: int, strides: tuple[int, ...], reads: dict[int, str]) -> str:
        """What a thread reads of an array that lies there."""
        tracer, layout = self.tape.arrays[place], self.layouts[place]
        at = self._index(strides)
        if tracer.fixed:
            value = np.asarray(tracer.value)
            if value.size and value.dtype.kind == "f" and (value == value.flat[0]).all():
                return number(float(value.flat[0]))
            if value.ndim == 1 and value.dtype.kind in "iu" and (value == np.arange(value.size)).all():
                return at
        name = reads.setdefault(layout.root, self._named(layout.root))
        return f"{name}[{f'{layout.offset} + ' * bool(layout.offset)}{at}]"

    def _target(self, place: int, name: str) -> str:
        launch, shape = self.launch, self.launch.shape
        assert shape is not None
        if place in launch.numbers:
            return f"{name}[{self.lines.inner if launch.columns else self.lines.outer}]"
        return f"{name}[{self._index(in_order(shape))}]"

    def _index(self, strides: tuple[int, ...]) -> str:
        """Where in an array the element of a thread lies."""
        shape, line = self.launch.shape, self.launch.line
        assert shape is not None
        split = 0 if not line else len(shape) - (1 if self.launch.columns else line)
        terms = []
        for variable, axes in ((self.lines.outer, slice(0, split)), (self.lines.inner, slice(split, None))):
            terms += _terms(variable, shape[axes], strides[axes])
        return " + ".join(terms) or "0"


def _terms(variable: str, shape: tuple[int, ...], strides: tuple[int, ...]) -> list[str]:
    """The parts of an index that a variable, which counts the elements of a shape, has in it."""
    axes: list[tuple[int, int]] = []  # lengths and strides, of axes that one can go along as along one taken together
    for length, stride in zip(shape, strides, strict=True):
        if length == 1:
            continue
        if axes and axes[-1][1] == stride * length:
            axes[-1] = axes[-1][0] * length, stride
        else:
            axes.append((length, stride))
    found, below = [], 1
    for k in range(len(axes) - 1, -1, -1):
        length, stride = axes[k]
        position = variable if below == 1 else f"{variable} / {below}"
        if k:
            position = f"({position}) % {length}" if below > 1 else f"{position} % {length}"
        below *= length
        if stride:
            atom = position == variable
            found.append(position if stride == 1 else f"{position if atom else f'({position})'} * {stride}")
    return found[::-1]


def _indented(lines: list[str]) -> list[str]:
    depth, found = 1, []
    for line in lines:
        depth -= line == "}"
        found.append("  " * depth + line)
        depth += line.endswith("{")
    return found
