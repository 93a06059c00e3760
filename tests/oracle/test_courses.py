"""PyTorch as the judge of courses: losses, gradients, and the weights after each update."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from oracle.optim_cases import SETTINGS, START, X, Y, loss_of
from tinygrad_edu_viz import Course

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install --group oracle")

pytestmark = [pytest.mark.oracle]

NAMES, UPDATES = ("weight", "bias", "output"), 5
CASES = [(kind, settings) for kind, rows in SETTINGS.items() for settings in rows]


def theirs(kind: str, settings: dict[str, Any]) -> Any:
    parameters = [torch.tensor(start, requires_grad=True, dtype=torch.float64) for start in START]
    x, y = (torch.tensor(array, dtype=torch.float64) for array in (X, Y))
    optimizer = getattr(torch.optim, kind)(parameters, **settings)
    for step in range(UPDATES):
        optimizer.zero_grad()
        loss = loss_of(torch.tanh, x, y[step], *parameters)
        loss.backward()
        before = [p.detach().numpy().copy() for p in parameters]
        gradients = [p.grad.numpy().copy() for p in parameters]
        optimizer.step()
        yield loss.item(), zip(before, gradients, [p.detach().numpy().copy() for p in parameters], strict=True)


@pytest.mark.parametrize(("kind", "settings"), CASES)
def test_a_course_has_pytorchs_numbers(kind, settings):
    torch.set_default_dtype(torch.float64)  # NAdam keeps one of its numbers in it
    try:
        wanted = [(loss, list(rows)) for loss, rows in theirs(kind, settings)]
    finally:
        torch.set_default_dtype(torch.float32)
    parameters = [tg.Tensor(start, requires_grad=True, name=name) for start, name in zip(START, NAMES, strict=True)]
    x, y, passes = tg.Tensor(X), tg.Tensor(Y), iter(range(UPDATES + 1))
    optimizer = getattr(tg.optim, kind)(parameters, **settings)
    course = Course.record(lambda: loss_of(tg.tanh, x, y[next(passes)], *parameters), optimizer, UPDATES)
    for (loss, rows), found, updates in zip(wanted, course.losses, course.updates, strict=False):
        assert found == pytest.approx(loss, rel=1e-12)
        for (before, gradient, after), update in zip(rows, updates, strict=True):
            np.testing.assert_allclose(np.asarray(update.before), before, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(np.asarray(update.gradient), gradient, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(np.asarray(update.after), after, rtol=1e-10, atol=1e-12)
            assert update.lines[-1].value == pytest.approx(after[update.element], rel=1e-10)
