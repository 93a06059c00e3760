"""Integers and booleans: real-valued functions compute in the default dtype, sums stay whole, no gradient passes.

The references are those of the table of cases: NumPy's functions, here of the same numbers in float64.
"""

from itertools import product

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import Case, all_cases, public
from tinygrad_edu.graph.operation import REGISTRY

# float32 overflows where float64 does not, and NumPy says so.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

DTYPES = "uint8 int8 uint16 int16 int32 uint64 int64 bool".split()
REAL_VALUED = set(
    "divide reciprocal sqrt exp expm1 log log1p sin cos tan sinh cosh arctan tanh sigmoid softplus relu leaky_relu elu "
    "step silu erf gelu mean var std norm euclidean_norm logsumexp softmax log_softmax dense "
    "softmax_cross_entropy normalize layer_norm greater greater_equal less less_equal equal not_equal".split()
)
# real where a number beside the integers is, as in clip(k, -1.0, 0.9); and what is compared with reals by its cases
MIXED = {"clip", "where", "power", "astype", "scatter_add"}
NOT_OF_TRUTHS = {"negative", "subtract", "sign", "square", "tril", "triu"}  # NumPy has no -True
CASES = all_cases()


def cases(name: str) -> list[Case]:
    return [case for case in CASES if case.name == name]


def whole(operand: np.ndarray, dtype: str) -> np.ndarray:
    """Whole numbers from 1 up of the operand's shape, with the largest that a dtype of 8 bits holds."""
    numbers = 1 + np.arange(operand.size) % 7
    if dtype in ("uint8", "int8") and operand.size > 1:
        numbers[-2] = np.iinfo(dtype).max
    return numbers.astype(dtype).reshape(operand.shape)


def test_every_operation_is_one_or_the_other():
    assert {name for name, op in REGISTRY.items() if op.floating} == REAL_VALUED - {"var", "std", "norm"}


@pytest.mark.parametrize("name", sorted(REAL_VALUED))
def test_real_valued_functions_of_integers(name: str, device: str):
    for case, dtype in product(cases(name), DTYPES):
        operands = [whole(operand, dtype) for operand in case.operands]
        result = case.function(*[tg.Tensor(operand, device=device) for operand in operands])
        expected = np.asarray(case.reference(*[operand.astype(float) for operand in operands]))
        assert result.dtype == np.float32 and result.shape == expected.shape, f"{case} {dtype}"
        np.testing.assert_allclose(
            result.numpy(), expected.astype("float32"), rtol=3e-6, atol=3e-6, err_msg=f"{case} {dtype}"
        )


@pytest.mark.parametrize("name", ["sigmoid", "mean", "softmax", "var", "divide"])
def test_every_way_in(name: str):
    """Function, method, operator, list, array, NumPy's protocol, the default dtype, and a partner's dtype."""
    k = np.array([5, 250, 7], dtype="uint8")
    t, f = tg.Tensor(k), public(name)
    two = (np.array([2, 4, 8], dtype="uint8"),) if name == "divide" else ()
    expected = f(tg.Tensor(k.astype(float)), *[x.astype(float) for x in two]).numpy()
    ways = {
        "function": f(t, *two),
        "array": f(k, *two),
        "list": f([5, 250, 7], *two),
        "method": t / two[0] if two else getattr(t, name)(),
        "no_grad": tg.no_grad()(f)(t, *two),
    }
    if hasattr(np, name):
        ways["NumPy"] = getattr(np, name)(t, *two)
    for way, result in ways.items():
        assert result.dtype == np.float32, way
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6, atol=1e-6, err_msg=way)
    with tg.default_dtype("float64"):
        assert f(t, *two).dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_beside_a_tensor_of_floats_integers_take_its_dtype(dtype: str, device: str):
    k = tg.Tensor(np.array([5, 250, 7]), device=device)
    x = tg.Tensor(np.array([2.0, 4.0, 8.0], dtype=dtype), requires_grad=True, device=device)
    for y, slope in ((k / x, [-1.25, -15.625, -0.109375]), (x / k, [0.2, 0.004, 1 / 7])):
        assert y.dtype == dtype
        x.grad = None
        y.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), slope, rtol=2e-3)


LAYERS = {
    "Dense": lambda: tg.nn.Dense(3, 2, activation="tanh"),
    "LayerNorm": lambda: tg.nn.LayerNorm(3),
    "BatchNorm1d": lambda: tg.nn.BatchNorm1d(3),
    "BatchNorm1d, eval": lambda: tg.nn.BatchNorm1d(3).eval(),
    "Softmax": lambda: tg.nn.Softmax(),
    "GELU": lambda: tg.nn.GELU(),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_integers(name: str):
    layer = LAYERS[name]()
    for dtype in DTYPES:
        k = whole(np.zeros((4, 3)), dtype)
        result, expected = (layer(tg.Tensor(x)) for x in (k, k.astype("float32")))
        assert result.dtype == np.float32, dtype
        np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-6, atol=1e-6, err_msg=dtype)


def test_lists_of_booleans_and_of_integers():
    assert tg.mean([True, True, False, False]).item() == 0.5
    assert tg.softmax([[1, 1]]).numpy().tolist() == [[0.5, 0.5]]
    np.testing.assert_allclose(tg.sigmoid([0, 250]).numpy(), [0.5, 1.0])


@pytest.mark.parametrize("name", sorted({case.name for case in CASES} - REAL_VALUED - MIXED))
def test_whole_numbers_stay_whole_as_numpys_do(name: str):
    """Also where they are too many for their dtype: sums, products and traces accumulate in 64 bits."""
    for case, dtype in product(cases(name), DTYPES):
        operands = [whole(operand, dtype) for operand in case.operands]
        if dtype == "bool" and name in NOT_OF_TRUTHS:
            continue
        result, expected = case.function(*map(tg.Tensor, operands)), np.asarray(case.reference(*operands))
        assert result.dtype == expected.dtype, f"{case} {dtype}"
        np.testing.assert_array_equal(result.numpy(), expected, err_msg=f"{case} {dtype}")


# --- no gradient ---

WHOLE = {
    "astype": lambda x: x.astype("int64"),
    "astype of a narrow one": lambda x: tg.astype(x, np.uint8),
    "astype to truths": lambda x: x.astype(bool),
    "where of a condition that has a gradient": lambda x: tg.where(x, 2, 3),
    "indexing afterwards": lambda x: x.astype(int)[1:],
    "arithmetic afterwards": lambda x: x.astype(int) * 3,
    "NumPy's protocol": lambda x: np.square(x.astype(int)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_integers_pass_no_gradient(name: str, device: str):
    x = tg.Tensor(np.array([1.5, 2.5, 0.0]), requires_grad=True, device=device)
    k = WHOLE[name](x)
    assert k.dtype.kind in "iub" and not k.requires_grad and k.is_leaf
    (k.astype("float64").sum() + 2 * x.sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2, 2])
    with pytest.raises(tg.GraphError, match="requires no gradient"):
        k.astype("float64").sum().backward()


@pytest.mark.parametrize("transform", ["grad", "create_graph", "jvp", "jacobian", "compile"])
def test_integers_pass_no_gradient_in_any_transform(transform: str):
    f = lambda a: (a.astype("int64").astype("float64") * a).sum()  # noqa: E731
    x = np.array([1.5, 2.5])
    if transform == "grad":
        found = tg.grad(f)(tg.Tensor(x)).numpy()
    elif transform == "create_graph":
        leaf = tg.Tensor(x, requires_grad=True)
        f(leaf).backward(create_graph=True)
        found = leaf.grad.numpy()
    elif transform == "jvp":
        found = [tg.jvp(f, (tg.Tensor(x),), (tg.Tensor(e),))[1].item() for e in np.eye(2)]
    elif transform == "jacobian":
        found = tg.jacobian(f)(tg.Tensor(x)).numpy()
    else:
        leaf = tg.Tensor(x, requires_grad=True)
        compiled = tg.compile(lambda: f(leaf))
        for _ in range(3):
            leaf.grad = None
            compiled()
        found = leaf.grad.numpy()
    np.testing.assert_array_equal(found, [1, 2])


# --- losses ---

LOSSES = {  # a prediction of whole numbers and a target
    "mse": ([1, 2], [0.5, 2.5]),
    "mae": ([1, 2], [0.5, 2.5]),
    "huber": ([1, 5], [0.5, 2.5]),
    "hinge": ([0, 2], [1, -1]),
    "binary_cross_entropy": ([1, 250], [0.5, 0.25]),
    "cross_entropy": ([[1, 250], [3, 4]], [[0.5, 0.5], [0.25, 0.75]]),
    "kl_divergence": ([[1, 250], [3, 4]], [[0.5, 0.5], [0.25, 0.75]]),
    "cross_entropy with labels": ([[1, 250], [3, 4]], np.array([1, 0])),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_whole_predictions(name: str, device: str):
    prediction, target = LOSSES[name]
    loss = getattr(tg.losses, name.split()[0])
    for reduction in ("mean", "sum", "none"):
        for dtype in [*DTYPES, "list"]:
            exact = np.minimum(prediction, 1 if dtype == "bool" else 100)
            given = exact.tolist() if dtype == "list" else tg.Tensor(exact.astype(dtype), device=device)
            result = loss(given, target, reduction=reduction)
            expected = loss(tg.Tensor(exact.astype(float)), target, reduction=reduction)
            assert result.dtype == np.float32
            np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-6, atol=1e-7, err_msg=dtype)


def test_the_loss_of_whole_predictions_by_hand():
    assert tg.losses.mse(tg.Tensor([1, 2], dtype=int), [0.5, 2.5]).item() == 0.25
    assert tg.losses.mse(np.array([1, 2]), np.array([0.5, 2.5])).item() == 0.25
    assert tg.losses.mae(tg.Tensor([1, 2], dtype="uint8"), [0.5, 2.5]).item() == 0.5
