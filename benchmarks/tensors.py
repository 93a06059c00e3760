"""The tensor engine against NumPy by hand and PyTorch: tiny operations and a training step of a small network.

The network is written with Tensor operations only, none of them fused. The optimizer, SGD or Adam in place, is the
same hand-written NumPy for all but PyTorch, which brings its own; by hand all weights lie in one flat array.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import tinygrad_edu as tg

from .timing import Row, interleaved

Step = Callable[[], float]
SIZES = (((784, 128, 10), 32), ((784, 256, 128, 10), 128), ((784, 1024, 1024, 10), 512))
QUICK_ROUNDS = 3
RATE, BETA1, BETA2, EPS = 1e-4, 0.9, 0.999, 1e-8
HAS_TORCH = importlib.util.find_spec("torch") is not None
HAS_JAX = importlib.util.find_spec("jax") is not None


class Problem:
    """Random data and initial weights (seed 0), the weights and their gradients in two flat arrays with views."""

    def __init__(self, layers: tuple[int, ...], batch: int, optimizer: str):
        rng = np.random.default_rng(0)
        self.layers, self.optimizer = layers, optimizer
        self.x = rng.standard_normal((batch, layers[0]), dtype=np.float32)
        self.labels = rng.integers(0, layers[-1], batch)
        shapes = [s for n, m in pairwise(layers) for s in ((n, m), (m,))]
        self.flat = np.concatenate([rng.standard_normal(s).astype(np.float32).ravel() * 0.05 for s in shapes])
        self.flat_grad = np.zeros_like(self.flat)
        self.weights, self.gradients = self.views(self.flat, shapes), self.views(self.flat_grad, shapes)
        self.m, self.v, self.scratch = (np.zeros_like(self.flat) for _ in range(3))
        self.states = [self.views(state, shapes) for state in (self.m, self.v, self.scratch)]
        self.t = 0

    @staticmethod
    def views(flat: np.ndarray, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
        ends = np.cumsum([int(np.prod(s)) for s in shapes])
        return [part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)]

    def update_flat(self) -> None:
        """Update all weights at once, from the flat gradient."""
        self.t += 1
        self.update(self.flat, self.flat_grad, self.m, self.v, self.scratch)

    def update(self, w: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, s: np.ndarray) -> None:
        """SGD, or Adam (Kingma & Ba 2014), in place."""
        if self.optimizer == "sgd":
            w -= np.multiply(g, RATE, out=g)
            return
        m += np.multiply(np.subtract(g, m, out=s), 1 - BETA1, out=s)
        v *= BETA2
        v += np.multiply(np.square(g, out=s), 1 - BETA2, out=s)
        np.sqrt(v, out=s)
        s /= np.float32(np.sqrt(1 - BETA2**self.t))
        s += EPS
        np.divide(m, s, out=s)
        s *= np.float32(RATE / (1 - BETA1**self.t))
        w -= s


def by_hand(problem: Problem) -> Step:
    """Forward, backward and update in NumPy, as one would write it to be fast: gradients into the flat array."""
    return lambda: step_by_hand(problem, problem.x, problem.labels)


def step_by_hand(problem: Problem, x: np.ndarray, labels: np.ndarray) -> float:
    n, activations, w = len(x), [x], problem.weights
    rows = np.arange(n)
    for k in range(0, len(w), 2):
        h = activations[-1] @ w[k]
        h += w[k + 1]
        if k + 2 < len(w):
            np.maximum(h, 0.0, out=h)
        activations.append(h)
    logits = activations.pop()
    logits -= logits.max(axis=1, keepdims=True)
    picked = logits[rows, labels]
    np.exp(logits, out=logits)
    total = logits.sum(axis=1, keepdims=True)
    loss = float((np.log(total[:, 0]) - picked).mean())
    g = logits
    g /= total
    g[rows, labels] -= 1.0
    g /= n
    for k in range(len(w) - 2, -1, -2):
        h = activations[k // 2]
        np.matmul(h.T, g, out=problem.gradients[k])
        np.sum(g, axis=0, out=problem.gradients[k + 1])
        if k:
            g = g @ w[k].T
            g *= h > 0
    problem.update_flat()
    return loss


def with_tensors(problem: Problem) -> Step:
    """The same with our tensors and our optimizer, from operations that are not fused."""
    parameters = [tg.Tensor(w, requires_grad=True) for w in problem.weights]
    optimizer = {"sgd": tg.optim.SGD, "adam": tg.optim.Adam}[problem.optimizer](parameters, lr=RATE)
    n, classes = len(problem.x), problem.layers[-1]
    x = tg.Tensor(problem.x)
    targets = tg.Tensor(np.eye(classes, dtype=np.float32)[problem.labels] / -n)  # cross-entropy: -Σ log p[label] / n

    def step() -> float:
        h = x
        for k in range(0, len(parameters), 2):
            h = h @ parameters[k] + parameters[k + 1]
            if k + 2 < len(parameters):
                h = h.relu()
        loss = (h.log_softmax(axis=1) * targets).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def with_torch(problem: Problem) -> Step:
    import torch

    torch.set_num_threads(1)
    parameters = [torch.tensor(w, requires_grad=True) for w in problem.weights]
    kind = torch.optim.SGD if problem.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(parameters, lr=RATE)
    x, labels = torch.tensor(problem.x), torch.tensor(problem.labels)

    def step() -> float:
        h = x
        for k in range(0, len(parameters), 2):
            h = torch.addmm(parameters[k + 1], h, parameters[k])
            if k + 2 < len(parameters):
                h = torch.relu(h)
        loss = torch.nn.functional.cross_entropy(h, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def with_jax(problem: Problem) -> Step:
    """The same as one function that XLA compiles, with the weights in its own arrays."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    from jax import numpy as jnp

    x, labels, rows = jnp.array(problem.x), jnp.array(problem.labels), jnp.arange(len(problem.x))

    def loss_of(w: list[Any]) -> Any:
        h = x
        for k in range(0, len(w), 2):
            h = h @ w[k] + w[k + 1]
            if k + 2 < len(w):
                h = jax.nn.relu(h)
        return -jax.nn.log_softmax(h)[rows, labels].mean()

    def train(w: list[Any], m: list[Any], v: list[Any], t: float) -> tuple[Any, ...]:
        loss, g = jax.value_and_grad(loss_of)(w)
        if problem.optimizer == "sgd":
            return [a - RATE * b for a, b in zip(w, g, strict=True)], m, v, loss
        m = [BETA1 * a + (1 - BETA1) * b for a, b in zip(m, g, strict=True)]
        v = [BETA2 * a + (1 - BETA2) * b * b for a, b in zip(v, g, strict=True)]
        c1, c2 = 1 - BETA1**t, 1 - BETA2**t
        return [a - RATE * (b / c1) / (jnp.sqrt(c / c2) + EPS) for a, b, c in zip(w, m, v, strict=True)], m, v, loss

    compiled = jax.jit(train, donate_argnums=(0, 1, 2))
    zeros = lambda: [jnp.zeros_like(jnp.array(w)) for w in problem.weights]  # noqa: E731
    state: list[Any] = [[jnp.array(w) for w in problem.weights], zeros(), zeros()]
    t = 0

    def step() -> float:
        nonlocal t
        t += 1
        *state[:], loss = compiled(*state, float(t))
        return float(loss)

    return step


def tiny(kind: str) -> Callable[[], object]:
    """y = tanh(x·w + x)·w - x of shape (4,), forward and backward."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4), dtype=np.float32)
    if kind == "torch":
        import torch

        torch.set_num_threads(1)
        a, b, one, tanh = (
            torch.tensor(x, requires_grad=True),
            torch.tensor(w, requires_grad=True),
            torch.ones(4),
            torch.tanh,
        )
    else:
        a, b = tg.Tensor(x, requires_grad=True), tg.Tensor(w, requires_grad=True)
        one, tanh = tg.Tensor(np.ones(4, dtype=np.float32)), tg.tanh

    def step() -> tuple[object, object]:
        y = tanh(a * b + a) * b - a
        y.backward(one)
        gradients = a.grad, b.grad
        a.grad = b.grad = None
        return gradients

    return step


def rows(quick: bool = False) -> list[Row]:
    found: list[Row] = []
    if HAS_TORCH:
        ours, theirs = tiny("ours"), tiny("torch")
        for mine, other in zip(ours(), theirs(), strict=True):  # type: ignore[call-overload]
            np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-5)
        mine, other = interleaved(ours, theirs, rounds=7 if quick else 31, repeat=200)
        found.append(("tiny operations, shape (4,)", "PyTorch eager", mine / other, 0.6))
    for layers, batch in SIZES[:1] if quick else SIZES:
        found += step_rows(with_tensors, layers, batch, "unfused", rounds=QUICK_ROUNDS if quick else None)
    return found


def step_rows(
    ours: Callable[[Problem], Step],
    layers: tuple[int, ...],
    batch: int,
    how: str,
    of_numpy: float | None = None,
    of_pytorch: float | None = None,
    of_jax: float | None = None,
    rounds: int | None = None,
) -> list[Row]:
    """A training step of ours against NumPy by hand, PyTorch and JAX, which get the same losses; with SGD and Adam.

    Args:
        of_numpy, of_pytorch, of_jax: the holds; jax.jit takes part if there is one.
        rounds: how many turns each has; None: as many as its time needs.
    """
    found: list[Row] = []
    for optimizer in ("sgd", "adam"):
        rivals = [("NumPy by hand, in place", by_hand, of_numpy)]
        rivals += [("PyTorch eager", with_torch, of_pytorch)] * HAS_TORCH
        rivals += [("jax.jit", with_jax, of_jax)] * (HAS_JAX and of_jax is not None)
        makers = [ours, *[make for _, make, _ in rivals]]
        steps = [make(Problem(layers, batch, optimizer)) for make in makers]
        losses = [[step() for step in steps] for _ in range(3)]
        np.testing.assert_allclose(losses, [[row[0]] * len(steps) for row in losses], rtol=2e-4)
        repeat = {32: 100, 128: 20, 512: 1}[batch]  # a turn is long enough to find its own data in the cache again
        turns = rounds or (45 if batch == 32 else 15)  # short steps are the noisier
        mine, *others = interleaved(*steps, rounds=turns, repeat=repeat)
        work = f"{'-'.join(map(str, layers))} batch {batch}, {optimizer}, {how}"
        found += [(work, against, mine / other, hold) for (against, _, hold), other in zip(rivals, others, strict=True)]
        if HAS_TORCH:
            found.append(("  NumPy by hand", "PyTorch eager", others[0] / others[1], None))
    return found
