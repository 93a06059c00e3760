"""What lesson 9 checks, and what its numbers are computed with."""

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Contract, Exercise, FunctionExercise


def numbers(*shape):
    """Whole numbers, different everywhere and the same every time."""
    return np.random.default_rng(len(shape) + sum(shape)).permutation(np.arange(1.0, np.prod(shape) + 1)).reshape(shape)


def shared_gradient():
    """The gradient of one bias that four examples use, under a plain sum."""
    b = tg.Tensor([1.0], requires_grad=True)
    tg.sum(tg.Tensor([1.0, -3.0, 5.0, 3.0]) + b).backward()
    return float(b.grad.numpy()[0])


# Sums over what broadcasting has repeated, and with one thing wrong.


def undone(G, shape, front=lambda G: G.sum(axis=0), stretched=lambda G, axis: G.sum(axis=axis, keepdims=True)):
    while G.ndim > len(shape):
        G = front(G)
    for axis, size in enumerate(shape):
        if size == 1:
            G = stretched(G, axis)
    return G


def means(G, shape):
    return undone(G, shape, lambda G: G.mean(axis=0), lambda G, axis: G.mean(axis=axis, keepdims=True))


def first_ones(G, shape):
    return undone(G, shape, lambda G: G[0], lambda G, axis: G.take([0], axis))


class Unbroadcast(FunctionExercise):
    name = "unbroadcast"
    functions = ("unbroadcast",)
    cases = {
        "unbroadcast(G, (3,)), G (4, 3)": (numbers(4, 3), (3,)),
        "unbroadcast(G, (4, 1)), G (4, 3)": (numbers(4, 3), (4, 1)),
        "unbroadcast(G, (3,)), G (3, 3)": (numbers(3, 3), (3,)),
        "unbroadcast(G, (4, 3)), G (4, 3)": (numbers(4, 3), (4, 3)),
        "unbroadcast(G, (1, 3)), G (2, 4, 3)": (numbers(2, 4, 3), (1, 3)),
        "unbroadcast(G, ()), G (4, 3)": (numbers(4, 3), ()),
    }
    reference = staticmethod(undone)
    mistakes = {
        "kept": [lambda G, shape: G, first_ones],
        "mean": means,
        "axis": [
            lambda G, shape: undone(G, shape, lambda G: G.sum(axis=-1)),
            lambda G, shape: undone(G, shape, lambda G: G.sum(axis=1)),
        ],
        "flat": lambda G, shape: undone(G, shape, stretched=lambda G, axis: G.sum(axis=axis)),
    }
    mutants = {
        "kept": [
            {"    while G.ndim": "    return G\n    while G.ndim"},
            {"G.sum(axis=0)": "G[0]", "G.sum(axis=axis, keepdims=True)": "G.take([0], axis)"},
        ],
        "mean": [{"G.sum(axis=0)": "G.mean(axis=0)", "G.sum(axis=axis,": "G.mean(axis=axis,"}],
        "axis": [{"G.sum(axis=0)": "G.sum(axis=-1)"}, {"G.sum(axis=0)": "G.sum(axis=1)"}],
        "flat": [{", keepdims=True": ""}],
    }
    also_right = [{"G.sum(axis=0)": "sum(G)"}, {"G.sum(axis=axis, keepdims=True)": "G.sum(axis, keepdims=True)"}]


# The two gradients of a product of matrices, and with one thing wrong: the right one, and the wrong ones.


def by_x(X, W, G):
    return G @ W.T


def by_w(X, W, G):
    return X.T @ G


def one_or_both(wrong_x, wrong_w):
    """Either of two gradients is wrong, or both are."""
    pairs = [(wrong_x, wrong_w), (wrong_x, by_w), (by_x, wrong_w)]
    return [lambda *given, pair=pair: (pair[0](*given), pair[1](*given)) for pair in pairs]


def both_ways(new_x, new_w):
    """The patches of the solution that make such a mistake."""
    x, w = {"G @ W.T": new_x}, {"X.T @ G": new_w}
    return [{**x, **w}, x, w]


ENGINE = """import tinygrad_edu as tg


def matmul_backward(X, W, G):
    X = tg.Tensor(X, requires_grad=True)
    W = tg.Tensor(W, requires_grad=True)
    tg.sum((X @ W) * G).backward()
    return X.grad, W.grad
"""


class MatmulBackward(Exercise):
    name = "matmul_backward"
    functions = ("matmul_backward",)
    forbids = ("Tensor.backward", "backprop", "grad")
    cases = {
        "X (2, 2), W (2, 2)": (numbers(2, 2), numbers(2, 2) - 3.0, 2.0 * numbers(2, 2).T + 1.0),
        "X (4, 2), W (2, 3)": (numbers(4, 2), numbers(2, 3), numbers(4, 3)),
        "X (1, 5), W (5, 2)": (numbers(1, 5), numbers(5, 2), numbers(1, 2)),
    }

    def pair(self, gradients, case):
        given = gradients(*self.given(case))
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise Contract("list", given, "matmul_backward(X, W, G)")
        return dict(zip(("∂L/∂X", "∂L/∂W"), given, strict=True))

    def answer(self, learner, case):
        return self.pair(learner.matmul_backward, case)

    def right(self, case):
        return self.pair(lambda *given: (by_x(*given), by_w(*given)), case)

    def wrong(self, model, case):
        return self.pair(model, case)

    mistakes = {
        "exchanged": lambda *given: (by_w(*given), by_x(*given)),
        "upstream": one_or_both(
            lambda X, W, G: np.ones_like(G) @ W.T,
            lambda X, W, G: X.T @ np.ones_like(G),
        ),
        "transposed": one_or_both(lambda X, W, G: G @ W, lambda X, W, G: X @ G),
        "swapped": one_or_both(lambda X, W, G: W.T @ G, lambda X, W, G: G @ X.T),
        "turned": one_or_both(lambda X, W, G: W @ G.T, lambda X, W, G: G.T @ X),
    }
    mutants = {
        "exchanged": [{"return dX, dW": "return dW, dX"}, {"dX = G": "dW = G", "dW = X": "dX = X"}],
        "upstream": both_ways("(0 * G + 1) @ W.T", "X.T @ (0 * G + 1)"),
        "transposed": both_ways("G @ W", "X @ G"),
        "swapped": both_ways("W.T @ G", "G @ X.T"),
        "turned": both_ways("W @ G.T", "G.T @ X"),
    }
    shortcuts = [ENGINE]
    also_right = [{"G @ W.T": "(W @ G.T).T", "X.T @ G": "(G.T @ X).T"}]


# Linear regression by hand, and with one thing wrong.


def descent(X, T, steps, lr=0.02, by_b=lambda G: G.sum(axis=0), late=False):
    W, b = np.zeros((X.shape[1], T.shape[1])), np.zeros(T.shape[1])
    for _ in range(steps):
        G = 2 * (X @ W + b - T)
        W = W - lr * X.T @ G
        b = b - lr * by_b(G)
    return {"W": W, "b": b.mean(axis=0) if late else b}


def fitted(steps):
    """The loss of the right program, and of the broken one, on the page's examples."""
    X, T = CLASS
    models = [descent(X, T, steps), descent(X, T, steps, by_b=lambda G: G)]
    return [float(np.sum((X @ model["W"] + model["b"] - T) ** 2)) for model in models]


CLASS = (
    np.array([[1.0, 2.0], [0.0, 3.0], [2.0, 1.0], [1.0, 0.0]]),
    np.array([[1.0, 4.0, 0.0], [-1.0, 4.0, 1.0], [6.0, 1.0, 0.0], [2.0, 0.0, 0.0]]),
)
SQUARE = (np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0, 4.0], [-2.0, 3.0]]))


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("train",)
    cases = {
        "train(X, T, 1), X (4, 2), T (4, 3)": (*CLASS, 1),
        "train(X, T, 5), X (4, 2), T (4, 3)": (*CLASS, 5),
        "train(X, T, 3), X (2, 2), T (2, 2)": (*SQUARE, 3),
    }
    reference = staticmethod(descent)
    stub_is = "repeated"  # it is the bug that they hunt
    mistakes = {
        "repeated": lambda *args: descent(*args, by_b=lambda G: G),
        "mean": lambda *args: descent(*args, by_b=lambda G: G.mean(axis=0)),
        "axis": lambda *args: descent(*args, by_b=lambda G: G.sum(axis=1)),
        "late": lambda *args: descent(*args, by_b=lambda G: G, late=True),
    }
    mutants = {
        "repeated": [{"G.sum(axis=0)": "G"}],
        "mean": [{"G.sum(axis=0)": "G.mean(axis=0)"}],
        "axis": [{"G.sum(axis=0)": "G.sum(axis=1)"}],
        "late": [{"G.sum(axis=0)": "G", '"b": b': '"b": b.mean(axis=0)'}],
    }
    also_right = [{"G.sum(axis=0)": "sum(G)"}]


EXERCISES = [Unbroadcast(), MatmulBackward(), Hunt()]
