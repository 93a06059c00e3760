"""Forward numbers: every operation beside its reference, read by tensors, by Values and by plain numbers."""

import itertools

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import Case, all_cases, all_forms, public
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import functional

CASES = all_cases()
ELEMENTWISE = [case for case in CASES if case.name in REGISTRY and REGISTRY[case.name].elementwise]


def test_every_operation_and_every_public_function_has_a_case():
    tested = {case.name for case in CASES}
    missing = (set(REGISTRY) | set(functional.__all__)) - tested
    assert not missing, f"add a line for {sorted(missing)} to tests/engine/cases_*.py"
    assert tested <= set(REGISTRY) | set(functional.__all__)


def test_every_public_function_is_an_attribute_of_the_package():
    for name in functional.__all__:
        assert getattr(tg, name) is public(name)


def test_samples_have_no_ties_and_stay_away_from_kinks():
    for case in CASES:
        for operand in case.operands:
            assert operand.dtype == np.float64
            distances = np.abs(np.subtract.outer(operand.ravel(), operand.ravel()))
            assert operand.size < 2 or distances[~np.eye(operand.size, dtype=bool)].min() > 1e-4
            assert np.all(np.abs(operand) >= 0.1)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tensor_equals_reference(case: Case, device):
    result = case.function(*[tg.Tensor(operand, device=device) for operand in case.operands])
    expected = np.asarray(case.reference(*case.operands))
    assert isinstance(result, tg.Tensor)
    assert result.shape == expected.shape
    assert result.dtype == np.float64
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("case", [case for case in all_forms() if case.name != "astype"], ids=str)
def test_a_narrow_dtype_stays(case: Case, device):
    for dtype in ("float32", "float16"):
        narrow(case, dtype, device)


def narrow(case: Case, dtype: str, device: str) -> None:
    """Result, gradients, and recorded gradients are of the dtype of the operands."""
    tensors = [tg.Tensor(operand, dtype=dtype, requires_grad=True, device=device) for operand in case.operands]
    result = case.function(*tensors)
    assert result.dtype == dtype
    seed = tg.Tensor(np.ones(result.shape), dtype=dtype, device=result.device)
    result.backward(seed)
    for tensor in tensors:
        if tensor.grad is not None:
            assert tensor.grad.dtype == dtype and tensor.grad.shape == tensor.shape
    recorded = tg.vjp(case.function, *tensors)[1](seed)
    assert all(gradient.dtype == dtype for gradient in recorded)


@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_values_and_numbers_equal_tensors(case: Case):
    """An elementwise rule read by Values gives at each place the number that the tensor has there, and its gradient."""
    tensors = [tg.Tensor(operand, requires_grad=True) for operand in case.operands]
    result = case.function(*tensors)
    result.sum().backward()
    totals = [np.zeros(operand.shape) for operand in case.operands]
    for place in np.ndindex(result.shape):
        sources = [_place_before_broadcast(place, operand.shape) for operand in case.operands]
        values = [tg.Value(operand[source]) for operand, source in zip(case.operands, sources, strict=True)]
        value = case.function(*values)
        assert isinstance(value, tg.Value) and type(value.data) is float
        assert value.data == pytest.approx(result.numpy()[place], rel=1e-14, abs=1e-14)
        value.backward()
        for total, source, leaf in zip(totals, sources, values, strict=True):
            total[source] += leaf.grad
        if case.name != "where":  # whose condition is spelled with the operands' own comparison
            number = case.function(*[v.data for v in values])
            assert type(number) is float and number == value.data
    for tensor, total in zip(tensors, totals, strict=True):
        np.testing.assert_allclose(tensor.grad.numpy(), total, rtol=1e-12, atol=1e-14)


def _place_before_broadcast(place: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Which element of an operand of this shape an element of the result was computed from."""
    own = place[len(place) - len(shape) :]
    return tuple(0 if n == 1 else k for k, n in zip(own, shape, strict=True))


@pytest.mark.parametrize("name", sorted(name for name, op in REGISTRY.items() if op.elementwise))
def test_elementwise_operations_take_numpy_scalars_and_lists(name):
    operands = [0.5, 0.25, 0.75][: REGISTRY[name].arity]
    function = public(name)
    expected = function(*operands)
    assert function(*map(np.float64, operands)) == expected
    listed = function(*[[operand] for operand in operands])
    assert isinstance(listed, tg.Tensor) and listed.shape == (1,) and listed.dtype == np.float32
    np.testing.assert_allclose(listed.numpy(), [expected], rtol=1e-6)
    array = function(*[np.array([operand]) for operand in operands])
    assert array.dtype == np.float64
    np.testing.assert_allclose(array.numpy(), [expected], rtol=1e-14)


def test_attributes_are_accepted_by_position_and_by_name():
    x = np.arange(6.0).reshape(2, 3)
    for f, a in itertools.product((tg.sum, tg.mean, tg.max, tg.var, tg.std), (0, 1)):
        np.testing.assert_array_equal(f(x, a).numpy(), f(x, axis=a).numpy())
    np.testing.assert_array_equal(tg.clip(x, 1.0, 3.0).numpy(), tg.clip(x, min=1.0, max=3.0).numpy())
    with pytest.raises(TypeError, match="foo"):
        tg.sum(x, foo=1)
    with pytest.raises(TypeError, match="too many positional"):
        tg.sum(x, 0, False, 3)
