"""From a tape to code for a GPU: a Python function that launches kernels, and these in CUDA.

What is computed element by element, and along lines, is in kernels of our own (`launches.py`); products of matrices are
those of the device's library; all else is a call of the array library, as in an ordinary pass. Intermediate results lie
side by side in one piece of memory, in places that are used again as soon as they are free, and stay there from call to
call. What the function gives is new memory in each call, as it belongs to the caller.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..numpy_code import Code
from ..python_code import free_name
from ..tape import Call, Tape, Tracer
from .kernels import KernelCode, kernel_code
from .lanes import functions_of
from .launches import Launch, Planner
from .layouts import Matrix, layouts, matrix

WORDS = 3  # of what a kernel does, in its name
ALIGNED = 256  # bytes; where an array of a device begins


class DeviceCode(Code):
    """A tape as a function on a device.

    Args:
        inputs, outputs, owned, buffers: see `Code`.
        backend: of the device.
    Attributes:
        source: the text of the kernels, and of the function.
        beside: the names of calls that are neither kernels of ours nor products.
    """

    def __init__(
        self,
        tape: Tape,
        inputs: dict[int, str],
        outputs: Sequence[Tracer],
        owned: Sequence[Tracer],
        buffers: Sequence[tuple[Tracer, str]],
        backend: Any,
    ):
        self.tape, self.backend = tape, backend
        self.kernels: dict[str, KernelCode] = {}
        self.beside: list[str] = []
        self._given: list[tuple[Any, ...]] = []  # shapes and dtypes of the results for which the function makes arrays
        self._reserved: list[Any] = []
        self._new_array = self._empty  # one object, that has one name
        self._on_host = False
        self._constants: dict[int, Any] = {}  # on the device, by their place
        super().__init__(tape, inputs, outputs, owned, buffers)
        if self.kernels:
            texts = "\n".join(kernel.text for kernel in self.kernels.values())
            code = f"{functions_of(texts)}\n{texts}"
            self.bound |= backend.kernels(code, self.kernels)
            self.source = f'KERNELS = r"""\n{code}\n"""\n\n{self.source}'

    # --- where results go ---

    def _buffers(self, kept: list[int], buffers: Sequence[tuple[Tracer, str]]) -> dict[int, str]:
        """The buffers of results that can be written right into them; and where all others lie."""
        self.layouts = layouts(self.tape, self.live)
        self.planner = Planner(self.tape, self.live, self.layouts)
        root = {place: layout.root for place, layout in self.layouts.items()}
        self.outputs = {root[place] for place in kept}
        found: dict[int, str] = {}
        self._written: dict[int, str] = {}  # by the roots
        for tracer, name in buffers:
            place, layout = tracer.place, self.layouts[tracer.place]
            free = layout.root not in self.outputs and layout.root not in self._written
            if free and self._is_written(layout.root) and layout.is_whole:
                found[place] = self._written[layout.root] = name
            else:
                self.beside.append("copy")
        self._last = self._last_launches([root[tracer.place] for tracer, _ in buffers])
        return found

    def _is_written(self, root: int) -> bool:
        """Whether a result is written into an array that it is given: by a kernel of ours, or as a product."""
        if root not in self.planner.of:
            return False
        launch = self.planner.launches[self.planner.of[root]]
        return launch.shape is not None or self._matrices(root) is not None

    def _matrices(self, place: int) -> tuple[Matrix, Matrix] | None:
        """The operands of a product, if it is one that the device's library computes at once."""
        call = self.calls[place]
        if call.name != "matmul" or call.options:
            return None
        dtypes = {x.dtype.name for x in (*self.live.reads[place], self.arrays[place])}
        if dtypes not in ({"float32"}, {"float64"}):
            return None
        left, right = (matrix(self.layouts[x.place]) for x in self.live.reads[place])
        return None if left is None or right is None else (left, right)

    def _last_launches(self, kept: list[int]) -> dict[int, int]:
        """For each result that is read by another launch, or later, the last one that does."""
        found: dict[int, int] = {}
        for place in sorted(self.live.used):
            mine = self.planner.of.get(place)
            for x in self.live.reads[place]:
                root = self.layouts[x.place].root
                if mine is not None and self.planner.of.get(root, mine) != mine:
                    found[root] = max(found.get(root, 0), mine)
        end = len(self.planner.launches)
        return found | dict.fromkeys((root for root in (*kept, *self.outputs) if root in self.planner.of), end)

    def _own(self, outputs: Sequence[Tracer], owned: Sequence[Tracer]) -> Iterator[str]:
        given = {self.layouts[tracer.place].root for tracer in outputs}
        for tracer in owned:
            layout = self.layouts[tracer.place]
            mine = layout.root in self.planner.of and layout.is_whole and layout.root not in given
            yield self._operand(tracer) + ("" if mine else ".copy()")
            self.beside += [] if mine else ["copy"]
            given.add(layout.root)

    # --- lines ---

    def _lines(self) -> Iterator[str]:
        self.names |= {root: name for root, name in self._written.items()}
        shelves = _Shelves()
        ends: dict[int, list[int]] = defaultdict(list)
        for k, launch in enumerate(self.planner.launches):
            results = [place for place in launch.places if place in self._last or launch.shape is None]
            for place in results:
                yield from self._place(place, shelves)
                ends[self._last.get(place, k)].append(place)
            label = self.labels[launch.places[0]]
            comment = f"  # {label}" if label else ""
            yield self._launched(launch, results) + comment
            for place in ends.pop(k, ()):
                shelves.free(place)
        self.bound.update(self._views(shelves))

    def _place(self, place: int, shelves: _Shelves) -> Iterator[str]:
        """Say where a result goes."""
        if place in self.names or not self._is_written(place):
            return
        array, name = self.arrays[place], next(self._new)
        self.names[place] = name
        if place in self.outputs:
            self._given.append((array.shape, array.dtype))
            yield f"{name} = {self._bind('empty', self._new_array)}({array.shape}, {array.dtype.name!r})"
        else:
            shelves.take(place, name, array)

    def _empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return self._reserved.pop() if self._reserved else self.backend.xp.empty(shape, dtype)

    def reserve(self) -> None:
        """Make the arrays that the next call gives, before it."""
        self._reserved = [self.backend.xp.empty(shape, dtype) for shape, dtype in reversed(self._given)]

    def _views(self, shelves: _Shelves) -> dict[str, Any]:
        """The arrays in the one piece of memory that is there for all results in between."""
        memory = self.backend.xp.empty(max(shelves.size, 1), dtype="uint8")
        found = {}
        for name, (start, array) in shelves.arrays.items():
            found[name] = memory[start : start + array.value.nbytes].view(array.dtype).reshape(array.shape)
        return found

    def _launched(self, launch: Launch, results: list[int]) -> str:
        if launch.shape is not None:
            return self._kernel(launch, results)
        (place,) = launch.places
        call = self.calls[place]
        matrices = self._matrices(place)
        if matrices is not None:
            product = self.backend.product(*matrices, self.arrays[place].dtype.name)
            operands = [self._root(x.place) for x in self.live.reads[place]]
            return f"{self._bind('product', product)}({', '.join(operands)}, {self.names[place]})"
        self.beside.append(call.name)
        self._on_host = call.again  # what is checked or uploaded is what it is
        text = self._text(place, call, None)
        self._on_host = False
        if call.again and not self.live.uses[place]:
            return text  # called for what it does, as checks are
        self.names[place] = name = next(self._new)
        if call.again:
            return f"{name} = {text}"
        return f"{name} = {self._bind('whole', whole)}({text})"

    def _kernel(self, launch: Launch, results: list[int]) -> str:
        words = [re.sub(r"\W+.*", "", self.labels[place]) for place in launch.places]
        label = "_".join([*[word for word in dict.fromkeys(words) if word][:WORDS], "kernel"])
        name = free_name(label, lambda free: free not in self.parameters and free not in self.bound)
        self.bound[name] = None  # it is compiled with all others
        kernel = self.kernels[name] = kernel_code(name, self.planner, launch, results, self._root)
        if not kernel.blocks:
            return f"# {name}: there is nothing to compute"
        arrays = [self._root(root) for root in kernel.reads] + [self.names[place] for place in kernel.writes]
        given = ", ".join(arrays) + "," * (len(arrays) == 1)
        return f"{name}(({kernel.blocks},), ({kernel.threads},), ({given}))"

    # --- text ---

    def _root(self, place: int) -> str:
        """The whole array in which an operand lies."""
        return self._operand(self.arrays[self.layouts[place].root])

    def _function(self, call: Call) -> Any:
        return call.function if call.again else getattr(self.backend, call.name)

    def _operand(self, item: Any) -> str:
        if isinstance(item, Tracer):
            place = item.place
            if place not in self.names and self.calls[place].name and self.layouts[place].root != place:
                return self._text(place, self.calls[place], None)  # a view
            if place not in self.names and item.fixed:
                self._constants.setdefault(place, self.backend.asarray(np.asarray(item.value, order="C")))
                return self._bind("c", self._constants[place])
        elif isinstance(item, np.ndarray) and not self._on_host:
            return self._bind("c", self._constants.setdefault(id(item), self.backend.asarray(item)))
        return super()._operand(item)


def whole(array: Any) -> Any:
    """An array as one of its own, in the order of its rows: a copy, where it is a view."""
    return array if array.base is None and array.flags.c_contiguous else array.copy(order="C")


class _Shelves:
    """Places for arrays in one piece of memory, each used again when it is free.

    Attributes:
        size: of the memory, in bytes.
        arrays: by name the first byte of each array, and the array of the tape.
    """

    def __init__(self) -> None:
        self.size = 0
        self.arrays: dict[str, tuple[int, Tracer]] = {}
        self._taken: dict[int, tuple[int, int]] = {}

    def take(self, place: int, name: str, array: Tracer) -> None:
        """The first piece that is free and large enough."""
        size = -(-array.value.nbytes // ALIGNED) * ALIGNED
        start = 0
        for begin, end in sorted(self._taken.values()):
            if begin - start >= size:
                break
            start = max(start, end)
        self._taken[place] = start, start + size
        self.arrays[name] = start, array
        self.size = max(self.size, start + size)

    def free(self, place: int) -> None:
        self._taken.pop(place, None)
