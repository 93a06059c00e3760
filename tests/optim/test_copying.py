"""Copies of models and optimizers: what a copied optimizer updates are the copied parameters, and only these."""

import copy
import pickle

import numpy as np
import pytest

from tinygrad_edu import Tensor, Value, nn, optim

each_way = pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))], ids=["deepcopy", "pickle"]
)
KINDS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.1),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "groups": lambda p: optim.AdamW([{"params": p[:1], "lr": 0.5}, {"params": p[1:]}], lr=0.1),
}
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


def dense(device="cpu", dtype="float32"):
    return nn.Dense(3, 2, activation="tanh", rng=0, dtype=dtype, device=device)


def train(model, optimizer, steps=2):
    for _ in range(steps):
        optimizer.zero_grad()
        (model(Tensor(X, dtype=model.weight.dtype, device=model.weight.device)) ** 2).sum().backward()
        optimizer.step()
    return [p.numpy().tolist() for p in model.parameters()]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("kind", KINDS)
@each_way
def test_a_copy_of_both_goes_on_as_the_original_would(duplicate, kind, dtype, device):
    model = dense(device, dtype)
    optimizer = KINDS[kind](list(model.parameters()))
    before = train(model, optimizer)
    twin, its_optimizer = duplicate((model, optimizer))
    after = train(twin, its_optimizer)
    assert after != before and [p.numpy().tolist() for p in model.parameters()] == before
    assert train(model, optimizer) == after
    assert all(a is b for a, b in zip(its_optimizer.parameters, twin.parameters(), strict=True))


@each_way
def test_a_copy_of_an_optimizer_alone_has_parameters_of_its_own(duplicate):
    model = dense()
    optimizer = KINDS["Adam"](list(model.parameters()))
    before = train(model, optimizer)
    twin = duplicate(optimizer)
    twin.step()  # the gradients are copied, too
    assert [p.numpy().tolist() for p in model.parameters()] == before
    optimizer.step()
    assert [p.numpy().tolist() for p in twin.parameters] == [p.numpy().tolist() for p in model.parameters()] != before


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_a_copy_of_a_parameter_is_no_parameter_of_the_optimizer(duplicate):
    """Neither its gradient nor its data lie in the optimizer's arrays."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    (w * w).sum().backward()
    twin = duplicate(w)
    twin.grad = None
    (twin * 100.0).sum().backward()
    twin.data = [7.0, 8.0]
    assert (w.numpy().tolist(), w.grad.numpy().tolist()) == ([1, 2], [2, 4])
    twin.data = [7.0, 8.0, 9.0]  # no optimizer holds it to its shape
    optimizer.step()
    assert (w.numpy().tolist(), twin.shape) == ([-1, -2], (3,))


@pytest.mark.raw_arrays
@each_way
def test_a_copy_of_a_model_alone_shares_nothing_with_the_optimizer(duplicate, device):
    model = dense(device)
    optimizer = KINDS["SGD"](list(model.parameters()))
    before = train(model, optimizer)
    twin = duplicate(model)
    train(model, optimizer)
    assert [p.numpy().tolist() for p in twin.parameters()] == before
    assert train(twin, optim.SGD(twin.parameters(), lr=0.1)) != before
    model.weight.grad.data[...] = 0.0
    assert np.abs(twin.weight.grad.numpy()).max() > 0


@each_way
def test_values_and_schedules_too(duplicate):
    v = Value(1.0)
    optimizer = optim.SGD([v], lr=1.0)
    schedule = optim.StepLR(optimizer, step_size=1, gamma=0.5)
    (v * v).backward()
    v2, optimizer2, schedule2 = duplicate((v, optimizer, schedule))
    optimizer2.step()
    schedule2.step()
    assert (v2.data, v.data, optimizer2.lr, optimizer.lr) == (-1.0, 1.0, 0.5, 1.0)


@each_way
def test_between_forward_and_backward(duplicate):
    """The graph, the model and the optimizer: the copied graph is of the copied parameters, which have not changed."""
    model = dense()
    optimizer = KINDS["Adam"](list(model.parameters()))
    for items in (lambda loss: (loss, model, optimizer), lambda loss: (optimizer, loss, model)):
        before = train(model, optimizer)
        optimizer.zero_grad()
        loss = (model(Tensor(X)) ** 2).sum()
        copied = duplicate(items(loss))
        loss2, model2, optimizer2 = (next(x for x in copied if type(x) is type(y)) for y in (loss, model, optimizer))
        loss2.backward()
        optimizer2.step()
        assert [p.numpy().tolist() for p in model.parameters()] == before
        loss.backward()
        optimizer.step()
        assert [p.numpy().tolist() for p in model.parameters()] == [p.numpy().tolist() for p in model2.parameters()]
