"""What the lab of digits checks, and what its numbers are computed with."""

import csv
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import AtLeast, Exercise, FunctionExercise, Mistake

# The digits, cut once, and a network that has learned.


@cache
def parts():
    """Images from 0 to 1 and their digits: those to learn from, and those held out."""
    train, test = tg.data.load("digits").split(0.2)
    return tuple(((part.x / 16).astype("float32"), part.y) for part in (train, test))


@cache
def learned(seed=0, net=(64, 128, 10)):
    (x, y), _ = parts()
    tg.seed(seed)
    model = tg.nn.mlp(list(net))
    optimizer = tg.optim.Adam(model.parameters(), lr=0.003)
    for _ in tg.train.fit(model, (x, y), "cross_entropy", optimizer, epochs=20, notices=False):
        pass
    return model


def accuracy(seed=0, net=(64, 128, 10)):
    _, (x, y) = parts()
    return tg.train.accuracy(learned(seed, net)(x), y)


def commonest():
    """How often one is right who always says the commonest digit of the training part."""
    (_, y), (_, held_out) = parts()
    return np.mean(held_out == np.bincount(y).argmax())


def constant_pixels():
    """Pixels that are the same in all images of the training part."""
    (x, _), _ = parts()
    return int((x.min(axis=0) == x.max(axis=0)).sum())


def pairs_in_error():
    """How many pairs (true, said) three networks have mistaken on the held-out part."""
    _, (x, y) = parts()
    said = [learned(seed)(x).numpy().argmax(axis=1) for seed in (0, 1, 2)]
    return len({(t, s) for each in said for t, s in zip(y, each, strict=True) if t != s})


DEMONSTRATIONS = {
    "a network with a hidden layer reaches 97 %": lambda seed: accuracy(seed) - 0.97,
    "one without reaches less": lambda seed: accuracy(seed) - accuracy(seed, (64, 10)) - 0.005,
}

# Two files.

SAMPLE = tg.data.Dataset(
    np.random.default_rng(0).integers(0, 17, (100, 4)),
    np.repeat(np.arange(5), 20),  # sorted, as many files are
    "sample",
)


def written(parts):
    """What is in two files, when these data sets were written into them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in zip(("train.csv", "test.csv"), parts, strict=True):
            part.to_csv(Path(folder, name))
        return counted(Path(folder))


def counted(folder):
    rows = {}
    for name in ("train.csv", "test.csv"):
        with open(folder / name, newline="", encoding="utf-8") as file:
            rows[name] = [tuple(row) for row in csv.reader(file)][1:]
    both = set(rows["train.csv"]) & set(rows["test.csv"])
    return {
        "rows(train.csv)": len(rows["train.csv"]),
        "rows(test.csv)": len(rows["test.csv"]),
        "rows(train.csv) ∩ rows(test.csv)": len(both),
        "classes(test.csv)": len({row[-1] for row in rows["test.csv"]}),
    }


def cut(start, stop):
    """Rows of the sample in their order."""
    return tg.data.Dataset(SAMPLE.x[start:stop], SAMPLE.y[start:stop], "part", target_names=SAMPLE.target_names)


class Prepare(Exercise):
    name = "prepare"
    procedures = ("prepare",)
    cases = {"prepare(data, folder)": None}

    def answer(self, learner, case):
        with tempfile.TemporaryDirectory() as folder:
            learner.prepare(SAMPLE, Path(folder))
            return counted(Path(folder))

    def right(self, case):
        return written(SAMPLE.split(0.2))

    mistakes = {
        "swapped": lambda self, case: written(SAMPLE.split(0.2)[::-1]),
        "everything": [
            lambda self, case: written((SAMPLE, SAMPLE.split(0.2)[1])),
            lambda self, case: written((SAMPLE.split(0.2)[0], SAMPLE)),
        ],
        "twice": [
            lambda self, case: written([SAMPLE.split(0.2)[0]] * 2),
            lambda self, case: written([SAMPLE.split(0.2)[1]] * 2),
        ],
        "sorted": [
            lambda self, case: written((cut(0, 80), cut(80, 100))),
            lambda self, case: written((cut(20, 100), cut(0, 20))),
        ],
        "share": Mistake(lambda answers: found_share(*answers.values())),
    }
    mutants = {
        "swapped": [{"train, test =": "test, train ="}],
        "everything": [{"train.to_csv": "data.to_csv"}],
        "twice": [{"test.to_csv": "train.to_csv"}, {"train.to_csv": "test.to_csv"}],
        "sorted": [
            {
                "data.split(0.2)": "part(data, 0, 80), part(data, 80, 100)",
                "def prepare": "import tinygrad_edu as tg\n\n\ndef part(data, a, b):\n"
                "    return tg.data.Dataset(data.x[a:b], data.y[a:b])\n\n\ndef prepare",
            }
        ],
        "share": [{"data.split(0.2)": "data.split(0.5)"}, {"data.split(0.2)": "data.split(0.1)"}],
    }
    also_right = [
        {"data.split(0.2)": "data.split(validation=0.2, seed=7)"},
        {"data.split(0.2)": "data.split()"},
        {'folder / "train.csv"': 'f"{folder}/train.csv"'},
        {"train, test = data.split(0.2)": "test, train = data.split(0.8)"},
        'def prepare(data, folder):\n    for name, part in zip(("train", "test"), data.split(0.2)):\n'
        '        part.to_csv(folder / f"{name}.csv")\n',
    ]


def found_share(found):
    """Whether the parts have no row in common and all together, but are of other sizes than asked for."""
    rows, held_out, both, _ = found.values()
    return rows + held_out == len(SAMPLE) and both == 0


# A table that is read.

TABLE = np.array([[0, 8, 16, 7], [16, 4, 12, 2], [2, 0, 0, 5.0]])


def write(table, path):
    names = ",".join([*(f"pixel_{k}" for k in range(table.shape[1] - 1)), "class"])
    np.savetxt(path, table, fmt="%g", delimiter=",", header=names, comments="")


def apart(table, first=0, last=-1, scale=16, target=-1):
    """Images and digits, with one thing wrong."""
    return {"x": table[:, first:last] / scale, "y": table[:, target]}


class Read(Exercise):
    name = "read"
    functions = ("read",)
    cases = {"read(3 × 4)": TABLE, "read(2 × 6)": np.array([[1, 2, 3, 4, 5, 9.0], [0, 16, 0, 16, 8, 1]])}
    stub_is = "label"

    def answer(self, learner, case):
        with tempfile.TemporaryDirectory() as folder:
            write(self.given(case), Path(folder, "table.csv"))
            x, y = learner.read(Path(folder, "table.csv"))
        return {"x": x, "y": y}

    def right(self, case):
        return apart(self.given(case))

    mistakes = {
        "label": lambda self, case: apart(self.given(case), last=None),
        "scale": lambda self, case: apart(self.given(case), scale=1),
        "first": lambda self, case: apart(self.given(case), first=1, last=None),
        "pixel": lambda self, case: apart(self.given(case), last=-2),
    }
    mutants = {
        "label": [{"table[:, :-1]": "table[:, :]"}],
        "scale": [{" / 16": ""}],
        "first": [{"table[:, :-1]": "table[:, 1:]"}],
        "pixel": [{"table[:, :-1]": "table[:, :-2]"}],
    }
    also_right = [{"table[:, :-1]": "table[:, 0:table.shape[1] - 1]"}, {"table[:, :-1]": "np.delete(table, -1, 1)"}]


# A network that learns.


LEARNED = ("accuracy(train.csv)", "accuracy(test.csv)", "|net(a + b) - net(a) - net(b) + net(0)|", "len(net(x)[0])")


def rate(net, x, y):
    return float(np.mean(np.argmax(net(x).numpy(), axis=1) == y))


def bend(z):
    """How far a network is from one that only adds."""
    return float(np.abs(z.numpy()).max())


def found(answers, k):
    """The number of a network that has learned."""
    return answers["learn(x, y)"][LEARNED[k]]


class Learn(Exercise):
    name = "learn"
    functions = ("learn",)
    cases = {"learn(x, y)": None}

    def answer(self, learner, case):
        train, (x, y) = parts()
        net = learner.learn(*train)
        a, b = x[:20], x[20:40]
        straight = bend(net(a + b) - net(a) - net(b) + net(a * 0))
        numbers = rate(net, *train), rate(net, x, y), straight, net(x).shape[1]
        return dict(zip(LEARNED, numbers, strict=True))

    def right(self, case):
        return dict(zip(LEARNED, (AtLeast(0.97), AtLeast(0.97), AtLeast(0.001), 10), strict=True))

    mistakes = {
        "untrained": Mistake(lambda answers: found(answers, 0) < 0.25),
        "straight": Mistake(lambda answers: found(answers, 2) < 0.001),
        "little": Mistake(lambda answers: found(answers, 0) < 0.97),
    }
    mutants = {
        "straight": [{"[64, 128, 10]": "[64, 10]"}, {"[64, 128, 10]": '[64, 128, 10], activation="linear"'}],
        "untrained": [{"for event in events:\n        pass\n    ": ""}, {"lr=0.003": "lr=3.0"}],
        "little": [{"epochs=20": "epochs=1"}, {"lr=0.003": "lr=0.00003"}],
    }
    also_right = [
        {"[64, 128, 10]": "[64, 256, 10]"},
        {"[64, 128, 10]": "[64, 129, 10]"},
        {"[64, 128, 10]": '[64, 128, 10], activation="tanh"'},
        {"for event in events:\n        pass": "list(events)"},
        {'"cross_entropy"': "tg.losses.cross_entropy"},
    ]


# Where it errs.


def confused(true, said, classes, turned=False, once=False, keep=lambda t, s: True):
    """Counts of (true, said), with one thing wrong."""
    matrix = np.zeros((classes, classes), dtype=int)
    for t, s in zip(true, said, strict=True):
        if keep(t, s):
            place = (s, t) if turned else (t, s)
            matrix[place] = 1 if once else matrix[place] + 1
    return matrix


def shares(true, said, classes):
    matrix = confused(true, said, classes)
    return matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))


class Confusion(FunctionExercise):
    name = "confusion"
    functions = ("confusion",)
    cases = {
        "confusion([0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 0], 3)": ([0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 0], 3),
        "confusion([1, 1, 3, 3, 0], [1, 3, 1, 1, 0], 4)": ([1, 1, 3, 3, 0], [1, 3, 1, 1, 0], 4),
    }
    reference = staticmethod(confused)
    mistakes = {
        "turned": lambda *args: confused(*args, turned=True),
        "once": lambda *args: confused(*args, once=True),
        "errors": lambda *args: confused(*args, keep=lambda t, s: t != s),
        "hits": lambda *args: confused(*args, keep=lambda t, s: t == s),
        "shares": shares,
    }
    mutants = {
        "turned": [{"matrix[t, s]": "matrix[s, t]"}],
        "once": [{"+= 1": "= 1"}],
        "errors": [{"        matrix[t, s]": "        if t != s:\n            matrix[t, s]"}],
        "hits": [{"        matrix[t, s]": "        if t == s:\n            matrix[t, s]"}],
        "shares": [{"return matrix": "return matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))"}],
    }
    also_right = [
        {"    for t, s in zip(true, said):\n        matrix[t, s] += 1": "    np.add.at(matrix, (true, said), 1)"},
        {"+= 1": "= matrix[t, s] + 1"},
        {"dtype=int": "dtype=float"},
    ]


def worst_of(matrix, diagonal=False, turned=False, place=True):
    errors = matrix if diagonal else matrix - np.diag(np.diag(matrix))
    t, s = np.unravel_index(np.argmax(errors), matrix.shape)
    found = (s, t) if turned else (t, s)
    return found if place else int(errors.max())


MATRICES = {
    "worst(3 × 3)": np.array([[9, 0, 1], [0, 4, 3], [2, 0, 7]]),
    "worst(4 × 4)": np.array([[5, 0, 0, 1], [0, 8, 0, 2], [6, 0, 7, 0], [0, 1, 0, 9]]),
    "worst(2 × 2)": np.array([[4, 1], [0, 5]]),
}


class Worst(Exercise):
    name = "worst"
    functions = ("worst",)
    cases = MATRICES

    def answer(self, learner, case):
        given = self.given(case)
        found = learner.worst(given)
        return {"worst": found, "matrix": given}

    def right(self, case):
        return self.of(case)

    def of(self, case, changed=False, **wrong):
        matrix = self.given(case)
        found = worst_of(matrix, **wrong)
        return {"worst": found, "matrix": matrix - np.diag(np.diag(matrix)) if changed else matrix}

    mistakes = {
        "diagonal": lambda self, case: self.of(case, diagonal=True),
        "turned": lambda self, case: self.of(case, turned=True),
        "count": lambda self, case: self.of(case, place=False),
        "changed": lambda self, case: self.of(case, changed=True),
    }
    mutants = {
        "diagonal": [{"    np.fill_diagonal(errors, 0)\n": ""}],
        "turned": [{"return t, s": "return s, t"}],
        "count": [{"return t, s": "return errors.max()"}],
        "changed": [{"matrix.copy()": "matrix"}],
    }
    also_right = [
        {"errors = matrix.copy()\n    np.fill_diagonal(errors, 0)": "errors = matrix * (1 - np.eye(len(matrix)))"},
        {"np.unravel_index(np.argmax(errors), errors.shape)": "divmod(int(np.argmax(errors)), len(errors))"},
        {"return t, s": "return [int(t), int(s)]"},
    ]


EXERCISES = [Prepare(), Read(), Learn(), Confusion(), Worst()]
