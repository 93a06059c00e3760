"""From a tape to code: its calls as one Python function, as one would write it by hand.

Calls whose result nobody uses are left out. A result is written over an operand that is not needed any more, and a
gradient right into the array in which it shall lie. Arrays that are large go as soon as they are not needed.
"""

from __future__ import annotations

import linecache
import math
import operator
import re
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from .tape import INFIX, Call, Noted, Tape, operands_of

LARGE = 2**16  # bytes; smaller arrays live until the end of the function
WRITTEN = {"inf": math.inf, "nan": math.nan, "slice": slice}  # what constants are written with
_texts = count(1)  # of all functions, so that none is shown in place of another


class Code:
    """A tape as a function.

    Args:
        inputs: places of arrays that the function takes, with their names.
        outputs: arrays that it gives.
        owned: arrays that it gives after these, and that nobody else must have.
        homes: arrays that it writes into arrays which it takes after the inputs, with the names of these.
    Attributes:
        source: its text.
        run: the function, which gives a tuple.
    """

    def __init__(
        self,
        tape: Tape,
        inputs: dict[int, str],
        outputs: Sequence[Noted],
        owned: Sequence[Noted],
        homes: Sequence[tuple[Noted, str]],
    ):
        self.calls, self.arrays, self.labels = tape.calls, tape.arrays, tape.labels
        kept = [noted.place for noted in (*outputs, *owned)]
        self.used = self._reach([*kept, *[noted.place for noted, _ in homes]])
        self.uses = Counter([x.place for place in self.used for x in operands_of(self.calls[place])] + 2 * kept)
        self.memory = self._memories()
        self.last_use = self._last_uses([*kept, *[noted.place for noted, _ in homes]])
        self.homes = self._homes(kept, homes)
        self.names = dict(inputs)
        self.parameters = [*inputs.values(), *[name for _, name in homes]]
        self.bound: dict[str, Any] = dict(WRITTEN)
        self.bound["__name__"] = __name__  # so that what the package says of warnings holds for the code, too
        self._new = (name for k in count(1) if (name := f"a{k}") not in self.parameters)
        lines = list(self._lines())
        lines = [*self._constants(), *lines]
        lines += [f"{h}[...] = {self.names[noted.place]}" for noted, h in homes if self.homes.get(noted.place) != h]
        results = [self.names[noted.place] for noted in outputs] + list(self._own(outputs, owned))
        lines.append(f"return {', '.join(results)}{',' * (len(results) == 1)}")
        self.source = f"def step({', '.join(self.parameters)}):\n" + "".join(f"    {line}\n" for line in lines)
        self.run = self._compile()

    def _compile(self) -> Any:
        name = f"<compiled {next(_texts)}>"
        exec(compile(self.source, name, "exec"), self.bound)
        function = self.bound["step"]
        linecache.cache[name] = len(self.source), None, self.source.splitlines(True), name  # for tracebacks
        weakref.finalize(function, linecache.cache.pop, name, None)
        return function

    # --- which arrays live how long ---

    def _reach(self, places: list[int]) -> set[int]:
        """The calls that these places, and the calls that are made in any case, depend on."""
        waiting = places + [place for place, call in enumerate(self.calls) if call.again]
        reached: set[int] = set()
        while waiting:
            place = waiting.pop()
            if place not in reached:
                reached.add(place)
                waiting += [operand.place for operand in operands_of(self.calls[place])]
        return reached

    def _memories(self) -> list[int]:
        """For each array the one in whose memory it lies: itself, or the one of which it is a view."""
        found: list[int] = []
        for place, call in enumerate(self.calls):
            value = self.arrays[place].value
            operands = [] if call.overwrites else operands_of(call)
            # whether reshape copies depends on the strides of its operand
            shared = [x for x in operands if _reshapes(call) or np.may_share_memory(value, x.value)]
            found.append(found[shared[0].place] if shared else place)
        return found

    def _last_uses(self, kept: list[int]) -> dict[int, int]:
        """For each memory the last call that reads it; the end, for what is given or brought home."""
        last = {self.memory[x.place]: place for place in sorted(self.used) for x in operands_of(self.calls[place])}
        return last | {self.memory[place]: len(self.calls) for place in kept}

    def _is_own(self, place: int) -> bool:
        """Whether the function makes this array, and so may write into it."""
        call = self.calls[place]
        is_array = isinstance(self.arrays[place].value, np.ndarray) and self.arrays[place].ndim > 0
        return is_array and bool(call.name) and not call.again and self.memory[place] == place

    def _homes(self, kept: list[int], homes: Sequence[tuple[Noted, str]]) -> dict[int, str]:
        """Where to write what can be written right home."""
        found: dict[int, str] = {}
        for noted, name in homes:
            place = noted.place
            if place not in found and place not in kept and self._is_own(place) and self._goes_home(place):
                found[place] = name
        return found

    def _goes_home(self, place: int) -> bool:
        """Whether a result can be written there; in another order of axes it would be summed in another order."""
        return _takes_out(self.calls[place]) and self.arrays[place].value.flags.c_contiguous

    def _own(self, outputs: Sequence[Noted], owned: Sequence[Noted]) -> Iterator[str]:
        """Results that nobody else has: copies, where somebody has."""
        given = {self.memory[noted.place] for noted in outputs}
        for noted in owned:
            name, memory = self.names[noted.place], self.memory[noted.place]
            yield name if self._is_own(noted.place) and memory not in given else f"{name}.copy()"
            given.add(memory)

    # --- lines ---

    def _lines(self) -> Iterator[str]:
        label = ""
        for place in sorted(self.used):
            call = self.calls[place]
            if not call.name:
                if place not in self.names:
                    self.names[place] = self._bind("c", self.arrays[place].value)
                continue
            if self._is_view(place) and self.uses[place] == 1:
                self.names[place] = self._text(call, None)  # written where it is used
                continue
            if self.labels[place] not in ("", label):
                label = self.labels[place]
                yield f"# {label}"
            yield self._line(place, call)
            gone = self._gone(place)
            if gone:
                yield f"del {', '.join(gone)}"

    def _is_view(self, place: int) -> bool:
        return self.memory[place] != place and not self.calls[place].again

    def _line(self, place: int, call: Call) -> str:
        target = self._target(place, call)
        text = self._text(call, target)
        if target is None:
            target = next(self._new)
            text = f"{target} = {text}"
        self.names[place] = target
        return text

    def _target(self, place: int, call: Call) -> str | None:
        """The name of an array to write the result into; None for a new one."""
        if place in self.homes:
            return self.homes[place]
        if call.overwrites:
            return self.names[call.operands[0].place] if self._ends(call.operands[0], place) else None
        if not (isinstance(call.function, np.ufunc) and call.function.signature is None and self._is_own(place)):
            return None
        result = self.arrays[place].value
        for operand in call.operands:
            if isinstance(operand, Noted) and self._ends(operand, place):
                array = operand.value
                if (array.dtype, array.shape, array.strides) == (result.dtype, result.shape, result.strides):
                    return self.names[operand.place]
        return None

    def _ends(self, operand: Noted, place: int) -> bool:
        """Whether an array may be overwritten by the call that is its last use."""
        return self._is_own(operand.place) and self.last_use[operand.place] == place

    def _gone(self, place: int) -> list[str]:
        """The names of large arrays that this call was the last to use, and of their views."""
        ended = {self.memory[x.place] for x in operands_of(self.calls[place])}
        large = [k for k in ended if self._ends(self.arrays[k], place) and self.arrays[k].value.nbytes >= LARGE]
        names = {self.names[k] for k in self.names if self.memory[k] in large} if large else set()
        return sorted(name for name in names if name.isidentifier() and name != self.names[place])

    # --- text ---

    def _text(self, call: Call, target: str | None) -> str:
        given = [self._operand(x) for x in call.operands]
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
        return f"{self._bind(call.name, call.function)}({', '.join(given + options)})"

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(map(self._index, index)) + "," * (len(index) == 1)
        if isinstance(index, slice):
            start, stop, step = ["" if x is None else str(operator.index(x)) for x in _parts(index)]
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return self._operand(index)

    def _operand(self, item: Any) -> str:
        if isinstance(item, Noted):
            return self.names[item.place]
        if isinstance(item, (tuple, list)):
            inside = ", ".join(map(self._operand, item)) + "," * (isinstance(item, tuple) and len(item) == 1)
            return f"({inside})" if isinstance(item, tuple) else f"[{inside}]"
        if item is ...:
            return "..."
        if isinstance(item, slice):
            return f"slice({', '.join(str(x if x is None else operator.index(x)) for x in _parts(item))})"
        if item is None or type(item) in (bool, int, float, str):
            return repr(item)
        return self._bind("c", item)

    def _bind(self, name: str, item: Any) -> str:
        """A name for something that the code uses, which is none of its variables."""
        name = name if name.isidentifier() and not re.fullmatch(r"a\d+", name) else "function"
        free = name
        for k in count(2):
            if free not in self.parameters and self.bound.setdefault(free, item) is item:
                break
            free = f"{name}_{k}"
        return free

    def _constants(self) -> Iterator[str]:
        """What the constants are."""
        for name, item in self.bound.items():
            if name.partition("_")[0] == "c" and not callable(item):
                is_array = isinstance(item, np.ndarray) and item.ndim
                value = f"an array of {item.dtype}, shape {item.shape}" if is_array else str(item)
                yield f"# {name}: {value}"


def _parts(index: slice) -> tuple[Any, Any, Any]:
    return index.start, index.stop, index.step


def _reshapes(call: Call) -> bool:
    return call.name in ("reshape", ".reshape")


def _takes_out(call: Call) -> bool:
    """Whether the function is one of NumPy's that write where they are told to."""
    function = call.function
    reduces = getattr(function, "__name__", "") == "reduce" and isinstance(getattr(function, "__self__", 0), np.ufunc)
    return isinstance(function, np.ufunc) or reduces
