"""From a tape to code: its calls as one Python function, as one would write it by hand.

Calls whose result nobody uses are left out. A result is written over an operand that is not needed any more, and a
gradient right into the array in which it shall lie. Arrays that are large go as soon as they are not needed.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from .liveness import Liveness
from .python_code import free_name, function_of, function_text
from .tape import INFIX, Call, Tape, Tracer, is_elementwise, layout

WRITTEN = {"inf": math.inf, "nan": math.nan, "slice": slice}  # what constants are written with
ARITHMETIC = (np.add, np.subtract, np.multiply, np.divide)
REDUCTIONS = "sum", "max", "min"  # which write into a given array, as ufuncs do


class Code:
    """A tape as a function.

    Args:
        inputs: places of arrays that the function takes, with their names.
        outputs: arrays that it gives.
        owned: arrays that it gives after these, and that nobody else must have.
        buffers: arrays that it writes into arrays which it takes after the inputs, with the names of these.
    Attributes:
        source: its text.
        run: the function, which gives a tuple.
    """

    def __init__(
        self,
        tape: Tape,
        inputs: dict[int, str],
        outputs: Sequence[Tracer],
        owned: Sequence[Tracer],
        buffers: Sequence[tuple[Tracer, str]],
    ):
        self.calls, self.arrays, self.labels = tape.calls, tape.arrays, tape.labels
        kept = [tracer.place for tracer in (*outputs, *owned)]
        self.live = Liveness(tape, kept, [tracer.place for tracer, _ in buffers])
        self.buffers = self._buffers(kept, buffers)
        self.names = dict(inputs)  # of arrays by their places; what is written where it is used has its text here
        self.parameters = taken = [*inputs.values(), *[name for _, name in buffers]]
        self.constants: dict[str, Any] = {}
        self.bound: dict[str, Any] = {**WRITTEN, "step": None, "__name__": None}  # names that are taken
        self._new = (name for k in count(1) if (name := f"a{k}") not in taken)
        lines = list(self._lines())
        lines += [f"{b}[...] = {self._operand(tracer)}" for tracer, b in buffers if self.buffers.get(tracer.place) != b]
        results = [self._operand(tracer) for tracer in outputs] + list(self._own(outputs, owned))
        lines.append(f"return {', '.join(results)}{',' * (len(results) == 1)}")
        comments = [f"# {name}: {_shown(item)}" for name, item in self.constants.items()]
        self.source = function_text("step", self.parameters, [*comments, *lines])
        self.run = function_of(self.source, "step", self.bound)

    # --- where results go ---

    def _buffers(self, kept: list[int], buffers: Sequence[tuple[Tracer, str]]) -> dict[int, str]:
        """The buffers of results that can be written right into them."""
        found: dict[int, str] = {}
        given = {self.live.memory[place] for place in kept}
        for tracer, name in buffers:
            place, call = tracer.place, self.calls[tracer.place]
            takes_out = isinstance(call.function, np.ufunc) or call.name in REDUCTIONS
            # in another order of axes it would be summed in another order
            in_order = self.live.is_own(place) and tracer.value.flags.c_contiguous
            if takes_out and in_order and place not in found and self.live.memory[place] not in given:
                found[place] = name
        return found

    def _own(self, outputs: Sequence[Tracer], owned: Sequence[Tracer]) -> Iterator[str]:
        """Results that nobody else has: copies, where somebody has. NumPy's scalars cannot be written into."""
        memory = self.live.memory
        given = {memory[tracer.place] for tracer in outputs}
        for tracer in owned:
            mine = self.live.is_own(tracer.place) and memory[tracer.place] not in given
            yield self._operand(tracer) + ("" if mine or isinstance(tracer.value, np.generic) else ".copy()")
            given.add(memory[tracer.place])

    # --- lines ---

    def _lines(self) -> Iterator[str]:
        label = ""
        for place in sorted(self.live.used):
            call = self.calls[place]
            if not call.name:
                continue  # an input
            if self.live.memory[place] != place and not call.again and self.live.uses[place] == 1:  # a view
                self.names[place] = self._text(place, call, None)  # written where it is used
                continue
            if self.labels[place] not in ("", label):
                label = self.labels[place]
                yield f"# {label}"
            yield self._line(place, call)
            gone = self._gone(place)
            if gone:
                yield f"del {', '.join(gone)}"

    def _line(self, place: int, call: Call) -> str:
        target = self._target(place, call)
        text = self._text(place, call, target)
        if call.again and not self.live.uses[place]:
            return text  # called for what it does, as checks are
        if target is None:
            target = next(self._new)
            text = f"{target} = {text}"
        self.names[place] = target
        return text

    def _target(self, place: int, call: Call) -> str | None:
        """The name of an array to write the result into; None for a new one."""
        if place in self.buffers:
            return self.buffers[place]
        if call.overwrites:
            return self.names[call.operands[0].place] if self.live.ends(call.operands[0], place) else None
        if call.function is np.where or not (is_elementwise(call.function) and self.live.is_own(place)):
            return None
        result = self.arrays[place].value
        for operand in call.operands:
            free = isinstance(operand, Tracer) and self.live.ends(operand, place)
            if free and layout(operand.value) == layout(result):
                return self.names[operand.place]
        return None

    def _gone(self, place: int) -> list[str]:
        """The names of large arrays that this call was the last to use, and of their views."""
        large = self.live.large_ended(place)
        names = {self.names[k] for k in self.names if self.live.memory[k] in large} if large else set()
        return sorted(name for name in names if name.isidentifier() and name != self.names.get(place))

    # --- text ---

    def _text(self, place: int, call: Call, target: str | None) -> str:
        given = [self._number(x, place, call) or self._operand(x) for x in call.operands]
        options = [
            f"{name}={self._operand(x)}"
            for name, x in call.options
            if (name != "keepdims" or x is not False) and (name != "order" or target is None)
        ]
        if call.overwrites:
            given[0] += ".copy()" if target is None else ""
        elif target is not None:
            options.append(f"out={target}")
        elif call.name in INFIX and not options:
            return f"{given[0]} {INFIX[call.name]} {given[1]}"
        if call.name == "[]":
            return f"{given[0]}[{self._index(call.operands[1])}]"
        if call.name.startswith("."):
            return f"{given[0]}{call.name}({', '.join(given[1:] + options)})"
        return f"{self._bind(call.name, self._function(call))}({', '.join(given + options)})"

    def _function(self, call: Call) -> Any:
        """What the code calls."""
        return call.function

    def _number(self, item: Any, place: int, call: Call) -> str | None:
        """A constant whose elements are all the same as a number, where the result has the layout of another operand.

        Else the constant has a say in the result's shape, dtype or order of axes.
        """
        if not (isinstance(item, Tracer) and item.fixed and (call.function in ARITHMETIC or call.overwrites)):
            return None
        form = layout(self.arrays[place].value)
        others = [x for x in call.operands if isinstance(x, Tracer) and x is not item]
        alike = item.dtype == form[0] and any(layout(x.value) == form for x in others)
        if not alike or item.dtype.char not in "efd" or not item.size:
            return None
        first = item.value.flat[0]
        if not first or not (item.value == first).all():  # 0.0 may be -0.0, too
            return None
        short = str(first)
        return short if first.dtype.type(float(short)) == first else repr(float(first))

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(map(self._index, index)) + "," * (len(index) == 1)
        if isinstance(index, slice):
            start, stop, step = ["" if x is None else str(operator.index(x)) for x in _parts(index)]
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return self._operand(index)

    def _operand(self, item: Any) -> str:
        if isinstance(item, Tracer):
            return self.names.get(item.place) or self._operand(item.value)
        if isinstance(item, (tuple, list)):
            inside = ", ".join(map(self._operand, item)) + "," * (isinstance(item, tuple) and len(item) == 1)
            return f"({inside})" if isinstance(item, tuple) else f"[{inside}]"
        if item is ...:
            return "..."
        if isinstance(item, slice):
            return f"slice({', '.join(str(x if x is None else operator.index(x)) for x in _parts(item))})"
        if item is None or type(item) in (bool, int, float, str):
            return repr(item)
        if isinstance(item, (np.ndarray, np.generic)):
            name = self._bind("c", item)
            self.constants[name] = item
            return name
        called = (getattr(item, attribute, None) for attribute in ("__name__", "name", "device"))
        return self._bind(next((name for name in called if isinstance(name, str)), "c"), item)

    def _bind(self, name: str, item: Any) -> str:
        """A name for something that the code uses, which is none of its variables."""
        name = name if name.isidentifier() and not re.fullmatch(r"a\d+", name) else "function"
        return free_name(name, lambda free: free not in self.parameters and self.bound.setdefault(free, item) is item)


def _shown(constant: Any) -> str:
    """What a constant is, for a comment."""
    if not constant.ndim:
        return repr(constant)
    numbers = np.array2string(constant.reshape(-1), threshold=6, edgeitems=2, separator=", ", max_line_width=1000)
    return f"{numbers}, an array of {constant.dtype}, shape {constant.shape}"


def _parts(index: slice) -> tuple[Any, Any, Any]:
    return index.start, index.stop, index.step
