"""What lesson 7 checks, and what its numbers are computed with."""

from tinygrad_edu_tutorials.checking import FunctionExercise

# For the numbers of the page.


def moved(loss, w, push=0.001):
    """By how much the loss changes if w is pushed."""
    return loss(w + push) - loss(w)


# One step, and the whole way; each as it should be, and with one thing wrong.


def right_step(w, gradient, lr):
    return w - lr * gradient


def uphill(w, gradient, lr):
    return w + lr * gradient


def without_rate(w, gradient, lr):
    return w - gradient


def without_gradient(w, gradient, lr):
    return w - lr


def step_alone(w, gradient, lr):
    return -lr * gradient


def step_alone_uphill(w, gradient, lr):
    return lr * gradient


def down(rule=right_step, once=False, before=False, still=False):
    """A function that goes down with one of the steps above."""

    def descend(gradient, w, lr, steps):
        first, seen = gradient(w), []
        for _ in range(steps):
            after = rule(w, first if once else gradient(w), lr)
            seen.append(w if before else after)
            w = w if still else after
        return seen

    return descend


STEPS = {
    "step(1.5, -3.0, 0.1)": (1.5, -3.0, 0.1),
    "step(-2.0, 8.0, 0.05)": (-2.0, 8.0, 0.05),
    "step(0.25, 0.5, 2.0)": (0.25, 0.5, 2.0),
}


class Step(FunctionExercise):
    name = "step"
    functions = ("step",)
    cases = STEPS
    reference = staticmethod(right_step)
    mistakes = {
        "uphill": uphill,
        "rate": without_rate,
        "gradient": without_gradient,
        "replaced": [step_alone, step_alone_uphill],
    }
    mutants = {
        "uphill": [{"w - lr": "w + lr"}],
        "rate": [{"w - lr * gradient": "w - gradient"}],
        "gradient": [{"w - lr * gradient": "w - lr"}],
        "replaced": [{"w - lr * gradient": "-lr * gradient"}, {"w - lr * gradient": "lr * gradient"}],
    }
    also_right = [{"w - lr * gradient": "w + lr * -gradient"}, {"w - lr * gradient": "w - gradient * lr"}]


def parabola(w):
    return 2.0 * (w - 3.0)


def quartic(w):
    return 4.0 * w**3


class Descend(FunctionExercise):
    name = "descend"
    functions = ("descend",)
    cases = {
        "descend(lambda w: 2*(w - 3), 1.5, 0.1, 4)": (parabola, 1.5, 0.1, 4),
        "descend(lambda w: 4*w**3, -1.0, 0.05, 3)": (quartic, -1.0, 0.05, 3),
        "descend(lambda w: 2*(w - 3), 5.0, 0.25, 1)": (parabola, 5.0, 0.25, 1),
    }
    reference = staticmethod(down())
    mistakes = {
        "uphill": down(uphill),
        "rate": down(without_rate),
        "replaced": [down(step_alone), down(step_alone_uphill)],
        "once": down(once=True),
        "before": down(before=True),
        "still": down(still=True),
    }
    mutants = {
        "uphill": [{"w - lr": "w + lr"}],
        "rate": [{"lr * gradient(w)": "gradient(w)"}],
        "replaced": [{"w - lr * gradient(w)": "-lr * gradient(w)"}],
        "once": [
            {
                "    for _ in range(steps):\n        w = w - lr * gradient(w)\n": (
                    "    g = gradient(w)\n    for _ in range(steps):\n        w = w - lr * g\n"
                )
            }
        ],
        "before": [
            {
                "        w = w - lr * gradient(w)\n        seen.append(w)\n": (
                    "        seen.append(w)\n        w = w - lr * gradient(w)\n"
                )
            }
        ],
        "still": [
            {
                "        w = w - lr * gradient(w)\n        seen.append(w)\n": (
                    "        seen.append(w - lr * gradient(w))\n"
                )
            }
        ],
    }
    also_right = [{"w = w - lr * gradient(w)": "w -= gradient(w) * lr"}]


def trained(steps, lr=0.1, once=False, kept=False, gone=False):
    """w after each step on (2w - 6)²."""
    w, g, seen = 0.0, 4.0 * (2.0 * 0.0 - 6.0), []
    for k in range(steps):
        if not once:
            new = 4.0 * (2.0 * w - 6.0)
            g = 0.0 if gone else new + (g if kept and k else 0.0)
        w -= lr * g
        seen.append(w)
    return seen


SOLVED = """    for _ in range(steps):
        w.grad = 0.0
        loss = (w * 2.0 - 6.0) ** 2
        loss.backward()
"""
BEFORE_THE_LOOP = """    w.grad = 0.0
    loss = (w * 2.0 - 6.0) ** 2
    loss.backward()
    for _ in range(steps):
"""


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("train",)
    cases = {"train(5)": (5,), "train(6, 0.02)": (6, 0.02)}
    reference = staticmethod(trained)
    stub_is = "once"  # it is the bug that they hunt
    mistakes = {
        "once": lambda *args: trained(*args, once=True),
        "kept": lambda *args: trained(*args, kept=True),
        "gone": lambda *args: trained(*args, gone=True),
        # Only the rate that the function has by itself was changed.
        "rate": lambda steps, lr=None: None if lr is None else trained(steps, lr, once=True),
    }
    mutants = {
        "once": [{SOLVED: BEFORE_THE_LOOP}],
        "kept": [
            {"    for _ in range(steps):\n        w.grad = 0.0\n": ("    w.grad = 0.0\n    for _ in range(steps):\n")}
        ],
        "gone": [
            {
                "        w.grad = 0.0\n": "",
                "        loss.backward()\n": "        loss.backward()\n        w.grad = 0.0\n",
            }
        ],
        "rate": [{SOLVED: BEFORE_THE_LOOP, "lr=0.1": "lr=0.01"}],
    }
    also_right = [
        {
            "        w.grad = 0.0\n": "",
            "        seen.append(w.data)\n": "        seen.append(w.data)\n        w.grad = 0.0\n",
        },
        {"        w.grad = 0.0\n": "        tg.optim.SGD([w], lr=lr).zero_grad()\n"},
    ]


EXERCISES = [Step(), Descend(), Hunt()]
