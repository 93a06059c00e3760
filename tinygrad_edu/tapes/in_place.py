"""From a kernel to NumPy: a function that writes into the arrays it is given, and makes none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from .python_code import function_of, function_text
from .tape import Tracer

if TYPE_CHECKING:
    from .kernel import Kernel

CHUNK = 2**18  # elements; an array of so many float32 takes 1 MB


class InPlace:
    """A kernel as a function of flat arrays, whose results are written into the first ones.

    Args:
        spends: whether the arrays after those of the results may be overwritten, too: nobody reads them afterwards.
    Attributes:
        source: its text; it takes the arrays, scratch arrays, and the kernel's `parameters`.
        scratches: how many scratch arrays it takes for temporary results.
    """

    def __init__(self, kernel: Kernel, spends: bool = False):
        self.kernel = kernel
        self._temporary = len(kernel.inputs if spends else kernel.results)  # so many arrays may hold temporary results
        numbers = {place: f"n{k}" for k, place in enumerate(kernel.parameters)}
        names = numbers | {place: f"a{k}" for k, place in enumerate(kernel.inputs)}
        lines, bound, arrays = [], {}, len(kernel.inputs)
        for place, target in self._targets():
            name, function, operands, *_ = kernel.tape.calls[place]
            given = ", ".join([names[x.place] if isinstance(x, Tracer) else repr(x) for x in operands])
            is_where = function is np.where  # which makes an array
            lines.append(f"a{target}[...] = where({given})" if is_where else f"{name}({given}, out=a{target})")
            names[place], bound[name], arrays = f"a{target}", function, max(arrays, target + 1)
        lines += [f"a{k}[...] = {names[p]}" for k, p in enumerate(kernel.results) if names[p] != f"a{k}"]
        self.scratches = arrays - len(kernel.inputs)
        self.source = function_text("update", [*[f"a{k}" for k in range(arrays)], *numbers.values()], lines)
        self._update = function_of(self.source, "update", bound)

    def text(self, arrays: Sequence[str]) -> str:
        """The source as people read it: with these names of the arrays, and how its numbers are computed."""
        names = [*arrays, *[f"s{k}" for k in range(self.scratches)]]
        return self.kernel.numbers_source + "\n\n" + re.sub(r"\ba(\d+)\b", lambda a: names[int(a[1])], self.source)

    def _targets(self) -> Iterator[tuple[int, int]]:
        """(place, target) of each call: the array that it writes into; those beyond the kernel's arrays are scratch.

        A result goes into its own array as soon as the old contents are not needed any more, else into scratch, and at
        the end from there. A temporary one goes into scratch, or into such an array whose time has come.
        """
        arrays, results, last_use = len(self.kernel.inputs), self.kernel.results, self.kernel.last_use
        holder = {place: k for k, place in enumerate(self.kernel.inputs)}  # the array in which a value is
        free: list[int] = []
        scratch = count(arrays)
        for place, call in self.kernel.steps.items():
            used = {x.place for x in call.operands if isinstance(x, Tracer) and x.place in holder}
            free += sorted(holder.pop(p) for p in used if last_use[p] == place)
            own = results.index(place) if place in results else None
            temporary = self._temporary if own is None else 0  # may be in an array of a result; another result may not
            usable = [own] if own in free else [t for t in free if t >= arrays or t < temporary]
            holder[place] = usable[-1] if usable else next(scratch)  # the one that was read last
            free = [t for t in free if t != holder[place]]
            yield place, holder[place]

    def run(self, arrays: Sequence[Any], numbers: Sequence[float], scratch: list[Any]) -> None:
        """Compute the results and write them into the first arrays, which are flat.

        It goes by chunks that fit into the processor's cache, as each is read and written several times.

        Args:
            numbers: the values of the kernel's `parameters`.
            scratch: arrays for temporary results, of the size of a chunk. They are made as needed, and kept by the
                caller from call to call.
        """
        size = arrays[0].size
        chunk = size if size < CHUNK else CHUNK
        if scratch and scratch[0].size < chunk:  # they were made for a part of the arrays
            scratch.clear()
        while len(scratch) < self.scratches:
            scratch.append(np.empty(chunk, dtype=arrays[0].dtype))
        temporary = scratch[: self.scratches]
        if size == chunk == (scratch[0].size if scratch else size):
            self._update(*arrays, *temporary, *numbers)
            return
        for start in range(0, size, CHUNK):
            part = [array[start : start + CHUNK] for array in arrays]
            self._update(*part, *[array[: part[0].size] for array in temporary], *numbers)
