"""What the numbers of the quiz are computed with: the right ones, and those that misconceptions give."""

from math import log

import tinygrad_edu as tg


def neuron(weights=(2, -1), bias=1, inputs=(1, 4)):
    """The weighted sum."""
    return sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias


def parameters(inputs, units):
    return sum(p.numpy().size for p in tg.nn.Dense(inputs, units).parameters())


def through(sigmoids):
    """What is left of a gradient of 1 at most: each sigmoid is at 0, where it is steepest."""
    gradient = 1.0
    for _ in range(sigmoids):
        z = tg.Value(0.0)
        tg.sigmoid(z).backward()
        gradient *= z.grad
    return gradient


def cross_entropy(p):
    """Of the right answer's probability."""
    return tg.losses.binary_cross_entropy(tg.Tensor([log(p / (1 - p))]), [1]).item()


def step(w, gradient, lr):
    weight = tg.Value(float(w))
    weight.grad = float(gradient)
    tg.optim.SGD([weight], lr=lr).step()
    return weight.data


def paths():
    u = tg.Value(2.0)
    (3.0 * u + u * u).backward()
    return u.grad


def repeated(rows=3):
    b = tg.Tensor(0.0, requires_grad=True)
    (tg.Tensor([2.0, 3.0, 4.0][:rows]) + b).sum().backward()
    return b.grad.item()


def adam(gradient):
    """The length of the first step at the rate 0.1."""
    weight = tg.Value(0.0)
    weight.grad = float(gradient)
    tg.optim.Adam([weight], lr=0.1).step()
    return abs(weight.data)


def updates(rows, size, epochs):
    data = tg.data.load("moons", n=rows)
    return sum(len(list(data.batches(size, epoch=epoch))) for epoch in range(epochs))


def dropped(unit, p):
    """What a unit hands on that is kept."""
    return tg.nn.Dropout(p, seed=0)(tg.Tensor([float(unit)] * 20)).numpy().max()


def shared(contributions):
    """The gradient of one weight that is used in each step."""
    w = tg.Value(1.0)
    sum(c * w for c in contributions).backward()
    return w.grad
