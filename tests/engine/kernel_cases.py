"""Every kernel that the package has CuPy compile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tinygrad_edu as tg
from oracle.optim_cases import SETTINGS
from tinygrad_edu.backends.cupy import DROPOUT, ROW_KERNELS, part_kernel
from tinygrad_edu.tapes.cuda_code import KernelText, elementwise
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
HOOKS = {
    **{f"activate {name}": part_kernel("activate", name) for name in (None, "relu", "sigmoid", "tanh")},
    **{f"deactivate {name}": part_kernel("deactivate", name) for name in ("relu", "sigmoid", "tanh")},
}


def all_kernels() -> dict[str, KernelText]:
    """What CuPy's ElementwiseKernel is given, by name."""
    return {
        **{name: elementwise(kernel) for name, (kernel, *_) in KERNELS.items()},
        **HOOKS,
        **ROW_KERNELS,
        "dropout": DROPOUT,
    }
