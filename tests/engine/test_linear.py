"""The work of a pass grows with the number of operands, not with its square: counted in bytecodes, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg


def bytecodes(function: Callable[[], Any]) -> int:
    """How many bytecodes Python executes in a call."""
    count = 0

    def count_one(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return count_one

    before = sys.gettrace()
    sys.settrace(count_one)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def joined(join: Callable[..., Any], n: int) -> Any:
    parts = [tg.Tensor(np.full(2, k / n), requires_grad=True) for k in range(n)]
    return (join(parts) ** 2.0).sum()


def added(parts: list[Any]) -> Any:
    return sum(parts[1:], start=parts[0])


def behind_where(parts: list[Any]) -> Any:
    together = tg.stack(parts)
    return tg.where(together > 0, together, 0.0)


@pytest.mark.parametrize("create_graph", [False, True], ids=["", "create_graph"])
@pytest.mark.parametrize("join", [tg.stack, tg.concatenate, added, behind_where])
def test_a_pass_is_linear_in_the_number_of_operands(join, create_graph):
    def work(n):
        loss = joined(join, n)
        return bytecodes(lambda: loss.backward(create_graph=create_graph))

    work(2)  # what is looked up once
    small, large = work(60), work(240)
    assert large < 4.4 * small


@pytest.mark.parametrize("join", [tg.stack, tg.concatenate, added])
def test_joining_is_linear_in_the_number_of_operands(join):
    def work(n):
        return bytecodes(lambda: joined(join, n))

    work(2)
    assert work(240) < 4.4 * work(60)
