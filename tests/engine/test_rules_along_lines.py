"""On a GPU a rule that goes along lines, such as softmax, is one kernel forward and one backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from emulator import activating
from engine.cases import public
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.backends.fusing import WHOLE
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.tapes.cuda.lanes import LONG
from tinygrad_edu.tensors.tensor import Tensor

RULES = sorted(op.name for op in REGISTRY.values() if op.along_lines)
KEEPING = {"softmax", "log_softmax", "normalize", "layer_norm"}  # results of the operand's shape
SPECIAL = np.array(
    [
        [0.0, -0.0, 1.0, -2.5, 0.3],
        [1000.0, -1000.0, 700.0, 0.0, 1000.0],
        [np.inf, 1.0, 2.0, np.inf, -1.0],
        [-np.inf, 1.0, 2.0, 2.0, -1.0],
        [-np.inf, -np.inf, -np.inf, -np.inf, -np.inf],
        [np.nan, 1.0, 2.0, 3.0, 4.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [1e-30, 2e-30, 1e30, 1e-30, 3.0],
    ]
)
RANDOM = np.random.default_rng(0).standard_normal


def operands(name: str, array: np.ndarray, device: str, line: int = 1) -> list[Tensor]:
    """The array as a tensor; of a layer norm, weight and bias, too, which have its last axes."""
    found = [Tensor(array, requires_grad=True, device=device)]
    if name == "layer_norm":
        shape = array.shape[array.ndim - line :]
        weight = np.linspace(-1, 2, int(np.prod(shape))).reshape(shape).astype(array.dtype)
        found += [Tensor(weight + k, requires_grad=True, device=device) for k in range(2)]
    return found


def numbers(
    name: str, array: np.ndarray, settings: dict[str, Any], device: str, summed: bool = False
) -> list[np.ndarray]:
    """The result, and the gradients of the operands: of the sum, or of each element with another weight."""
    axis = settings["axis"]
    given = operands(name, array, device, len(axis) if isinstance(axis, tuple) else 1)
    result = public(name)(*given, **settings)
    upstream = np.linspace(-2, 2, result.size).reshape(result.shape).astype(array.dtype)
    if summed:
        result.sum().backward()
    else:
        result.backward(Tensor(upstream, device=device))
    return [result.numpy(), *[x.grad.numpy() for x in given]]


def agree(name: str, array: np.ndarray, settings: dict[str, Any], device: str, **how: bool) -> None:
    with np.errstate(all="ignore"):
        wanted, found = (numbers(name, array, settings, where, **how) for where in ("cpu", device))
    single = array.dtype == "float32"
    for a, b in zip(wanted, found, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        scale = np.abs(a[np.isfinite(a)]).max(initial=1.0)
        np.testing.assert_allclose(b, a, rtol=5e-6 if single else 1e-12, atol=(5e-7 if single else 1e-14) * scale)


def settings_of(name: str, axis: Any) -> list[dict[str, Any]]:
    return [{"axis": axis}] if name in KEEPING else [{"axis": axis, "keepdims": keeps} for keeps in (False, True)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RULES)
def test_a_kernel_gives_the_numbers_of_the_rule_also_where_they_are_not_finite(
    name: str, dtype: str, device: str
) -> None:
    if name in ("normalize", "layer_norm"):
        agree(name, SPECIAL[[0, 2, 3, 5, 6]].astype(dtype), {"axis": -1}, device)
    else:
        for settings in settings_of(name, 1):
            agree(name, SPECIAL.astype(dtype), settings, device)


LAST_AXES: list[tuple[tuple[int, ...], Any]] = [
    ((5,), -1),
    ((3, 1), -1),
    ((1, 4), 1),
    ((2, 3, 4), 2),
    ((2, 3, 4), (1, 2)),
    ((2, 3, 4), (-1, -2)),
    ((2, 3, 4), (0, 1, 2)),
    ((3, LONG + 1), -1),
]
OTHERS: list[tuple[tuple[int, ...], Any]] = [((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), (0, 2))]  # call by call
SHAPES = [(name, *where) for name in RULES for where in LAST_AXES]
SHAPES += [(name, *where) for name in RULES for where in OTHERS if name != "layer_norm"]
SHAPES += [(name, (2, 3, 4), None) for name in RULES if name not in KEEPING]


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize(("name", "shape", "axis"), SHAPES)
def test_shapes_and_axes(name: str, shape: tuple[int, ...], axis: Any, summed: bool, device: str) -> None:
    for settings in settings_of(name, axis):
        agree(name, RANDOM(shape), settings, device, summed=summed)


def test_what_no_kernel_takes_goes_call_by_call(device: str) -> None:
    """Other layouts, other types, no elements, and a line too long for a block."""
    x = Tensor(RANDOM((4, 3)), requires_grad=True, device=device)
    np.testing.assert_allclose(tg.softmax(x.T).numpy(), tg.softmax(Tensor(x.numpy().T.copy())).numpy(), rtol=1e-14)
    assert tg.softmax(Tensor(np.ones((0, 3)), device=device)).shape == (0, 3)
    assert tg.softmax(Tensor(np.ones((2, 3), "float16"), device=device)).dtype == "float16"
    assert tg.mean(Tensor([1, 2], device=device)).item() == 1.5
    assert tg.mean(Tensor(np.ones(WHOLE + 1), device=device)).item() == 1.0
    normal = REGISTRY["layer_norm"].function(x, *[Tensor(np.ones(3, "float32"), device=device)] * 2)
    np.testing.assert_allclose(normal.numpy().mean(axis=1), np.ones(4), rtol=1e-12)
    with pytest.raises(tg.ShapeError, match="axis"):
        tg.softmax(x, axis=2)


@pytest.mark.raw_arrays
def test_operands_that_are_one_number_broadcast(device: str) -> None:
    backend, cpu = backends.get(device), backends.get("cpu")
    layer_norm, logits = REGISTRY["layer_norm"].forward, RANDOM((4, 3))

    def calls(xp: Any) -> list[Any]:
        x, label, two = xp.asarray(logits), xp.asarray(1), xp.asarray(2.0)
        labels, g, weight = (xp.broadcast_to(a, n) for a, n in ((label, (4,)), (two, (4,)), (two, (3,))))
        return [
            xp.cross_entropy_rows(x, labels),
            xp.cross_entropy_slope(x, labels, g),
            xp.compute(REGISTRY["layer_norm"], layer_norm, [x, weight, weight], {"axis": -1, "eps": 0.1}),
            xp.compute(REGISTRY["softmax"], REGISTRY["softmax"].forward, [xp.broadcast_to(two, (4, 3))], {"axis": -1}),
        ]

    for found, wanted in zip(backend.run(calls, backend), calls(cpu), strict=True):
        np.testing.assert_allclose(backend.asnumpy(found), wanted, rtol=1e-13)


@pytest.mark.raw_arrays
def test_a_kernel_reads_nothing_past_the_end(device: str) -> None:
    """Operands that are too short for it are those of a plain rule, which refuses them."""
    backend = backends.get(device)
    logits, labels, g = (backend.asarray(x) for x in (np.ones((4, 3)), np.zeros(4, int), np.ones(2)))
    for call in (
        lambda: backend.cross_entropy_slope(logits, labels, g),
        lambda: backend.times_normal(logits, backend.asarray(np.ones((2, 3))), -1, 0.1),
        lambda: REGISTRY["layer_norm"].function(*[Tensor(x, device=device) for x in (logits, g, g)]),
    ):
        with pytest.raises((ValueError, IndexError, tg.ShapeError)):
            backend.run(call)


@pytest.fixture(params=["fake", pytest.param("cuda", marks=pytest.mark.emulator)])
def counter(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """A device, and what counts in a block what it is asked to do."""
    return request.param, fake_cupy.counting if request.param == "fake" else activating.counting


# Launches forward and backward: a sum of one call is one, and that of a mean hands on a view of a smaller array.
LAUNCHES = {"layer_norm": (1, 4)}


@pytest.mark.parametrize("length", [5, LONG + 1])
@pytest.mark.parametrize("name", RULES)
def test_launches(name: str, length: int, counter: tuple[str, Any]) -> None:
    device, counting = counter
    given = operands(name, RANDOM((3, length)), device)
    for _ in range(2):  # the first one compiles
        for x in given:
            x.grad = None
        with counting() as there:
            y = public(name)(*given, axis=-1)
        upstream = Tensor(np.ones(y.shape), device=device)
        with counting() as back:
            y.backward(upstream)
    owned = 1 if name == "mean" else 0  # what is kept of a view is a copy
    forward, backward = LAUNCHES.get(name, (1, 1 + owned))
    assert (there.launches, back.launches) == (forward, backward)


def test_a_normalized_layer_can_be_differentiated_twice(device: str) -> None:
    """Against finite differences of the gradient."""
    x = RANDOM((2, 4))
    weight, bias = RANDOM(4), RANDOM(4)

    def gradient(x: Any) -> Any:
        def loss(x: Any) -> Any:
            parameters = (Tensor(p, device=device) for p in (weight, bias))
            return (REGISTRY["layer_norm"].function(x, *parameters) ** 3).sum()

        return tg.grad(loss)(x)

    assert tg.gradcheck(gradient, Tensor(x, requires_grad=True, device=device))
