"""The trainings of the bug zoo, as they should be and with one thing wrong: what its programs are compared with."""

import contextlib
import io
from functools import cache
from math import exp, log
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Mistake
from tinygrad_edu_tutorials.reading.reader import read

__all__ = ["exp", "held_out", "log", "parts", "printed", "sigmoid"]  # for the numbers of the page

PLACES = np.array([[0.0, 0.0], [1.0, 0.5], [-1.0, 0.3], [2.0, -0.4]])


@cache
def parts(n=1000, noise=0.2, seed=0):
    return tg.data.load("moons", n=n, noise=noise, seed=seed).split(seed=seed)


# For the numbers of the page.


@cache
def printed(animal, kind="exercise"):
    """What the program of the page prints: the numbers of each line, by the words before them."""
    text = read(Path(__file__).parent / "lesson.en.md").one(kind, animal).text
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, animal, "exec"), {"__name__": "__main__"})
    lines = (line.split() for line in out.getvalue().splitlines())
    return {
        " ".join(w for w in line if not _number(w)): [float(w) for w in line if _number(w)] for line in lines if line
    }


def _number(word):
    return word.lstrip("-")[0].isdigit()


def held_out(animal, kind="exercise"):
    """The accuracy on held-out rows."""
    return printed(animal, kind)["held out"][0]


# The small network of the zoo by hand, in NumPy, as it should be and with one thing wrong.


def start():
    tg.random.seed(0)
    model = tg.nn.Sequential(tg.nn.Dense(2, 16), tg.nn.Tanh(), tg.nn.Dense(16, 1))
    return [w.numpy().astype(float) for w in model.parameters()]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def scores(weights, x):
    W, b, V, c = weights
    return (np.tanh(x @ W + b) @ V + c)[:, 0]


def gradients(weights, x, y, squashed=False):
    """Of the mean cross-entropy; squashed: of that of the sigmoid, taken for a weighted sum."""
    W, b, V, _ = weights
    h, z = np.tanh(x @ W + b), scores(weights, x)
    p = sigmoid(z)
    dz = (((sigmoid(p) - y) * p * (1 - p) if squashed else p - y) / len(y))[:, None]
    dh = dz @ V.T * (1 - h * h)
    return [x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)]


def by_hand(data, lr=0.5, epochs=30, kept=False, sign=1.0, turned=False, squashed=False):
    """The weights after training."""
    weights, grads = start(), None
    for epoch in range(epochs):
        for x, y in data.batches(20, epoch=epoch):
            new = [sign * g for g in gradients(weights, x, 1 - y if turned else y, squashed)]
            grads = [a + b for a, b in zip(grads, new, strict=True)] if kept and grads else new
            weights = [w - lr * g for w, g in zip(weights, grads, strict=True)]
    return weights


def tensor(x):
    return tg.Tensor(x, dtype="float32")


def accuracy(z, y):
    return float(np.mean((np.asarray(z).reshape(-1) > 0) == y))


# Dropout that is never off, and the best weights.


def an_epoch(model, optimizer, data, epoch):
    for x, y in data.batches(20, epoch=epoch):
        optimizer.zero_grad()
        tg.losses.binary_cross_entropy(model(tensor(x)), y).backward()
        optimizer.step()


@cache
def with_dropout(epochs, on=False, off=False, p=0.5):
    """The scores at `PLACES` after training, without dropout, and the accuracies measured on the way."""
    seen, unseen = parts()
    tg.random.seed(0)
    model = tg.nn.Sequential(tg.nn.Dense(2, 32), tg.nn.ReLU(), tg.nn.Dropout(p), tg.nn.Dense(32, 1))
    optimizer = tg.optim.SGD(model.parameters(), lr=0.5)
    curve = []
    for epoch in range(epochs):
        an_epoch(model, optimizer, seen, epoch)
        if not on:
            model.eval()
        curve.append(accuracy(model(tensor(unseen.x)).numpy(), unseen.y))
        if not off:
            model.train()
    model.eval()
    return model(tensor(PLACES)).numpy()[:, 0], curve


@cache
def watched_losses(epochs):
    """The loss on the watched rows after each epoch."""
    watched, seen = parts(260, 0.3)
    tg.random.seed(0)
    model = tg.nn.Sequential(tg.nn.Dense(2, 32), tg.nn.ReLU(), tg.nn.Dense(32, 1))
    optimizer = tg.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for epoch in range(epochs):
        an_epoch(model, optimizer, seen, epoch)
        losses.append(tg.losses.binary_cross_entropy(model(tensor(watched.x)), watched.y).item())
    return losses


# What a check asks of a network, and mistakes that show in it.


def at_places(z):
    return {f"z({a:g}, {b:g})": float(value) for (a, b), value in zip(PLACES, z, strict=True)}


def shown(**limits):
    """A mistake that shows where all these answers lie between limits, in each case."""

    def shows(answers):
        return all(low <= given[what] <= high for given in answers.values() for what, (low, high) in bounds)

    bounds = [(what.replace("_", " "), limit) for what, limit in limits.items()]
    return Mistake(shows)
