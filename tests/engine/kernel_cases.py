"""Every kernel that the package has CuPy compile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import tinygrad_edu as tg
import tinygrad_edu.train.metrics  # whose parts are kernels, too
from oracle.optim_cases import SETTINGS
from tinygrad_edu.backends.fusing import (
    activation_text,
    kernel_text,
    likeliest_of_rows,
    mean_of_rows,
    part_kernel,
)
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.namespaces.namespace import PARTS
from tinygrad_edu.tapes.cuda.handwritten import DROPOUT_FACTOR, DROPPED, ROWS, SUMS_OF_COLUMNS
from tinygrad_edu.tapes.cuda.language import KernelText, elementwise
from tinygrad_edu.tapes.cuda.lines import line_kernel
from tinygrad_edu.tapes.kernel import Kernel


def optimizer_kernel(kind: str, settings: dict[str, Any], t: int) -> tuple[Kernel, list[float], Callable[..., Any]]:
    """What an optimizer computes in step `t`, the numbers that this takes, and the rule itself, of a namespace and
    arrays."""
    optimizer = getattr(tg.optim, kind)([tg.Value(1.0)], **settings)
    (group,) = optimizer.groups
    arguments = optimizer.arguments(group, t)
    kernel = optimizer.kernel(2 + len(optimizer.initial_state(group)), arguments)
    return kernel, kernel.parameters_of(arguments), partial(type(optimizer).rule, **arguments)


KERNELS = {
    f"{kind} {k} step {t}": optimizer_kernel(kind, settings, t)
    for kind, cases in SETTINGS.items()
    for k, settings in enumerate(cases)
    for t in (1, 7)
}
HOOKS = {f"activate {name}": activation_text(name) for name in (None, "relu", "sigmoid", "tanh")}
for _name in ("relu", "sigmoid", "tanh"):
    HOOKS[f"deactivate {_name}"] = kernel_text(part_kernel("deactivate", _name), "i", "i")


def all_kernels() -> dict[str, KernelText]:
    """Kernels of one element each, by name; their arrays are of the type in which they compute, but for positions."""
    return {
        **{name: elementwise(kernel) for name, (kernel, *_) in KERNELS.items()},
        **HOOKS,
        "dropout factor": DROPOUT_FACTOR,
        "dropped": DROPPED,
        "sums of columns": SUMS_OF_COLUMNS,
        "rows": ROWS,
    }


class Lines(NamedTuple):
    """A rule that goes along lines: what its arrays hold, how many numbers it takes, and its settings."""

    rule: Callable[..., Any]
    places: tuple[str, ...]
    numbers: int = 0
    settings: tuple[tuple[str, Any], ...] = ()
    whole: bool = False  # there is one line, all of an array

    def shapes(self, lines: int, length: int) -> list[tuple[int, ...]]:
        """Those of the arrays."""
        before = () if self.whole else (lines,)
        known = {"element": (*before, length), "line": before, "label": before, "column": (length,), "one": ()}
        return [known[place] for place in self.places]

    def text(self, length: int, lanes: int) -> KernelText:
        shapes = tuple(self.shapes(1, length))
        return line_kernel(self.rule, self.places, shapes, 1, lanes, self.numbers, self.settings).text

    def types(self, kernel: KernelText) -> list[str]:
        """Of the arrays, and of the results."""
        return [*["long long" if place == "label" else "T" for place in self.places], *["T"] * len(kernel.results)]


def _of_operations() -> dict[str, Lines]:
    """The rules of operations that a kernel computes."""
    found = {}
    for op in REGISTRY.values():
        if not op.along_lines:
            continue
        of_result = "line" if "keepdims" in op.defaults else "element"
        operands = ("element", *["column"] * (len(op.rules) - 1))
        settings = tuple((op.defaults | {"axis": -1}).items())
        rules = {op.name: Lines(op.forward, operands, settings=settings)}
        for position, rule in enumerate(op.rules):
            rules[f"{op.name}, backward {position}"] = Lines(rule, (of_result,) * 2 + operands, settings=settings)
        for name, lines in rules.items():
            with suppress(TypeError):  # a single call, or a sum over the lines
                lines.text(2, 32)
                found[name] = lines
    return found


LINES = {
    **_of_operations(),
    "times_normal": Lines(PARTS["times_normal"], ("element", "element"), settings=(("axis", -1), ("eps", 0.1))),
    "cross_entropy_rows": Lines(PARTS["cross_entropy_rows"], ("element", "label")),
    "mean_of_rows": Lines(mean_of_rows, ("element",), 1, whole=True),
    "cross_entropy_slope": Lines(PARTS["cross_entropy_slope"], ("element", "label", "line")),
    "cross_entropy_mean_slope": Lines(PARTS["cross_entropy_mean_slope"], ("element", "label", "one"), 1),
    "likeliest_of_rows": Lines(likeliest_of_rows, ("element",)),
    "with_right_answers": Lines(
        PARTS["with_right_answers"], ("one", "one", "one", "element", "element"), 1, (("above", 0.5),), whole=True
    ),
    "with_squared_distances": Lines(
        PARTS["with_squared_distances"], ("one", "one", "one", "element", "element"), 1, whole=True
    ),
}
