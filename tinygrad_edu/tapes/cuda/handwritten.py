"""Kernels whose text no rule gives: rows that are taken, sums of columns, and dropout's hash."""

from __future__ import annotations

from .lanes import BLOCK, WARP, functions_of
from .language import EACH_ELEMENT, KernelText
from .lines import LOOP, POSITION

ROWS = KernelText(
    "tinygrad_edu_take",
    ("a", "rows"),
    (),
    ("y",),
    (*EACH_ELEMENT, "y[i] = a[position(rows[i / width], length) * width + i % width];"),
    ("size", "width", "length"),
    POSITION,
)

# The lanes of a column are the warps of a block, which has as many columns as a warp has threads.
SUMS_OF_COLUMNS = KernelText(
    "tinygrad_edu_sums_of_columns",
    ("a",),
    (),
    ("y",),
    (
        "long long line = (long long)blockIdx.x * WIDTH + threadIdx.x % WIDTH;",
        # threads beyond take the last column once more, as all of a block must meet in `sum_of_column`
        "line = select(line < lines, line, lines - 1);",
        "int lane = threadIdx.x / WIDTH;",
        "T sum = (T)(0);",
        f"{LOOP} {{",
        "sum = sum + a[j * lines + line];",
        "}",
        "sum = sum_of_column(sum);",
        "if (lane == 0) {",
        "y[line] = sum;",
        "}",
    ),
    ("lines", "length"),
    f"#define WIDTH {WARP}\n#define LANES {BLOCK // WARP}\n{functions_of('sum_of_column(')}",
)

# The hash of `nn/dropout.py`, for the element i.
_HASH = """
unsigned x = (unsigned)(i) ^ low;
x = x ^ (x >> 16);
x = x * 0x7FEB352D;
x = x ^ (x >> 15);
x = x + high;
x = x * 0x846CA68B;
x = x ^ (x >> 16);
factor[i] = select(x >= limit, (T)n0, (T)(0));
"""
DROPOUT_FACTOR = KernelText(
    "tinygrad_edu_dropout_factor",
    (),
    ("unsigned low", "unsigned high", "unsigned limit", "double n0"),
    ("factor",),
    (*EACH_ELEMENT, *_HASH.strip().splitlines()),
)
DROPPED = DROPOUT_FACTOR._replace(
    name="tinygrad_edu_dropout",
    arrays=("a",),
    results=("factor", "y"),
    statements=(*DROPOUT_FACTOR.statements, "y[i] = a[i] * factor[i];"),
)
