"""What lesson 11 checks, and what its numbers are computed with."""

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import FunctionExercise

# For the numbers of the page.


def height(place):
    x, y = place
    return 0.5 * (x**2 + 50.0 * y**2)


def velocity(steps, mu=0.9):
    """After some steps with the gradient 1."""
    v = 0.0
    for _ in range(steps):
        v = mu * v + 1.0
    return v


# The right walks are the engine's own; the wrong ones are computed here.


def by_engine(optimizer, gradients, w, steps):
    """The weights after each step of an optimizer of the engine, which is made by a function of the weights."""
    weights, seen = [tg.Value(number) for number in w], []
    stepping = optimizer(weights)
    for _ in range(steps):
        for weight, g in zip(weights, gradients([weight.data for weight in weights]), strict=True):
            weight.grad = g
        stepping.step()
        seen.append([weight.data for weight in weights])
    return seen


def right_momentum(gradients, w, lr, mu, steps):
    return by_engine(lambda weights: tg.optim.SGD(weights, lr=lr, momentum=mu), gradients, w, steps)


def right_adam(gradients, w, lr, steps, beta1=0.9, beta2=0.999, eps=1e-8):
    return by_engine(lambda weights: tg.optim.Adam(weights, lr=lr, betas=(beta1, beta2), eps=eps), gradients, w, steps)


def walked(rule, shared=False):
    """A walk by a rule `(w, g, state, t, *settings) -> (w, state)`; each weight has a state of its own, or all one."""

    def walk(gradients, w, steps, *settings):
        w, seen = list(w), []
        states = [(0.0, 0.0)] * len(w)
        for t in range(1, steps + 1):
            for i, g in enumerate(gradients(list(w))):
                k = 0 if shared else i
                w[i], states[k] = rule(w[i], g, states[k], t, *settings)
            seen.append(list(w))
        return seen

    return walk


def rolling(new=lambda v, g, mu: mu * v + g, sign=-1.0, late=False, shared=False):
    """Momentum with one thing wrong."""

    def rule(w, g, state, t, lr, mu):
        before = state[0]
        after = new(before, g, mu)
        return w + sign * lr * (before if late else after), (after, 0.0)

    return lambda gradients, w, lr, mu, steps: walked(rule, shared)(gradients, w, steps, lr, mu)


def adapting(correct=(True, True), kept=(True, True), power=2, root="outside", shared=False):
    """Adam with one thing wrong: which of the means is corrected, which is kept, and what is done with the root."""

    def rule(w, g, state, t, lr, beta1, beta2, eps):
        m = beta1 * state[0] * kept[0] + (1.0 - beta1) * g
        s = beta2 * state[1] * kept[1] + (1.0 - beta2) * g**power
        m_hat = m / (1.0 - beta1**t) if correct[0] else m
        s_hat = s / (1.0 - beta2**t) if correct[1] else s
        scale = {"outside": s_hat**0.5 + eps, "inside": (s_hat + eps) ** 0.5, "none": s_hat + eps}[root]
        return w - lr * m_hat / scale, (m, s)

    def adam(gradients, w, lr, steps, beta1=0.9, beta2=0.999, eps=1e-8):
        return walked(rule, shared)(gradients, w, steps, lr, beta1, beta2, eps)

    return adam


def unsquared(gradients, w, *rest):
    """A negative mean has no root, so it speaks only where gradients are positive."""
    return adapting(power=1)(gradients, w, *rest) if gradients is rising else None


def ravine(w):
    return [w[0], 50.0 * w[1]]


def three(w):
    return [2.0 * (w[0] - 3.0), 8.0 * w[1], w[2] ** 3]


def rising(w):
    return [2.0 + 0.1 * w[0], 0.5 + 0.02 * w[1] ** 2]


def tiny(w):
    return [1e-7 * w[0], -3e-8 * w[1]]


def shortcut(head, optimizer):
    """A program that lets an optimizer of the engine do what is to be written."""
    return f"""import tinygrad_edu as tg


def {head}:
    weights, seen = [tg.Value(x) for x in w], []
    optimizer = tg.optim.{optimizer}
    for _ in range(steps):
        for p, g in zip(weights, gradients([p.data for p in weights])):
            p.grad = g
        optimizer.step()
        seen.append([p.data for p in weights])
    return seen
"""


class Momentum(FunctionExercise):
    name = "momentum"
    functions = ("momentum",)
    forbids = ("optim.SGD",)
    cases = {
        "momentum(lambda w: [w[0], 50*w[1]], [4, 1], 0.02, 0.9, 20)": (ravine, [4.0, 1.0], 0.02, 0.9, 20),
        "momentum(lambda w: [2*(w[0] - 3), 8*w[1], w[2]**3], [1, -1, 2], 0.05, 0.5, 4)": (
            *(three, [1.0, -1.0, 2.0], 0.05, 0.5, 4),
        ),
    }
    reference = staticmethod(right_momentum)
    mistakes = {
        "lost": rolling(lambda v, g, mu: g),
        "shared": rolling(shared=True),
        "averaged": rolling(lambda v, g, mu: mu * v + (1.0 - mu) * g),
        "late": rolling(late=True),
        "uphill": rolling(sign=1.0),
        "undamped": rolling(lambda v, g, mu: v + g),
    }
    mutants = {
        "lost": [
            {"    for _ in range(steps):\n": "    for _ in range(steps):\n        v = [0.0] * len(w)\n"},
            {"mu * v[i] + g[i]": "g[i]"},
        ],
        "shared": [
            {
                "[0.0] * len(w)": "0.0",
                "v[i] = mu * v[i] + g[i]": "v = mu * v + g[i]",
                "lr * v[i]": "lr * v",
            }
        ],
        "averaged": [{"+ g[i]": "+ (1 - mu) * g[i]"}],
        "late": [
            {
                "            v[i] = mu * v[i] + g[i]\n            w[i] = w[i] - lr * v[i]\n": (
                    "            w[i] = w[i] - lr * v[i]\n            v[i] = mu * v[i] + g[i]\n"
                )
            }
        ],
        "uphill": [{"w[i] - lr": "w[i] + lr"}],
        "undamped": [{"mu * v[i]": "v[i]"}],
    }
    shortcuts = [shortcut("momentum(gradients, w, lr, mu, steps)", "SGD(weights, lr=lr, momentum=mu)")]
    also_right = [
        {"v[i] = mu * v[i] + g[i]": "v[i] = mu * v[i] - lr * g[i]", "w[i] = w[i] - lr * v[i]": "w[i] += v[i]"},
        {"w[i] = w[i] - lr * v[i]": "w[i] -= v[i] * lr"},
    ]


class Adam(FunctionExercise):
    name = "adam"
    functions = ("adam",)
    forbids = ("optim.Adam",)
    cases = {
        "adam(lambda w: [w[0], 50*w[1]], [4, 1], 0.3, 20)": (ravine, [4.0, 1.0], 0.3, 20),
        "adam(lambda w: [2 + 0.1*w[0], 0.5 + 0.02*w[1]**2], [5, -2], 0.1, 6)": (rising, [5.0, -2.0], 0.1, 6),
        "adam(lambda w: [1e-7*w[0], -3e-8*w[1]], [1, 1], 0.1, 4)": (tiny, [1.0, 1.0], 0.1, 4),
        "adam(lambda w: [2*(w[0] - 3), 8*w[1], w[2]**3], [1, -1, 2], 0.2, 5, 0.8, 0.95, 0.01)": (
            *(three, [1.0, -1.0, 2.0], 0.2, 5, 0.8, 0.95, 0.01),
        ),
    }
    reference = staticmethod(right_adam)
    mistakes = {
        "uncorrected": [
            adapting(correct=(False, False)),
            adapting(correct=(True, False)),
            adapting(correct=(False, True)),
        ],
        "lost": [
            adapting(kept=(False, False)),
            adapting(kept=(True, False)),
            adapting(kept=(False, True)),
            adapting(correct=(False, False), kept=(False, False)),
        ],
        "shared": adapting(shared=True),
        "unsquared": unsquared,
        "eps": adapting(root="inside"),
        "rootless": adapting(root="none"),
    }
    mutants = {
        "uncorrected": [
            {" / (1 - beta1 ** t)": "", " / (1 - beta2 ** t)": ""},
            {" / (1 - beta2 ** t)": ""},
            {" / (1 - beta1 ** t)": ""},
        ],
        "lost": [
            {
                "    m, s = [0.0] * len(w), [0.0] * len(w)\n    for t in range(1, steps + 1):\n": (
                    "    for t in range(1, steps + 1):\n        m, s = [0.0] * len(w), [0.0] * len(w)\n"
                )
            },
            {"beta2 * s[i] + ": ""},
            {"beta1 * m[i] + ": ""},
            {"beta1 * m[i] + ": "", "beta2 * s[i] + ": "", " / (1 - beta1 ** t)": "", " / (1 - beta2 ** t)": ""},
        ],
        "shared": [
            {
                "[0.0] * len(w), [0.0] * len(w)": "0.0, 0.0",
                "m[i] = beta1 * m[i] +": "m = beta1 * m +",
                "s[i] = beta2 * s[i] +": "s = beta2 * s +",
                "m_hat = m[i]": "m_hat = m",
                "s_hat = s[i]": "s_hat = s",
            }
        ],
        "unsquared": [{"g[i] ** 2": "g[i]"}],
        "eps": [{"(s_hat ** 0.5 + eps)": "(s_hat + eps) ** 0.5"}],
        "rootless": [{"s_hat ** 0.5": "s_hat"}],
    }
    shortcuts = [
        shortcut(
            "adam(gradients, w, lr, steps, beta1=0.9, beta2=0.999, eps=1e-8)",
            "Adam(weights, lr=lr, betas=(beta1, beta2), eps=eps)",
        )
    ]
    also_right = [
        {"g[i] ** 2": "g[i] * g[i]", "w[i] = w[i] - lr * m_hat": "w[i] -= lr * m_hat"},
    ]


def trained(steps, lr=0.4, fresh=False, kept=False):
    """w after each step of Adam on (2w - 6)²; the optimizer made anew each time, or gradients that add up."""
    w, g, m, s, seen = 0.0, 0.0, 0.0, 0.0, []
    for k in range(1, steps + 1):
        g = 4.0 * (2.0 * w - 6.0) + (g if kept else 0.0)
        t, m, s = (1, 0.0, 0.0) if fresh else (k, m, s)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        w -= lr * (m / (1.0 - 0.9**t)) / ((s / (1.0 - 0.999**t)) ** 0.5 + 1e-8)
        seen.append(w)
    return seen


MADE_ANEW = """    for _ in range(steps):
        optimizer = tg.optim.Adam([w], lr=lr)
"""
MADE_ONCE = """    optimizer = tg.optim.Adam([w], lr=lr)
    for _ in range(steps):
"""


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("train",)
    cases = {"train(12)": (12,), "train(9, 0.7)": (9, 0.7)}
    reference = staticmethod(trained)
    stub_is = "fresh"  # it is the bug that they hunt
    mistakes = {
        "fresh": lambda *args: trained(*args, fresh=True),
        "kept": lambda *args: trained(*args, kept=True),
        # Only the rate that the function has by itself was changed.
        "rate": lambda steps, lr=None: None if lr is None else trained(steps, lr, fresh=True),
    }
    mutants = {
        "fresh": [{MADE_ONCE: MADE_ANEW}],
        "kept": [{"        optimizer.zero_grad()\n": ""}],
        "rate": [{MADE_ONCE: MADE_ANEW, "lr=0.4": "lr=0.05"}],
    }
    also_right = [
        {
            "        optimizer.zero_grad()\n": "",
            "        optimizer.step()\n": "        optimizer.step()\n        optimizer.zero_grad()\n",
        },
        {"        optimizer.zero_grad()\n": "        w.grad = 0.0\n"},
    ]


EXERCISES = [Momentum(), Adam(), Hunt()]
