"""CuPy's kernels, read as Python: a kernel's body is C that Python can run on whole arrays, all elements at once.

Only what the package's kernels say is understood, one statement a line: `T x = ...;`, `int x = ...;`, `x = ...;`
with arithmetic, comparisons, `|`, calls of the functions below and casts `(T)(...)`; loops over j, with the
closing brace on a line of its own; parameters of type T, I (the labels' type), int32
or uint32, and raw ones, indexed by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

_FUNCTIONS = {
    **{name: getattr(np, name) for name in "sqrt exp expm1 log log1p sin cos tan sinh cosh tanh".split()},
    **{"fabs": np.abs, "pow": np.power, "atan": np.arctan, "erf": np.vectorize(math.erf, otypes=[float])},
    "inf": math.inf,
    "nan": math.nan,
    "unsigned": lambda a: np.asarray(a).astype("uint32"),
}
_MACROS = {"#define select(c, a, b) ((c) ? (a) : (b))": {"select": np.where}, "": {}}


class ElementwiseKernel:
    """A function of arrays (and numbers), one launch a call. Arrays given for the results are written into."""

    launch: Callable[[ElementwiseKernel, tuple[Any, ...]], Any]  # set by fake_cupy, which knows its arrays

    def __init__(
        self,
        in_params: str,
        out_params: str,
        operation: str,
        name: str = "kernel",
        reduce_dims: bool = True,
        preamble: str = "",
    ):
        assert reduce_dims in (True, False), f"reduce_dims is no text: {reduce_dims}"
        self.functions = _FUNCTIONS | _MACROS[preamble]
        self.types = _types(in_params) | _types(out_params)
        self.inputs, self.outputs = list(_types(in_params)), list(_types(out_params))
        assert re.fullmatch(r"\w+", name), f"no name of a C function: {name}"
        self.program = compile(_as_python(operation), name, "exec")

    def __call__(self, *arguments: Any) -> Any:
        return self.launch(arguments)

    def compute(self, hosts: list[Any], outs: list[np.ndarray]) -> list[Any]:
        """The results of host arrays and numbers; `outs` may be read as well, as in a kernel."""
        given = dict(zip([*self.inputs, *self.outputs], [*hosts, *outs], strict=False))
        arrays = {name: host for name, host in given.items() if isinstance(host, np.ndarray)}
        dtypes = {a.dtype for name, a in arrays.items() if self.types[name].endswith("T")}
        assert len(dtypes) == 1, f"T cannot be {', '.join(map(str, dtypes))} at once"
        kind = dtypes.pop().type
        # raw arrays have a say neither in the number of threads nor in the shape of the results
        seen = [n for n in self.inputs if n in arrays and not self._is_raw(n)] or self.outputs
        shape = np.broadcast_shapes(*[arrays[n].shape for n in seen if n in arrays and not self._is_raw(n)])
        assert all(self._is_raw(n) or arrays[n].shape == shape for n in self.outputs if n in arrays), "Out shape"
        values: dict[str, Any] = {**self.functions, "i": np.arange(np.prod(shape, dtype=int)).reshape(shape)}
        for name, host in given.items():
            if name not in arrays:
                values[name] = {"T": kind, "uint32": np.uint32}.get(self.types[name], lambda x: x)(host)
            elif self._is_raw(name):
                values[name] = host.reshape(-1)
            else:  # C computes with small integers as int
                values[name] = host.astype("int32") if host.dtype.kind in "iu" and host.itemsize < 4 else host.copy()
        with np.errstate(all="ignore"):
            exec(self.program, values)
        return [given[n] if self._is_raw(n) else np.asarray(values[n], dtype=kind) for n in self.outputs]

    def _is_raw(self, name: str) -> bool:
        return self.types[name].startswith("raw")


def _types(params: str) -> dict[str, str]:
    found = [re.fullmatch(r"((?:raw )?(?:T|I|int32|uint32)) (\w+)", param.strip()) for param in params.split(",")]
    assert all(found), f"not understood: {params}"
    return {match[2]: match[1] for match in found if match}


def _as_python(operation: str) -> str:
    lines, depth = [], 0
    for line in filter(None, map(str.strip, operation.splitlines())):
        loop = re.fullmatch(r"for \(int (\w+) = (\d+); \1 < (\w+); \1\+\+\) \{", line)
        if line == "}":
            depth -= 1
        elif loop:
            lines.append("    " * depth + f"for {loop[1]} in range({loop[2]}, {loop[3]}):")
            depth += 1
        else:
            assert line.endswith(";") and line.count(";") == 1, f"not one statement: {line}"
            statement = re.sub(r"^(T|int|unsigned) (?=\w+ =)", "", line[:-1])
            statement = re.sub(r"\(unsigned\)(?=\()", "unsigned", statement)
            statement = statement.replace("1.0 / 0.0", "inf").replace("0.0 / 0.0", "nan")
            lines.append("    " * depth + re.sub(r"\(T\)(?=\()", "", statement))
    return "\n".join(lines)
