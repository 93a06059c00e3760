"""The backward pass: steps, accumulation, ownership of gradients, higher orders, and detection of changed data."""

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from tinygrad_edu import Tensor, Value

A = sample(2, 3)


def leaf(data, device="cpu", **options):
    return Tensor(np.array(data, dtype="float64"), requires_grad=True, device=device, **options)


# --- steps ---


def test_steps_of_a_b_plus_a():
    """One step for each contribution, consumers first; nothing but the steps tells the story of `a`'s two parts."""
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    product = a * b
    y = product + a
    steps = list(tg.backprop(y))
    told = [(s.node, s.input, s.upstream, s.local, s.contribution, s.before, s.gradient) for s in steps]
    assert told == [
        (y, product, 1.0, 1.0, 1.0, None, 1.0),
        (y, a, 1.0, 1.0, 1.0, None, 1.0),
        (product, a, 1.0, -3.0, -3.0, 1.0, -2.0),
        (product, b, 1.0, 2.0, 2.0, None, 2.0),
    ]
    assert (a.grad, b.grad, product.grad) == (0.0, 0.0, 0.0), "looking does not touch"


def test_steps_of_tensors_hold_arrays(device):
    x = leaf(A, device)
    y = (x * 2.0).sum()
    reduce, scale = tg.backprop(y)
    assert (reduce.node, reduce.local, scale.local) == (y, None, 2.0)
    np.testing.assert_array_equal(Tensor(reduce.contribution, device=device).numpy(), np.ones((2, 3)))
    np.testing.assert_array_equal(Tensor(scale.gradient, device=device).numpy(), np.full((2, 3), 2.0))
    assert x.grad is None


def test_steps_can_be_left_unfinished():
    a = Value(2.0)
    y = a * a
    next(iter(tg.backprop(y)))
    y.backward()
    assert a.grad == 4.0


def test_steps_of_a_where_and_under_anomaly_are_the_same():
    """The plain loop for floats, the general one and the guarded one tell the same steps."""
    a = Value(2.0)
    y = tg.tanh(a) * tg.relu(a) + a
    plain = list(tg.backprop(y))
    with tg.detect_anomaly():
        watched = list(tg.backprop(y))
    recorded = list(tg.backprop(y, create_graph=True))
    assert plain == watched
    assert [float(s.contribution) for s in recorded] == [s.contribution for s in plain]


# --- accumulation and ownership ---


def test_a_second_pass_accumulates_into_leaves_only(device):
    x = leaf(A, device)
    middle = x * 3.0
    middle.retain_grad()
    y = (middle * 2.0).sum()
    y.backward()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((2, 3), 12.0))
    np.testing.assert_array_equal(middle.grad.numpy(), np.full((2, 3), 2.0))
    assert y.grad is None


def test_intermediate_gradients_are_kept_only_on_request(device):
    x = leaf(A, device)
    kept, other = x * 3.0, x * 5.0
    kept.retain_grad()
    (kept + other).sum().backward()
    np.testing.assert_array_equal(kept.grad.numpy(), np.ones((2, 3)))
    assert other.grad is None


def test_backward_from_a_leaf_and_from_a_kept_root(device):
    x = leaf(2.0, device)
    x.backward()
    assert x.grad.item() == 1.0
    y = x * 3.0
    y.retain_grad()
    y.backward()
    assert (y.grad.item(), x.grad.item()) == (1.0, 4.0)


def test_an_input_that_is_not_used_gets_none(device):
    x, unused = leaf(A, device), leaf(A, device)
    (x.sum() + (unused * 1.0).detach().sum()).backward()
    assert unused.grad is None


def test_an_input_used_where_no_derivative_passes_gets_zeros_or_none(device):
    x = leaf(A, device)
    tg.sign(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((2, 3)))
    x.grad = None
    tg.where(tg.relu(x), x * 3.0, 0.0).sum().backward()  # a computed condition is met by the pass, with no gradient
    np.testing.assert_array_equal(x.grad.numpy(), 3.0 * (A > 0))
    v = Value(2.0)
    tg.where(tg.relu(v), v * 3.0, 0.0).backward()
    assert v.grad == 3.0


def test_no_two_leaves_share_a_gradient_array(device):
    """`x + y` hands both inputs one array; changing one leaf's gradient in place must leave the other's."""
    operations = {
        "add": lambda x, y: x + y,
        "reshape": lambda x, y: x.reshape(6) + y.reshape(6),
        "transpose": lambda x, y: x.T + y.T,
        "getitem": lambda x, y: tg.concatenate([x, y])[:],
        "stack": lambda x, y: tg.stack([x, y]),
        "astype": lambda x, y: x.astype("float64") + y,
    }
    for name, f in operations.items():
        x, y = leaf(A, device), leaf(A, device)
        kept = f(x, y)
        kept.retain_grad()
        seed = Tensor(np.ones(kept.shape), device=device)
        kept.backward(seed)
        x.grad[0, 0] = 99.0
        assert np.all(y.grad.numpy() == 1.0), name
        assert np.all(kept.grad.numpy() == 1.0), name
        assert np.all(seed.numpy() == 1.0), name


def test_the_callers_seed_stays_the_callers():
    seed = np.ones(3)
    x = leaf(np.zeros(3))
    (x + 0.0).backward(seed)
    seed[0] = 99.0
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1, 1])
    (x + 0.0).backward(seed)
    np.testing.assert_array_equal(seed, [99, 1, 1])
    np.testing.assert_array_equal(x.grad.numpy(), [100, 2, 2])


def test_an_earlier_gradient_is_not_written_into(device):
    x = leaf(A, device)
    x.sum().backward()
    first = x.grad
    x.sum().backward()
    assert np.all(first.numpy() == 1.0) and np.all(x.grad.numpy() == 2.0)


def test_gradients_can_be_clipped_in_place(device):
    x, y = leaf(A, device), leaf(A, device)
    ((x + y) * 10.0).sum().backward()
    x.grad = tg.clip(x.grad, -1.0, 1.0)
    x.grad *= 0.5
    assert np.all(x.grad.numpy() == 0.5) and np.all(y.grad.numpy() == 10.0)


def test_a_gradient_has_shape_dtype_and_device_of_its_leaf(device):
    x = Tensor(np.ones((3, 1), dtype="float32"), requires_grad=True, device=device)
    (x * Tensor(np.ones((2, 1, 4)), device=device)).sum().backward()
    assert (x.grad.shape, x.grad.dtype, x.grad.device) == ((3, 1), np.float32, device)
    assert np.all(x.grad.numpy() == 8.0) and not x.grad.requires_grad
    x.grad = np.zeros((3, 1)) if device == "cpu" else None
    with pytest.raises(tg.ShapeError, match=r"a gradient of shape \(2,\) for a leaf node of shape \(3, 1\)"):
        x.grad = [1.0, 2.0]


# --- graphs ---


def test_diamonds_and_deep_reuse(device):
    x = leaf([1.0, -2.0], device)
    y = x
    for _ in range(60):
        y = y + y
    y.sum().backward()
    assert np.all(x.grad.numpy() == 2.0**60)
    x.grad = None
    (x + x * x * x + x.T @ x + tg.concatenate([x, x, x]).sum()).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 + 3 * x.numpy() ** 2 + 2 * 2 * x.numpy() + 6)


def test_a_subgraph_of_two_roots(device):
    x = leaf(A, device)
    shared = tg.exp(x)
    shared.sum().backward()
    (shared * shared).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp(A) + 2 * np.exp(2 * A))


# --- higher orders ---


def test_third_derivative_of_tanh():
    """tanh''' = -2 (1 - t²)(1 - 3t²), by three recorded passes and by nested transforms."""
    at = 0.7
    t = np.tanh(at)
    expected = -2 * (1 - t**2) * (1 - 3 * t**2)
    x = Value(at)
    y = tg.tanh(x)
    for _ in range(3):
        x.grad = 0.0
        y.backward(create_graph=True)
        y = x.grad
    assert y.data == pytest.approx(expected, rel=1e-13)
    assert tg.grad(tg.grad(tg.grad(tg.tanh)))(at) == pytest.approx(expected, rel=1e-13)


def test_third_derivative_of_tanh_of_tensors(device):
    t = np.tanh(A)
    x = leaf(A, device)
    y = tg.tanh(x)
    for _ in range(3):
        x.grad = None
        y.sum().backward(create_graph=True)
        y = x.grad
    np.testing.assert_allclose(y.numpy(), -2 * (1 - t**2) * (1 - 3 * t**2), rtol=1e-12)


def test_high_derivatives_of_polynomials_and_exponentials():
    f = lambda x: x**5 + 2.0 * x * x  # noqa: E731
    expected = [5 * 16 + 8, 20 * 8 + 4, 60 * 4, 120 * 2, 120, 0]
    for value in expected:
        f = tg.grad(f)
        assert f(2.0) == pytest.approx(value)
    g = lambda x: tg.exp(-2.0 * x)  # noqa: E731
    for k in range(1, 6):
        g = tg.grad(g)
        assert g(0.5) == pytest.approx((-2) ** k * np.exp(-1.0))


def test_recorded_gradients_are_nodes(device):
    x = leaf(A, device)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad and x.grad.device == device
    penalty = (x.grad * x.grad).sum()  # a gradient penalty: Σ (3x²)²
    x.grad = None
    penalty.backward()
    np.testing.assert_allclose(x.grad.numpy(), 36 * A**3)
    assert not x.grad.requires_grad


def test_recorded_gradients_accumulate(device):
    x = leaf(A, device)
    for _ in range(2):
        (x**2).sum().backward(create_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), 4 * A)
    (x**2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * A)


def test_the_seed_may_be_a_node_too(device):
    x, g = leaf(A, device), leaf(np.ones((2, 3)), device)
    (x**2).backward(g, create_graph=True)
    total = x.grad.sum()
    x.grad = None
    total.backward()
    np.testing.assert_allclose(g.grad.numpy(), 2 * A)


# --- data that changed ---


@pytest.mark.raw_arrays
def test_assigning_a_leaf_between_forward_and_backward(device):
    w = leaf(A, device, name="w")
    y = tg.tanh(w * 2.0).sum()
    w.data = w.data + 1.0
    with pytest.raises(tg.MutationError, match=r"the leaf 'w' changed after the multiply node.*forward pass again"):
        y.backward()
    tg.tanh(w * 2.0).sum().backward()


@pytest.mark.raw_arrays
def test_assigning_a_computed_node(device):
    x = leaf(A, device)
    y = x * 2.0
    z = (y * y).sum()
    y.data = y.data * 0.0
    for root in (z, y.sum(), y):
        with pytest.raises(tg.MutationError, match=r"multiply node was assigned after it was computed.*tg\.Tensor"):
            root.backward(Tensor(np.ones(root.shape), device=device))


def test_assigning_values():
    a, b = Value(2.0, name="a"), Value(3.0)
    y = a * b
    a.data = 5.0
    with pytest.raises(tg.MutationError, match="leaf 'a' changed"):
        y.backward()
    y = a * b
    z = y * a
    y.data = 1.0
    for root in (y, z):
        with pytest.raises(tg.MutationError, match="multiply node was assigned"):
            root.backward()


def test_assigning_inside_a_transform():
    def f(a):
        y = a * 2.0
        y.data = 5.0
        return y * a

    with pytest.raises(tg.MutationError, match="multiply node was assigned"):
        tg.grad(f)(3.0)


def test_assigning_a_constant_that_was_used(device):
    x, c = leaf(A, device), Tensor(A.copy(), device=device)
    y = (x * c).sum()
    c[0, 0] = 7.0
    with pytest.raises(tg.MutationError, match="the data of the constant node changed"):
        y.backward()


@pytest.mark.raw_arrays
def test_a_change_elsewhere_in_the_program_is_no_change_here(device):
    x, other = leaf(A, device), leaf(A, device)
    y = (x * 2.0).sum()
    (other * x).sum()
    other.data = other.data + 1.0
    y.backward()
    assert np.all(x.grad.numpy() == 2.0)


@pytest.mark.raw_arrays
def test_writes_into_the_raw_array_are_found_under_detect_anomaly(device):
    x = leaf(A, device, name="x")
    with tg.detect_anomaly():
        y = (tg.exp(x) * x).sum()
        x.data[0, 0] = 7.0
        with pytest.raises(tg.MutationError, match=r"leaf 'x' was written into.*test_backward\.py:\d+: y = "):
            y.backward()


@pytest.mark.raw_arrays
def test_an_ordinary_training_loop_raises_no_alarm(device):
    """Assignment, in-place arithmetic under no_grad, and detect_anomaly over all of it."""
    w = leaf([[0.5], [-0.2], [0.1]], device)
    x, target = Tensor(A, device=device), Tensor([[1.0], [0.0]], dtype="float64", device=device)
    losses = []
    with tg.detect_anomaly():
        for step in range(20):
            loss = ((x @ w - target) ** 2).mean()
            loss.backward()
            with tg.no_grad():
                if step % 3 == 0:
                    w.data = w.data - 0.1 * w.grad.data
                elif step % 3 == 1:
                    w.data -= 0.1 * w.grad.data
                else:
                    w[...] = w - 0.1 * w.grad
            w.grad = None
            losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.raw_arrays
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_that_is_written_into_leaves_later_passes_alone(device, create_graph):
    """The gradient with which a pass starts is made once; who keeps it, keeps a copy."""
    for _ in range(2):
        x = tg.Tensor(np.array(3.0), requires_grad=True, device=device)
        x.backward(create_graph=create_graph)
        assert x.grad.item() == 1.0
        x.grad.data[...] = 7.0
