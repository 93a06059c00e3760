"""From a kernel to CUDA: the statements that compute one element, which a GPU runs in a single launch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .expressions import ARITHMETIC, ATOM, PRODUCT, Form, Language, Writer, connectives, functions

if TYPE_CHECKING:
    from .kernel import Kernel

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
    """What CuPy's ElementwiseKernel takes: parameters in and out, the body, a name, and what stands before it."""

    in_params: str
    out_params: str
    operation: str
    name: str
    preamble: str = PREAMBLE


def elementwise(kernel: Kernel, results: Sequence[str] = ()) -> KernelText:
    """The text of a kernel of arrays a0, a1, ..., and of the numbers n0, n1, ... that are its `parameters`.

    Args:
        results: names of what it computes; by default those of its first arrays, which it overwrites.
    """
    arrays = [f"a{k}" for k in range(len(kernel.inputs))]
    results = results or arrays[: len(kernel.results)]
    numbers = [f"n{k}" for k in range(len(kernel.parameters))]
    names = dict(zip([*kernel.inputs, *kernel.parameters], [*arrays, *numbers], strict=True))
    lacking = [call.name for call in kernel.steps.values() if call.name not in FORMS]
    if lacking:
        raise TypeError(f"a kernel on a GPU cannot call {lacking[0]}: use {', '.join(FORMS)}")
    found = [kernel.tape.arrays[place] for place in kernel.results]
    writer = Writer(CUDA, kernel.tape, names, found)
    # each result before any array is overwritten
    lines = writer.lines(writer.needed, keep=kernel.results.__contains__)
    lines += [f"{name} = {writer.text(result)};" for name, result in zip(results, found, strict=True)]
    return KernelText(
        ", ".join(f"T {name}" for name in [a for a in arrays if a not in results] + numbers),
        ", ".join(f"T {name}" for name in results),
        "\n".join(lines),
        f"tinygrad_edu_{kernel.name}",
    )


def read_by_people(kernel: Kernel, arrays: Sequence[str]) -> str:
    """The statements of `elementwise`, with these names of the arrays, and how its numbers are computed."""
    operation = re.sub(r"\ba(\d+)\b", lambda a: arrays[int(a[1])], elementwise(kernel).operation)
    return f'{kernel.numbers_source}\n\nUPDATE = r"""\n{operation}\n"""\n'
