"""A training step of a network of dense layers on one GPU, by this package and by PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.graph.operation import REGISTRY

RATE, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8


class Problem:
    """Random data, labels and initial weights (seed 0), float32, on the host."""

    def __init__(self, layers: tuple[int, ...], batch: int):
        rng = np.random.default_rng(0)
        self.layers = layers
        self.x = rng.standard_normal((batch, layers[0]), dtype=np.float32)
        self.labels = rng.integers(0, layers[-1], batch)
        self.parameters: list[np.ndarray] = []
        for n, m in pairwise(layers):
            weight = rng.standard_normal((n, m), dtype=np.float32) * np.float32(math.sqrt(2 / n))
            self.parameters += [weight, np.zeros(m, np.float32)]


class Competitor(NamedTuple):
    """A training step, and how its loss becomes a number; `stream` where it does not run on the current one."""

    run: Callable[[], Any]
    loss: Callable[[Any], float]
    stream: Any = None


def ours(problem: Problem, fused: bool) -> Competitor:
    """Adam, with fused dense layers and loss, or with every operation written out."""
    parameters = [tg.Tensor(p, requires_grad=True, device="cuda") for p in problem.parameters]
    weights, biases = parameters[::2], parameters[1::2]
    x, labels = tg.Tensor(problem.x, device="cuda"), tg.Tensor(problem.labels, device="cuda")
    one_hot = np.eye(problem.layers[-1], dtype=np.float32)[problem.labels] / np.float32(-len(problem.x))
    shares = tg.Tensor(one_hot, device="cuda")
    optimizer = tg.optim.Adam(parameters, lr=RATE, betas=(BETA1, BETA2), eps=EPS)
    dense = REGISTRY["dense"].function

    def run() -> tg.Tensor:
        h = x
        for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            activation = "relu" if k + 1 < len(weights) else None
            if fused:
                h = dense(h, weight, bias, activation=activation)
            else:
                h = h @ weight + bias
                h = h.relu() if activation else h
        loss = tg.losses.cross_entropy(h, labels) if fused else (h.log_softmax(axis=1) * shares).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Competitor(run, lambda loss: float(loss.item()))


def compiled(problem: Problem, captured: bool = False) -> Competitor:
    """The same network of layers, as one compiled step, of which the part before the update may be a CUDA graph."""
    layers, last = [], len(problem.layers) - 2
    for k, (n, m) in enumerate(pairwise(problem.layers)):
        layer = tg.nn.Dense(n, m, activation="relu" if k < last else None, device="cuda")
        layer.weight.data, layer.bias.data = problem.parameters[2 * k : 2 * k + 2]
        layers.append(layer)
    model = tg.nn.Sequential(*layers)
    optimizer = tg.optim.Adam(model.parameters(), lr=RATE, betas=(BETA1, BETA2), eps=EPS)
    step = tg.compile(
        lambda x, labels: tg.losses.cross_entropy(model(x), labels), optimizer=optimizer, capture=captured
    )
    x, labels = tg.Tensor(problem.x, device="cuda"), tg.Tensor(problem.labels, device="cuda")
    return Competitor(lambda: step(x, labels), lambda loss: float(loss.item()))


def pytorch(problem: Problem, tf32: bool, captured: bool = False) -> Competitor:
    """PyTorch with its fused Adam, eager or captured as a CUDA graph."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = tf32
    layers: list[torch.nn.Module] = []
    for weight, bias in zip(problem.parameters[::2], problem.parameters[1::2], strict=True):
        linear = torch.nn.Linear(*weight.shape, device="cuda")
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias))
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    x, labels = torch.from_numpy(problem.x).cuda(), torch.from_numpy(problem.labels).cuda()
    betas = (BETA1, BETA2)
    optimizer = torch.optim.Adam(model.parameters(), RATE, betas, EPS, fused=True, capturable=captured)

    def run() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Competitor(_captured(model, optimizer, run) if captured else run, lambda loss: float(loss.item()))


def _captured(model: Any, optimizer: Any, step: Callable[[], Any]) -> Callable[[], Any]:
    """A PyTorch step as a CUDA graph, which begins where the model is."""
    import torch

    first = [p.detach().clone() for p in model.parameters()]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # capturing wants a few steps on a side stream before
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), first, strict=True):
            parameter.copy_(value)
        for state in optimizer.state.values():
            for item in state.values():
                item.zero_()
    optimizer.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def run() -> Any:
        graph.replay()
        return loss

    return run
