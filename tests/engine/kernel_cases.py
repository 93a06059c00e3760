"""Every kernel that the package has CuPy compile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import tinygrad_edu as tg
from oracle.optim_cases import SETTINGS
from tinygrad_edu.backends.fusing import DROPOUT, activation_text, kernel_text, part_kernel
from tinygrad_edu.namespaces.namespace import PARTS
from tinygrad_edu.tapes.cuda_code import KernelText, elementwise
from tinygrad_edu.tapes.kernel import Kernel
from tinygrad_edu.tapes.line_code import line_kernel


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
    """Kernels of one element each, by name; all of their arrays are of the type in which they compute."""
    return {
        **{name: elementwise(kernel) for name, (kernel, *_) in KERNELS.items()},
        **HOOKS,
        "dropout": DROPOUT,
    }


class Lines(NamedTuple):
    """A rule that goes along rows: what its arrays hold, and how many numbers it takes."""

    rule: Callable[..., Any]
    places: tuple[str, ...]
    numbers: int = 0

    def text(self, length: int, lanes: int) -> KernelText:
        shapes = {"element": (1, length), "label": (1,), "line": (1,), "one": (), "column": (length,)}
        return line_kernel(self.rule, self.places, tuple(shapes[p] for p in self.places), 1, lanes, self.numbers).text

    def types(self) -> list[str]:
        """Of the arrays, and of the result."""
        return [*["long long" if place == "label" else "T" for place in self.places], "T"]


LINES = {
    "cross_entropy_rows": Lines(PARTS["cross_entropy_rows"], ("element", "label")),
    "cross_entropy_slope": Lines(PARTS["cross_entropy_slope"], ("element", "label", "line")),
    "cross_entropy_mean_slope": Lines(PARTS["cross_entropy_mean_slope"], ("element", "label", "one"), 1),
}
