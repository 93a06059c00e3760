"""Kernels whose text no rule gives: dropout's hash."""

from __future__ import annotations

from .language import EACH_ELEMENT, KernelText

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
