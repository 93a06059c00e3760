"""CuPy's RawKernel, read as Python: the text of a kernel is C that Python can run for all threads at once.

Only what the package's kernels say is understood, one statement a line: `T x = ...;`, `x = ...;`, `a[...] = ...;` with
arithmetic, comparisons, `&`, `|`, casts and the functions below; loops `for (int j = lane; j < n; j += LANES) {` and
conditions `if (...) {`, with the closing brace on a line of its own; `if (...) return;`. A variable is a number, or an
array with one number for each thread. One thread goes along a line, where on a GPU the lanes of a warp or a block do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_edu.tapes.cuda.handwritten import ROWS, SUMS_OF_COLUMNS
from tinygrad_edu.tapes.cuda.lanes import BLOCK, WARP, functions_of
from tinygrad_edu.tapes.cuda.language import PREAMBLE, TYPES
from tinygrad_edu.tapes.cuda.lines import POSITION

_FUNCTIONS = {
    **{name: getattr(np, name) for name in "sqrt exp expm1 log log1p sin cos tan sinh cosh tanh".split()},
    **{"fabs": np.abs, "pow": np.power, "atan": np.arctan, "erf": np.vectorize(math.erf, otypes=[float])},
    "unsigned": lambda a: np.asarray(a).astype("uint32"),
    "select": np.where,
    "larger": lambda a, b: np.where((a >= b) | (a != a), a, b),
    "smaller": lambda a, b: np.where((a <= b) | (a != a), a, b),
    "position": lambda label, length: label % length,
    **{f"{name}_of_{lanes}": lambda x: x for name in ("sum", "max", "min") for lanes in ("lanes", "block", "column")},
    **{"LANES": 1, "WIDTH": 1, "inf": math.inf, "nan": math.nan},
}
_KNOWN = set(functions_of(" ".join(f"{name}(" for name in _FUNCTIONS)).splitlines())  # lines before a kernel
_KNOWN |= {PREAMBLE, POSITION, *(f"#define LANES {n}" for n in (WARP, BLOCK))}
_KNOWN |= {ROWS.preamble, *SUMS_OF_COLUMNS.preamble.splitlines()}
_DTYPES = {kind: np.dtype(name) for name, kind in TYPES.items()}
_HEAD = re.compile(r'(.*)\ntypedef ([\w ]+) T;\nextern "C" __global__ void (\w+)\(([^)]*)\) \{\n(.*)\n\}\n', re.DOTALL)


class RawKernel:
    """A kernel of C text; its arrays are pointers, which know neither a shape nor a type."""

    launch: Callable[..., None]  # set by fake_cupy, which knows its arrays

    def __init__(self, code: str, name: str):
        match = _HEAD.fullmatch(code)
        assert match and match[3] == name, f"not understood: {code}"
        assert _KNOWN.issuperset(match[1].splitlines()), f"not understood: {match[1]}"
        self.kind = _DTYPES[match[2]].type
        self.parameters = [_parameter(text) for text in match[4].split(",")]
        self.program = [(test, compile(text, name, "eval" if test else "exec")) for test, text in _python(match[5])]

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...]) -> None:
        self.launch(grid, block, args)

    def run(self, grid: tuple[int, ...], block: tuple[int, ...], hosts: list[Any]) -> None:
        """Run all threads on host arrays, flat ones, and numbers."""
        assert len(hosts) == len(self.parameters), f"{len(hosts)} arguments for {len(self.parameters)} parameters"
        thread = np.arange(grid[0] * block[0])
        values: dict[str, Any] = {**_FUNCTIONS, "T": self.kind, "thread": thread}
        arrays = set()
        for (kind, name, is_array), host in zip(self.parameters, hosts, strict=True):
            if is_array:
                assert isinstance(host, np.ndarray) and host.dtype == kind, f"{name} is no array of {kind}: {host!r}"
                arrays.add(name)
            else:
                assert type(host) is {"f": float, "i": int, "u": np.uint32}[kind.kind], f"{name}: {host!r}"
            values[name] = host
        with np.errstate(all="ignore"):
            for is_test, code in self.program:
                if not is_test:
                    exec(code, values)
                    continue
                stays = ~np.asarray(eval(code, values))
                values |= {
                    name: x[stays] for name, x in values.items() if np.shape(x) == stays.shape and name not in arrays
                }


def _parameter(text: str) -> tuple[np.dtype[Any], str, bool]:
    """The type of elements, the name, and whether it is an array."""
    match = re.fullmatch(r"(?:const )?([\w ]+?)(\*?) (\w+)", text.strip())
    assert match, text
    return _DTYPES[match[1]], match[3], bool(match[2])


def _python(text: str) -> list[tuple[bool, str]]:
    """Pieces of Python: conditions under which a thread ends, and statements."""
    pieces: list[tuple[bool, str]] = []
    lines: list[str] = []
    depth = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        ends = re.fullmatch(r"if \((.*)\) return;", line)
        loop = re.fullmatch(r"for \(int (\w+) = lane; \1 < (\w+); \1 \+= LANES\) \{", line)
        condition = re.fullmatch(r"if \((.*)\) \{", line)
        if ends:
            pieces += [(False, "\n".join(lines)), (True, ends[1])]
            lines = []
        elif line == "}":
            depth -= 1
        elif loop or condition:
            lines.append("    " * depth + (f"for {loop[1]} in range({loop[2]}):" if loop else f"if {condition[1]}:"))
            depth += 1
        else:
            lines.append("    " * depth + _statement(line))
    return [*pieces, (False, "\n".join(lines))]


def _statement(line: str) -> str:
    assert line.endswith(";") and line.count(";") == 1, f"not one statement: {line}"
    for c, python in (
        ("(long long)blockIdx.x * blockDim.x + threadIdx.x", "thread"),
        ("(long long)blockIdx.x * WIDTH + threadIdx.x % WIDTH", "thread"),
        ("threadIdx.x % LANES", "0"),
        ("threadIdx.x / WIDTH", "0"),
        ("/ LANES", "// LANES"),
        ("/ width", "// width"),
        ("-1.0 / 0.0", "-inf"),
        ("1.0 / 0.0", "inf"),
        ("0.0 / 0.0", "nan"),
    ):
        line = line.replace(c, python)
    line = re.sub(r"^(T|int|unsigned|long long) (?=\w+ =)", "", line[:-1])
    return re.sub(r"\((T|unsigned)\)(?=\()", r"\1", re.sub(r"\((T|unsigned)\)(\w+)", r"\1(\2)", line))
