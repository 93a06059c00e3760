"""From a kernel to CUDA: the statements that compute one element, which a GPU runs in a single launch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..expressions import ARITHMETIC, ATOM, PRODUCT, Form, Language, Writer, connectives, functions

if TYPE_CHECKING:
    from ..kernel import Kernel

FORMS = {
    **ARITHMETIC,
    "square": Form("{0} * {0}", PRODUCT, (ATOM,), (0,)),
    **functions("sqrt exp expm1 log log1p sin cos tan sinh cosh tanh erf"),
    "arctan": Form("atan({})"),
    "abs": Form("fabs({})"),
    "sign": Form("select({0} > 0, (T)(1), select({0} < 0, (T)(-1), {0}))", ATOM, (ATOM,), (0,)),
    "power": Form("pow({}, {})"),
    # nan is handed on
    "maximum": Form("select(({0} >= {1}) | ({0} != {0}), {0}, {1})", ATOM, (ATOM, ATOM), (0, 1)),
    "minimum": Form("select(({0} <= {1}) | ({0} != {0}), {0}, {1})", ATOM, (ATOM, ATOM), (0, 1)),
    "where": Form("select({}, {}, {})"),
    **connectives("&", "|", ATOM),
}
PREAMBLE = "#define select(c, a, b) ((c) ? (a) : (b))"
TYPES = {  # of elements, by their dtypes
    **{"float32": "float", "float64": "double", "bool": "bool"},
    **{"int8": "signed char", "int16": "short", "int32": "int", "int64": "long long"},
    **{"uint8": "unsigned char", "uint16": "unsigned short", "uint32": "unsigned", "uint64": "unsigned long long"},
}
_WORDS = {"inf": "1.0 / 0.0", "-inf": "-1.0 / 0.0", "nan": "0.0 / 0.0"}  # C has no word for them without a header


def number(x: float) -> str:
    """A number of the type T of the arrays' elements."""
    return f"(T)({_WORDS.get(repr(x), repr(x))})"


CUDA = Language(
    "a kernel on a GPU",
    FORMS,
    number,
    let="T {} = {};",
    not_zero="{} != 0",
    one_or_zero="select({}, (T)(1), (T)(0))",
)


class KernelText(NamedTuple):
    """A kernel, for arrays of any sizes and types.

    It takes its parameters in this order:

        arrays: those that it reads.
        numbers: as they are declared, such as "double n0".
        results: the arrays that it writes; it may read them, too.
        sizes: counts of elements.

    Attributes:
        statements: of one thread.
        preamble: what its text begins with.
    """

    name: str
    arrays: tuple[str, ...]
    numbers: tuple[str, ...]
    results: tuple[str, ...]
    statements: tuple[str, ...]
    sizes: tuple[str, ...] = ("size",)
    preamble: str = PREAMBLE

    def source(self, of: str, types: Sequence[str]) -> str:
        """The text of its function in CUDA.

        Args:
            of: the type of numbers in which it computes.
            types: those of the elements of its arrays, and of its results.
        """
        parameters = [f"const {kind}* {name}" for kind, name in zip(types, self.arrays, strict=False)]
        parameters += self.numbers
        written = zip(types[len(self.arrays) :], self.results, strict=True)
        parameters += [f"{kind}* {name}" for kind, name in written]
        parameters += [f"long long {name}" for name in self.sizes]
        head = f'extern "C" __global__ void {self.name}({", ".join(parameters)}) {{'
        return "\n".join([self.preamble, f"typedef {of} T;", head, *_indented(self.statements), "}\n"])


def name_of(rule: str) -> str:
    """What the kernel of a rule is called, as profilers show it."""
    return "tinygrad_edu_" + re.sub(r"\W+", "", rule).strip("_")


def _indented(lines: Sequence[str]) -> list[str]:
    depth, found = 1, []
    for line in lines:
        depth -= line == "}"
        found.append("  " * depth + line)
        depth += line.endswith("{")
    return found


# Each thread has an element.
EACH_ELEMENT = ("long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;", "if (i >= size) return;")


def elementwise(kernel: Kernel, results: Sequence[str] = (), indices: Sequence[str] | None = None) -> KernelText:
    """The text of a kernel of arrays a0, a1, ..., and of the numbers n0, n1, ... that are its `parameters`.

    Args:
        results: names of what it computes; by default those of its first arrays, which it overwrites.
        indices: for each array, which of its elements belongs to the element i: "i", if it is not told.
    Raises:
        TypeError: it calls what a kernel cannot.
    """
    arrays = [f"a{k}" for k in range(len(kernel.inputs))]
    written = list(results or arrays[: len(kernel.results)])
    read = [f"{array}[{index}]" for array, index in zip(arrays, indices or ["i"] * len(arrays), strict=True)]
    numbers = [f"n{k}" for k in range(len(kernel.parameters))]
    known = [*read, *[f"(T){name}" for name in numbers]]
    names = dict(zip([*kernel.inputs, *kernel.parameters], known, strict=True))
    lacking = [call.name for call in kernel.steps.values() if call.name not in FORMS]
    if lacking:
        raise TypeError(f"a kernel on a GPU cannot call {lacking[0]}: use {', '.join(FORMS)}")
    found = [kernel.tape.arrays[place] for place in kernel.results]
    writer = Writer(CUDA, kernel.tape, names, found)
    # each result before any array is overwritten
    lines = writer.lines(writer.needed, keep=kernel.results.__contains__)
    lines += [f"{name}[i] = {writer.text(result)};" for name, result in zip(written, found, strict=True)]
    return KernelText(
        name_of(kernel.name),
        tuple(array for array in arrays if array not in written),
        tuple(f"double {name}" for name in numbers),
        tuple(written),
        (*EACH_ELEMENT, *lines),
        ("size", "period") if any("period" in index for index in indices or ()) else ("size",),
    )


def read_by_people(kernel: Kernel, arrays: Sequence[str]) -> str:
    """The statements of `elementwise`, with these names of the arrays, and how its numbers are computed."""
    statements = "\n".join(elementwise(kernel).statements[len(EACH_ELEMENT) :])
    operation = re.sub(r"\ba(\d+)\b", lambda a: arrays[int(a[1])], statements)
    return f'{kernel.numbers_source}\n\nUPDATE = r"""\n{operation}\n"""\n'
