"""Every kernel that the package has CuPy compile."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from oracle.optim_cases import SETTINGS
from tinygrad_edu.backends.cupy import ROW_KERNELS, elementwise_kernel, hook_program
from tinygrad_edu.fuse import Program
from tinygrad_edu.namespaces import Namespace

Kernel = tuple[str, ...]


def optimizer_program(kind: str, settings: dict[str, Any], t: int) -> tuple[Program, dict[str, float]]:
    """What an optimizer computes in step `t`, and the numbers that it takes."""
    optimizer = getattr(tg.optim, kind)([tg.Value(1.0)], **settings)
    (group,) = optimizer.groups
    return optimizer.program(group, t, 2 + len(optimizer.initial_state(group)))


def in_place(program: Program) -> Kernel:
    """The kernel that writes a program's results into its first arrays."""
    return elementwise_kernel(program, tuple(f"a{k}" for k in range(len(program.results))))


PROGRAMS = {
    f"{kind} {k} step {t}": optimizer_program(kind, settings, t)
    for kind, cases in SETTINGS.items()
    for k, settings in enumerate(cases)
    for t in (1, 7)
}
HOOKS = {
    **{f"activate {name}": hook_program(Namespace.activate, name) for name in (None, "relu", "sigmoid", "tanh")},
    **{f"deactivate {name}": hook_program(Namespace.deactivate, name) for name in ("relu", "sigmoid", "tanh")},
}


def all_kernels() -> dict[str, Kernel]:
    """What CuPy's ElementwiseKernel is given, by name."""
    return {
        **{name: in_place(program) for name, (program, _) in PROGRAMS.items()},
        **{name: elementwise_kernel(program, ("y",)) for name, program in HOOKS.items()},
        **ROW_KERNELS,
    }
