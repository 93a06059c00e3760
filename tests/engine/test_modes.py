"""Modes: no_grad, enable_grad, detect_anomaly, default_dtype; restored after exceptions, and of one thread only."""

import asyncio
import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def recording() -> bool:
    return (Value(1.0) * 2).requires_grad and (Tensor([1.0], requires_grad=True) * 2).requires_grad


# --- no_grad ---


def test_no_grad_records_nothing(device):
    x = Tensor([1.0, 2.0], requires_grad=True, device=device)
    with tg.no_grad():
        y = tg.exp(x) @ x
    assert not y.requires_grad and y.op is None and y.inputs == ()
    with pytest.raises(tg.GraphError, match="computed under no_grad"):
        y.backward()
    assert recording()


def test_no_grad_nests_and_enable_grad_reopens():
    with tg.no_grad():
        assert not recording()
        with tg.enable_grad():
            assert recording()
            with tg.no_grad():
                assert not recording()
            assert recording()
        assert not recording()
    assert recording()


def test_no_grad_as_a_decorator_also_twice():
    @tg.no_grad()
    def evaluate(v):
        """Its own words."""
        assert not recording()
        return v * 2

    for _ in range(2):
        assert not evaluate(Value(1.0)).requires_grad
        assert recording()
    assert evaluate.__name__ == "evaluate" and evaluate.__doc__ == "Its own words."


def test_modes_are_restored_after_exceptions():
    @tg.no_grad()
    def failing():
        raise KeyError("mine")

    for mode in (tg.no_grad, tg.detect_anomaly, lambda: tg.default_dtype("float64")):
        with pytest.raises(KeyError, match="mine"), mode():
            raise KeyError("mine")
    with pytest.raises(KeyError, match="mine"):
        failing()
    assert recording() and tg.get_default_dtype() == "float32"
    assert tg.log(Value(0.0)).data == -np.inf


def test_leaves_made_under_no_grad_still_require_gradients():
    with tg.no_grad():
        x = Tensor([1.0], requires_grad=True)
    (x * 2).sum().backward()
    assert x.grad.item() == 2.0


# --- threads and tasks ---


def test_modes_belong_to_one_thread():
    inside, checked = threading.Event(), threading.Event()
    seen = {}

    def other():
        inside.wait(10)
        seen["recording"] = recording()
        seen["dtype"] = Tensor([1.0]).dtype
        seen["log"] = tg.log(Value(0.0)).data
        checked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with tg.no_grad(), tg.default_dtype("float64"), tg.detect_anomaly():
        inside.set()
        assert checked.wait(10)
        assert not recording() and Tensor([1.0]).dtype == np.float64
    thread.join()
    assert seen == {"recording": True, "dtype": np.float32, "log": -np.inf}


def test_modes_belong_to_one_task():
    async def evaluate(gate):
        with tg.no_grad():
            await gate.wait()
            return recording()

    async def train(gate):
        result = recording()
        gate.set()
        return result

    async def both():
        gate = asyncio.Event()
        return await asyncio.gather(evaluate(gate), train(gate))

    assert asyncio.run(both()) == [False, True]


def test_graphs_of_several_threads_do_not_disturb_each_other():
    """Every thread differentiates its own copy of one computation; serials come from one clock for all."""
    results = {}

    def work(k):
        x = Tensor(np.full(3, float(k)), requires_grad=True)
        y = x
        for _ in range(100):
            y = y * 0.5 + tg.tanh(x)
        y.sum().backward()
        results[k] = x.grad.numpy()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, gradient in results.items():
        geometric = (1 - 0.5**100) / 0.5
        np.testing.assert_allclose(gradient, 0.5**100 + geometric * (1 - np.tanh(k) ** 2), rtol=1e-12)


# --- anomaly ---


def test_the_first_inf_or_nan_of_the_forward_pass_is_named_with_the_users_line(device):
    x = Tensor([1.0, 0.0], requires_grad=True, device=device)
    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError) as caught:
        y = x * 2
        z = tg.log(y)  # the culprit
        z.sum().backward()
    message = str(caught.value)
    assert "log made the first inf of the forward pass" in message
    assert "test_modes.py:" in message and "z = tg.log(y)  # the culprit" in message
    assert "shape (2,), 0 to 2" in message


def test_the_mean_of_nothing_is_named_too(device):
    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError, match=r"mean made the first nan .*\(shape \(0,\)\)"):
        tg.mean(Tensor(np.zeros(0), device=device))


def test_the_first_nan_of_values():
    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError, match=r"sqrt made the first nan.*\(-2\).*w = tg\.s"):
        v = Value(-1.0) * 2
        w = tg.sqrt(v)
        w * 3


def test_an_inf_that_came_in_is_not_the_fault_of_what_uses_it():
    with tg.detect_anomaly():
        y = Value(np.inf) * 2
        z = Tensor([np.nan], requires_grad=True) + 1
    assert y.data == np.inf and np.isnan(z.item())
    v = Value(1.0)
    y = v * 2
    with tg.detect_anomaly():
        y.backward(np.inf)
    assert v.grad == np.inf


def test_the_first_inf_of_the_backward_pass_is_named_with_the_line_of_its_node(device):
    x = Tensor([4.0, 0.0], requires_grad=True, device=device, name="x")
    with tg.detect_anomaly():
        root = tg.sqrt(x)  # infinitely steep
        y = (root * 3).sum()
        with pytest.raises(tg.AnomalyError) as caught:
            y.backward()
    message = str(caught.value)
    assert "the derivative of sqrt for its operand, the leaf 'x', made the first inf of the backward pass" in message
    assert "root = tg.sqrt(x)  # infinitely steep" in message


def test_the_first_inf_of_the_backward_pass_of_values():
    v = Value(0.0, name="v")
    y = tg.sqrt(v)
    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError, match=r"of sqrt.*'v'.*before detect_anomaly"):
        y.backward()


def test_anomalies_inside_functions_name_the_innermost_line_of_the_user():
    def helper(a):
        return tg.std(a) / (a.sum() - a.sum())  # my helper

    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError, match=r"divide made the first inf.*# my helper"):
        helper(Tensor([1.0, 2.0]))


def test_a_branch_not_taken_is_no_anomaly_of_the_backward_pass():
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = tg.where(x.data > 0, tg.sqrt(x), 0.0).sum()
    with tg.detect_anomaly():
        y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0.25])


def test_a_sound_computation_runs_through_and_gives_the_same_numbers(device):
    x = Tensor(np.array([0.5, -0.3]), requires_grad=True, device=device)
    f = lambda: (tg.softmax(tg.tanh(x) @ x.reshape(2, 1)) * tg.where(x > 0, tg.log(abs(x)), x)).sum()  # noqa: E731
    f().backward()
    plain = x.grad.numpy()
    x.grad = None
    with tg.detect_anomaly():
        f().backward()
    np.testing.assert_array_equal(x.grad.numpy(), plain)
