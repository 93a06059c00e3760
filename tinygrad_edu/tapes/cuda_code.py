"""From a kernel to CUDA: the statements that compute one element, which a GPU runs in a single launch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .tape import INFIX, Tracer

if TYPE_CHECKING:
    from .kernel import Kernel

# What calls are written as. T is the type of the array's elements. nan is handed on.
TEXTS = {
    **{name: f"{{0}} {sign} {{1}}" for name, sign in INFIX.items() if sign not in "@&|"},
    "negative": "-{0}",
    "positive": "{0}",
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
}
PREAMBLE = "#define select(c, a, b) ((c) ? (a) : (b))"


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
    lines = []
    for place, (name, _, operands, *_) in kernel.steps.items():
        if name not in TEXTS:
            raise TypeError(f"a kernel on a GPU cannot call {name}: use {', '.join(TEXTS)}")
        given = [names[x.place] if isinstance(x, Tracer) else f"(T)({x!r})" for x in operands]
        names[place] = f"t{place}"
        lines.append(f"T t{place} = {TEXTS[name].format(*given)};")
    lines += [f"{name} = {names[place]};" for name, place in zip(results, kernel.results, strict=True)]
    return KernelText(
        ", ".join(f"T {name}" for name in [a for a in arrays if a not in results] + numbers),
        ", ".join(f"T {name}" for name in results),
        "\n".join(lines),
        f"tinygrad_edu_{kernel.name}",
    )
