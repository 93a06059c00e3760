"""CuPy's kernels, read as Python: a kernel's body is a list of C assignments that Python can run on whole arrays.

Only what the package's kernels say is understood: statements `T x = ...;` and `x = ...;` with arithmetic, comparisons,
`|`, calls of the functions below, casts `(T)(...)`, and parameters of type T.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

_FUNCTIONS = {
    **{name: getattr(np, name) for name in ("sqrt", "exp", "expm1", "log", "log1p", "tanh")},
    **{"fabs": np.abs, "pow": np.power, "select": np.where},
}


class ElementwiseKernel:
    """A function of arrays (and numbers), one launch a call. Arrays given for the results are written into."""

    launch: Callable[[ElementwiseKernel, tuple[Any, ...]], Any]  # set by fake_cupy, which knows its arrays

    def __init__(self, in_params: str, out_params: str, operation: str, name: str = "kernel", preamble: str = ""):
        self.inputs, self.outputs = _names(in_params), _names(out_params)
        assert re.fullmatch(r"\w+", name), f"no name of a C function: {name}"
        statements = [line.strip() for line in operation.split(";") if line.strip()]
        self.program = compile("\n".join(map(_as_python, statements)), name, "exec")

    def __call__(self, *arguments: Any) -> Any:
        return self.launch(arguments)

    def compute(self, hosts: list[Any], outs: list[np.ndarray]) -> list[Any]:
        """The results of host arrays and numbers; `outs` may be read as well, as in a kernel."""
        arrays = [host for host in [*hosts, *outs] if isinstance(host, np.ndarray)]
        assert len({a.dtype for a in arrays}) == 1, f"T cannot be {', '.join(str(a.dtype) for a in arrays)} at once"
        kind = arrays[0].dtype.type
        values: dict[str, Any] = dict(_FUNCTIONS)
        for name, host in zip(self.inputs, hosts, strict=True):
            values[name] = host if isinstance(host, np.ndarray) else kind(host)
        values.update({name: out.copy() for name, out in zip(self.outputs, outs, strict=False)})
        with np.errstate(all="ignore"):
            exec(self.program, values)
        return [np.asarray(values[name], dtype=kind) for name in self.outputs]


def _names(params: str) -> list[str]:
    found = [re.fullmatch(r"T (\w+)", param.strip()) for param in params.split(",")]
    assert all(found), f"not understood: {params}"
    return [match[1] for match in found if match]


def _as_python(statement: str) -> str:
    statement = re.sub(r"^T (\w+ =)", r"\1", statement)
    return re.sub(r"\(T\)(?=\()", "", statement)
