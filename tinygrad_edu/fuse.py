"""Fusing: several elementwise operations on arrays as one program, written as a formula.

An optimizer's rule is a formula such as `w - lr * g`: pure, readable, and slow as it stands, because each operator
makes an array. Here the formula is called once with `Traced` operands, which only note what is done with them, and the
list of instructions that comes out is read in two ways:

    run_in_place    NumPy: each instruction writes into an array that is not needed any more
    kernel_body     CUDA: the statements of one kernel, which a GPU runs in a single launch

Numbers (a learning rate) are operands too, so a program stays valid when they change. What is computed from numbers
alone is computed in Python, before the arrays are touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .namespaces import FLOATS, Namespace

Rule = Callable[..., Any]

# Functions that instructions may call, with their text in C. T is the type of the array's elements. nan is handed on.
_C = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "negative": "-{0}",
    "square": "{0} * {0}",
    "sqrt": "sqrt({0})",
    "exp": "exp({0})",
    "expm1": "expm1({0})",
    "log": "log({0})",
    "log1p": "log1p({0})",
    "tanh": "tanh({0})",
    "abs": "fabs({0})",
    "power": "pow({0}, {1})",
    "maximum": "select(({0} >= {1}) | ({0} != {0}), {0}, {1})",
    "minimum": "select(({0} <= {1}) | ({0} != {0}), {0}, {1})",
    "where": "select({0} != 0, {1}, {2})",
    "positive": "{0}",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "equal": "{0} == {1}",
}
CHUNK = 2**18  # elements; an array of so many float32 takes 1 MB
_NEVER_RAISE = "add subtract multiply negative greater greater_equal less less_equal equal"  # with Python's floats
_SIGNS = {name: _C[name] for name in _NEVER_RAISE.split()}
PREAMBLE = "#define select(c, a, b) ((c) ? (a) : (b))"


class Instruction(NamedTuple):
    """One call; operands are places (`Traced`) or plain numbers."""

    function: str
    operands: tuple[Any, ...]
    is_array: bool


class Traced:
    """An operand that holds no value and notes what is done with it: the place of a value in a program."""

    __slots__ = ("place", "program")

    def __init__(self, program: Program, place: int):
        self.program, self.place = program, place

    def _note(self, function: str, *operands: Any) -> Traced:
        return self.program.note(function, operands)

    def __bool__(self) -> bool:
        function, _, is_array = self.program.instructions[self.place]
        if is_array or function != "input":
            raise TypeError("a fused formula cannot branch on what it computes: use xp.where")
        return True  # a number that is 0 stands in the program as 0

    def __neg__(self) -> Any:
        return self._note("negative", self)


def _operators(**names: str) -> None:
    for name, function in names.items():
        setattr(Traced, f"__{name}__", lambda a, b, function=function: a._note(function, a, b))
        setattr(Traced, f"__r{name}__", lambda b, a, function=function: b._note(function, a, b))


_operators(add="add", sub="subtract", mul="multiply", truediv="divide", pow="power")
_operators(gt="greater", ge="greater_equal", lt="less", le="less_equal", eq="equal")
Traced.__hash__ = object.__hash__  # type: ignore[method-assign]  # which __eq__ took away


class Program:
    """The instructions of a formula.

    Args:
        rule: `rule(xp, *arrays, **numbers)`, which gives the new contents of the first of its arrays.
        arrays: how many arrays it takes.
        names: its numbers.
        settings: further arguments that decide what is computed; they are fixed in the program.

    Attributes:
        results: the places of what the rule gives, in its order.
        parameters: the places of the numbers that instructions on arrays use; in the code they are n0, n1, ...
        scratches: how many arrays the NumPy code takes for what is in between.
    """

    def __init__(self, rule: Rule, arrays: int, names: Sequence[str] = (), settings: dict[str, Any] | None = None):
        self.rule, self.arrays, self.names, self.settings = rule, arrays, tuple(names), settings or {}
        self.instructions: list[Instruction] = []
        inputs = [self._input(is_array=True) for _ in range(arrays)]
        numbers = {name: self._input(is_array=False) for name in names}
        library = {name: lambda *operands, name=name: self.note(name, operands) for name in _C}
        results = rule(Namespace(SimpleNamespace(**library, __name__="fuse")), *inputs, **numbers, **self.settings)
        self.results = [self._result(r) for r in (results if isinstance(results, tuple) else (results,))]
        self.last_use = {place: k for k, instruction in enumerate(self.instructions) for place in _places(instruction)}
        used = {place for instruction in self.instructions if instruction.is_array for place in _places(instruction)}
        self.parameters = sorted(place for place in used if not self.instructions[place].is_array)
        self.scratches = 0
        self._numbers = self._compile("numbers", self.numbers_source())
        self._update = self._compile("update", self.python_source())

    def _input(self, is_array: bool) -> Traced:
        self.instructions.append(Instruction("input", (), is_array))
        return Traced(self, len(self.instructions) - 1)

    def _result(self, result: Traced) -> int:
        """Its place. An array that is handed through is copied first: another result may overwrite it."""
        return self.note("positive", (result,)).place if result.place < self.arrays else result.place

    def note(self, function: str, operands: tuple[Any, ...]) -> Any:
        """Append an instruction, or compute it if all operands are plain numbers."""
        places = [operand.place for operand in operands if isinstance(operand, Traced)]
        if not places:
            return getattr(FLOATS, function)(*operands)
        is_array = any(self.instructions[place].is_array for place in places)
        self.instructions.append(Instruction(function, operands, is_array))
        return Traced(self, len(self.instructions) - 1)

    def _compile(self, name: str, source: str) -> Any:
        """The function of that name in a Python source."""
        namespace: dict[str, Any] = {name: getattr(np, name) for name in _C}
        # with the module's name, what the package says of warnings holds for this code, too
        namespace |= {"FLOATS": FLOATS, "where": _where, "__name__": __name__}
        exec(compile(source, f"<{self.rule.__qualname__}>", "exec"), namespace)
        return namespace[name]

    # --- numbers -----------------------------------------------------------------------------------------------------

    def numbers(self, given: dict[str, float]) -> list[float]:
        """The values of the `parameters`."""
        return self._numbers(**given)

    def numbers_source(self) -> str:
        """The instructions on numbers as a Python function, which gives the values of the `parameters`."""
        text = {self.arrays + k: name for k, name in enumerate(self.names)}
        lines = []
        for place, (function, operands, is_array) in enumerate(self.instructions):
            if function != "input" and not is_array:
                text[place] = f"n{place}"
                given = [_text(x, text) for x in operands]
                form = _SIGNS.get(function, f"FLOATS.{function}({', '.join(given)})")
                lines.append(f"n{place} = {form.format(*given)}")
        lines.append(f"return [{', '.join(text[place] for place in self.parameters)}]")
        return _function("numbers", self.names, lines)

    # --- NumPy -------------------------------------------------------------------------------------------------------

    def run_in_place(self, arrays: Sequence[Any], given: dict[str, float], scratch: list[Any]) -> None:
        """Compute the results and write them into the first arrays, which are flat.

        An array that is written to is overwritten as soon as its old contents are not needed any more. It goes by
        chunks that fit into the processor's cache, as each is read and written several times.

        Args:
            scratch: arrays for what is in between, of the size of a chunk. They are made as needed, and kept by the
                caller from call to call.
        """
        numbers, size = self._numbers(**given), arrays[0].size
        chunk = size if size < CHUNK else CHUNK
        if scratch and scratch[0].size < chunk:  # they were made for a part of the arrays
            scratch.clear()
        while len(scratch) < self.scratches:
            scratch.append(np.empty(chunk, dtype=arrays[0].dtype))
        if size <= CHUNK:
            self._run_chunk(arrays, scratch, numbers)
            return
        for start in range(0, size, CHUNK):
            self._run_chunk([array[start : start + CHUNK] for array in arrays], scratch, numbers)

    def _run_chunk(self, arrays: Sequence[Any], scratch: list[Any], numbers: list[float]) -> None:
        size = arrays[0].size
        between = [array if array.size == size else array[:size] for array in scratch[: self.scratches]]
        self._update(*arrays, *between, *numbers)

    def python_source(self) -> str:
        """The instructions on arrays as a Python function of arrays, scratch arrays, and the `parameters`."""
        text = {place: f"n{k}" for k, place in enumerate(self.parameters)}
        text.update({k: f"a{k}" for k in range(self.arrays)})
        lines = []
        for function, operands, place, target in self._assign_targets():
            given = [_text(x, text) for x in operands]
            text[place] = f"a{target}"
            lines.append(f"{function}({', '.join(given)}, out=a{target})")
            self.scratches = max(self.scratches, target + 1 - self.arrays)
        lines += [f"a{k}[...] = {text[p]}" for k, p in enumerate(self.results) if text[p] != f"a{k}"]
        names = [f"a{k}" for k in range(self.arrays + self.scratches)] + [f"n{k}" for k in range(len(self.parameters))]
        return _function("update", names, lines)

    def _assign_targets(self) -> Iterator[tuple[str, tuple[Any, ...], int, int]]:
        """(function, operands, place, target) of each instruction on arrays; targets beyond `arrays` are scratch.

        A result goes into its own array as soon as the old contents are not needed any more, else into scratch, and at
        the end from there. What is in between goes into scratch, or into such an array whose time has come.
        """
        holder = {k: k for k in range(self.arrays)}  # where the value of a place lies
        free: list[int] = []
        scratches = 0
        for place, (function, operands, is_array) in enumerate(self.instructions):
            if function == "input" or not is_array:
                continue
            used = {x.place for x in operands if isinstance(x, Traced) and x.place in holder}
            dying = {holder.pop(p) for p in used if self.last_use[p] == place and p not in self.results}
            old = 0 if place in self.results else len(self.results)  # how many arrays may be written to before the end
            usable = sorted(t for t in dying if t >= self.arrays or t < old)
            own = self._own_array(place, holder)
            if own is not None:
                target = own
            elif usable:
                target = usable[-1]
            elif free:
                target = free.pop()
            else:
                target = self.arrays + scratches
                scratches += 1
            free += [t for t in dying if t >= self.arrays and t != target]
            holder[place] = target
            yield function, operands, place, target

    def _own_array(self, place: int, holder: dict[int, int]) -> int | None:
        """The array that a result belongs to, if its old contents are not needed any more."""
        if place in self.results:
            target = self.results.index(place)
            if target not in holder.values():
                return target
        return None

    # --- CUDA --------------------------------------------------------------------------------------------------------

    def kernel_body(self, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        """The statements that compute one element, of type T.

        Args:
            inputs: the names of the arrays' elements; the numbers of `parameters` are called n0, n1, ...
            outputs: the names of the elements to assign the results to; they may be those of inputs.
        """
        text: dict[int, str] = dict(enumerate(inputs))
        text |= {place: f"n{k}" for k, place in enumerate(self.parameters)}
        lines = []
        for place, (function, operands, is_array) in enumerate(self.instructions):
            if function != "input" and is_array:
                given = [text[x.place] if isinstance(x, Traced) else f"(T)({x!r})" for x in operands]
                text[place] = f"t{place}"
                lines.append(f"T t{place} = {_C[function].format(*given)};")
        lines += [f"{name} = {text[place]};" for name, place in zip(outputs, self.results, strict=True)]
        return "\n".join(lines)


def _text(operand: Any, text: dict[int, str]) -> str:
    return text[operand.place] if isinstance(operand, Traced) else repr(operand)


def _function(name: str, parameters: Sequence[str], lines: list[str]) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"def {name}({', '.join(parameters)}):\n{body}"


def _places(instruction: Instruction) -> list[int]:
    return [operand.place for operand in instruction.operands if isinstance(operand, Traced)]


def _where(condition: Any, a: Any, b: Any, out: Any) -> None:
    out[...] = np.where(condition, a, b)
