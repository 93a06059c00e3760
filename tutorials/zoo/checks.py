"""What the bug zoo checks: that a repaired program is right on held-out rows, and that the cause is gone."""

import sys
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import AtLeast, AtMost, Exercise, Mistake
from tinygrad_edu_tutorials.running.judging import load

zoo = load(Path(__file__).with_name("trainings.py"), "lesson_trainings")
del sys.modules["lesson_trainings"]  # a learner's program could look there
accuracy, at_places, tensor, shown, PLACES = zoo.accuracy, zoo.at_places, zoo.tensor, zoo.shown, zoo.PLACES
exp, held_out, log, parts, printed, sigmoid = (vars(zoo)[name] for name in zoo.__all__)

RIGHT = AtLeast(0.92)  # of the held-out rows; a straight line reaches 0.87
SHORT, USUAL = "train(seen, lr=0.3, epochs=2)", "train(seen)"


class Animal(Exercise):
    """Trained for two short epochs, it is where the right program is; trained as it stands, it is right."""

    functions = ("train",)
    cases = {SHORT: None, USUAL: None}
    tolerance = 1e-3
    stub_is = "still"

    def answer(self, learner, case):
        seen, unseen = parts()
        model = learner.train(seen, lr=0.3, epochs=2)[0] if case == SHORT else learner.train(seen)[0]
        if case == SHORT:
            return at_places(model(tensor(PLACES)).numpy()[:, 0])
        return {"accuracy": accuracy(model(tensor(unseen.x)).numpy(), unseen.y)}

    def right(self, case):
        return at_places(zoo.scores(zoo.by_hand(parts()[0], 0.3, 2), PLACES)) if case == SHORT else {"accuracy": RIGHT}

    def wrong(self, model, case):
        """What is wrong shows in the short training, whatever its other numbers are."""
        return at_places(model(parts()[0])) if case == SHORT else None


def short(**how):
    """A mistake: the short training by hand, with one thing wrong."""
    return lambda seen: zoo.scores(zoo.by_hand(seen, 0.3, 2, **how), PLACES)


def hidden(**how):
    """A mistake: the cause is there, and yet most held-out rows are right."""

    def shows(answers):
        theirs, wrong = list(answers[SHORT].values()), short(**how)(parts()[0])
        return np.allclose(theirs, wrong, rtol=1e-3) and answers[USUAL]["accuracy"] >= RIGHT.least

    return Mistake(shows)


CLEAR, BACK = "            optimizer.zero_grad()\n", "            loss.backward()\n"


class Goat(Animal):
    name = "goat"
    mistakes = {
        "hidden": hidden(kept=True),
        "still": short(kept=True),
        "cleared": lambda seen: zoo.scores(zoo.start(), PLACES),
    }
    mutants = {
        "hidden": [{CLEAR: "", "lr=0.5": "lr=0.01"}],
        "still": [{CLEAR: ""}, {CLEAR: "", "    losses = []\n": "    losses = []\n    optimizer.zero_grad()\n"}],
        "cleared": [{CLEAR + BACK: BACK + CLEAR}],
    }
    also_right = [{CLEAR: "", "optimizer.step()\n": "optimizer.step()\n" + CLEAR}]


class Sloth(Animal):
    name = "sloth"
    mistakes = {"still": lambda seen: zoo.scores(zoo.start(), PLACES), "kept": short(kept=True)}
    mutants = {"still": [{CLEAR + BACK: BACK + CLEAR}], "kept": [{CLEAR: ""}]}
    also_right = [{CLEAR: "", "optimizer.step()\n": "optimizer.step()\n" + CLEAR}]


class Crab(Animal):
    name = "crab"
    mistakes = {"still": short(sign=-1.0), "turned": short(sign=-1.0, turned=True)}
    mutants = {
        "still": [{"loss = tg.": "loss = -tg."}],
        "turned": [{"loss = tg.losses.binary_cross_entropy(z, y)": "loss = -tg.losses.binary_cross_entropy(z, 1 - y)"}],
    }
    also_right = [{"loss = tg.": "loss = 1.0 * tg."}]


class Tortoise(Animal):
    name = "tortoise"
    mistakes = {
        "hidden": hidden(squashed=True),
        "still": short(squashed=True),
        "moved": lambda seen: sigmoid(zoo.scores(zoo.by_hand(seen, 0.3, 2, squashed=True), PLACES)),
    }
    z = 'z = model(tg.Tensor(x, dtype="float32"))'
    squashed = {z: 'z = tg.sigmoid(model(tg.Tensor(x, dtype="float32")))'}
    mutants = {
        "hidden": [{**squashed, "lr=0.5": "lr=5.0"}],
        "still": [squashed],
        "moved": [{"tg.nn.Dense(16, 1))": "tg.nn.Dense(16, 1), tg.nn.Sigmoid())"}],
    }


class Chameleon(Animal):
    name = "chameleon"
    mistakes = {"still": lambda seen: zoo.scores(zoo.start(), PLACES), "uphill": short(sign=-1.0)}
    step = "w.data = w.data - lr * w.grad.data"
    mutants = {
        "still": [{step: "w = w - lr * w.grad"}, {step: "new = w.data - lr * w.grad.data"}],
        "uphill": [{step: "w.data = w.data + lr * w.grad.data"}],
    }
    also_right = [
        {step: "w.data -= lr * w.grad.data"},
        {step: "with tg.no_grad():\n                    w -= lr * w.grad"},
    ]


# Programs that may be repaired in several ways: measured, and not compared with one training.


class Measured(Animal):
    """Trained as it stands, and measured: accuracy on held-out rows, and what shows the cause."""

    cases = {"train(seen, epochs=30)": None}

    def answer(self, learner, case):
        seen, unseen = parts()
        model, losses = learner.train(seen, epochs=30)
        found = {"accuracy": accuracy(model(tensor(unseen.x)).numpy(), unseen.y)}
        return found | self.cause(learner, model, losses)

    def cause(self, learner, model, losses):
        return {}

    def right(self, case):
        return {"accuracy": RIGHT} | self.gone()

    def gone(self):
        return {}


class Mole(Measured):
    """How far the scores of the middle of two places are from the middle of their scores: 0 of a straight line."""

    name = "mole"

    def cause(self, learner, model, losses):
        a, middle, b = model(tensor([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])).numpy()[:, 0]
        z = np.asarray(model(tensor(parts()[0].x)).numpy())
        return {"bend": float(abs(a + b - 2 * middle)), "lowest": float(z.min()), "highest": float(z.max())}

    def gone(self):
        return {"bend": AtLeast(0.1), "lowest": AtMost(-1.0), "highest": AtLeast(1.0)}

    mistakes = {
        "still": shown(bend=(0.0, 1e-2)),
        "last": Mistake(lambda answers: all(a["lowest"] > -1.001 and a["accuracy"] < 0.9 for a in answers.values())),
    }
    mutants = {
        "still": [
            {"tg.nn.Tanh(), ": ""},
            {"tg.nn.Dense(2, 16), tg.nn.Tanh(), ": "tg.nn.Dense(2, 64), tg.nn.Dense(64, 16), "},
        ],
        "last": [
            {"tg.nn.Tanh(), tg.nn.Dense(16, 1)": "tg.nn.Dense(16, 1), tg.nn.Tanh()"},
            {"tg.nn.Tanh(), tg.nn.Dense(16, 1)": "tg.nn.Dense(16, 1), tg.nn.ReLU()"},
        ],
    }
    also_right = [{"tg.nn.Tanh()": "tg.nn.ReLU()"}, {"tg.nn.Tanh()": "tg.nn.GELU()"}]


class Sheep(Measured):
    """How many hidden units are different from the first."""

    name = "sheep"

    def cause(self, learner, model, losses):
        W = next(iter(model.parameters())).numpy()
        return {"units": float(len(np.unique(W.round(6), axis=1).T))}

    def gone(self):
        return {"units": AtLeast(2.0)}

    mistakes = {"alike": shown(units=(1, 1), accuracy=(0.6, 1)), "still": shown(units=(1, 1))}
    again = "    for w in model.parameters():\n        w.data = {}\n    losses = []\n"
    mutants = {
        "alike": [{"    losses = []\n": again.format("0.0 * w.data + 0.5")}],
        "still": [{"    losses = []\n": again.format("0.0 * w.data")}],
    }


class Elephant(Measured):
    """How large the inputs are, and whether a row is the same input in whatever company."""

    name = "elephant"
    functions = ("prepare", "train")

    def answer(self, learner, case):
        seen, unseen = parts()
        model, _ = learner.train(seen, epochs=30)
        x = learner.prepare(unseen.x)
        alone = learner.prepare(unseen.x[:1]).numpy()
        return {
            "accuracy": accuracy(model(x).numpy(), unseen.y),
            "largest input": float(np.abs(x.numpy()).max()),
            "alone": float(np.nan_to_num(np.abs(alone - x.numpy()[:1]), nan=9.0).max()),
        }

    def gone(self):
        return {"largest input": AtMost(10.0), "alone": AtMost(1e-4)}

    mistakes = {
        "each": shown(largest_input=(0, 10), alone=(1e-3, np.inf)),
        "still": shown(largest_input=(10, np.inf)),
    }
    to = "tg.Tensor(x, dtype"
    mutants = {
        "each": [{to: "tg.Tensor((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9), dtype"}],
        "still": [{to: "tg.Tensor(1000.0 * x, dtype"}, {to: "tg.Tensor(1000.0 * x, dtype", "lr=0.5": "lr=0.001"}],
    }
    also_right = [{to: "tg.Tensor((x - 0.5) / 0.8, dtype"}]


class Parrot(Measured):
    """How much the outputs depend on the label among the inputs."""

    name = "parrot"
    functions = ("inputs", "train")

    def answer(self, learner, case):
        seen, unseen = parts()
        model, _ = learner.train(tg.data.Dataset(np.column_stack([seen.x, seen.y]), seen.y), epochs=30)
        unknown, known = (
            model(learner.inputs(np.column_stack([unseen.x, label]))).numpy()[:, 0]
            for label in (0 * unseen.y, unseen.y)
        )
        return {"accuracy": accuracy(unknown, unseen.y), "told by the label": float(np.abs(known - unknown).max())}

    def gone(self):
        return {"told by the label": AtMost(0.0)}

    mistakes = {
        "still": shown(told_by_the_label=(1e-6, np.inf)),
        "column": shown(told_by_the_label=(0, 0), accuracy=(0, 0.9)),
    }
    mutants = {
        "still": [
            {"rows[:, :2]": "rows", "Dense(2, 16)": "Dense(3, 16)"},
            {"rows[:, :2]": "rows[:, 1:]"},
            {"rows[:, :2]": "rows", "Dense(2, 16)": "Dense(3, 16)", "epochs=30": "epochs=2"},
        ],
        "column": [{"rows[:, :2]": "rows[:, :1]", "Dense(2, 16)": "Dense(1, 16)"}],
    }
    also_right = [{"rows[:, :2]": "rows[:, [1, 0]]"}]


class Cuckoo(Measured):
    """The loss at the end: of who knows nothing it is log 2."""

    name = "cuckoo"

    def cause(self, learner, model, losses):
        return {"last losses": float(np.mean(losses[-5:]))}

    def gone(self):
        return {"last losses": AtMost(0.45)}

    mistakes = {"still": shown(last_losses=(0.55, np.inf))}
    order = "data.x[order], data.y[order]"
    mutants = {
        "still": [
            {order: "data.x[order], data.y[mix(len(data.x))]"},
            {order: "data.x[order], data.y"},
        ]
    }
    also_right = [{order: "data.x, data.y"}, {"data = tg.data.Dataset(data.x[order], data.y[order])": "pass"}]


class Rates(Measured):
    """A training goes on at its default learning rate."""

    def cause(self, learner, model, losses):
        return {"highest loss": float(max(losses)), "last loss": float(losses[-1])}

    def gone(self):
        return {"highest loss": AtMost(5.0), "last loss": AtMost(0.5)}

    crawls = shown(accuracy=(0, 0.92), highest_loss=(0, 1))
    leaps = shown(highest_loss=(3, np.inf))
    also_right = [{"lr=0.5": f"lr={rate}"} for rate in (1.0, 1.5, 3.0)] + [{"epochs=30": "epochs=31"}]


class Snail(Rates):
    name = "snail"
    mistakes = {"still": Rates.crawls, "leaps": Rates.leaps}
    mutants = {
        "still": [{"lr=0.5": "lr=0.0001"}, {"lr=0.5": "lr=0.0001", "epochs=30": "epochs=3000"}, {"lr=0.5": "lr=0.001"}],
        "leaps": [{"lr=0.5": "lr=100.0"}],
    }


class Kangaroo(Rates):
    name = "kangaroo"
    mistakes = {"still": Rates.leaps, "crawls": Rates.crawls}
    mutants = {"still": [{"lr=0.5": "lr=100.0"}, {"lr=0.5": "lr=50.0"}], "crawls": [{"lr=0.5": "lr=0.0001"}]}


class Moth(Animal):
    name = "moth"
    functions = ("accuracy", "train")
    cases = {"train(seen, unseen, epochs=3)": 3, "train(seen, unseen)": 30}

    def answer(self, learner, case):
        seen, unseen = parts()
        epochs = self.given(case)
        if epochs == 30:
            model, _ = learner.train(seen, unseen)
            again = [float(learner.accuracy(model, unseen)) for _ in range(3)]
            return {"accuracy": again[0], "measured again": max(again) - min(again)}
        model, curve = learner.train(seen, unseen, epochs=epochs)
        model.eval()
        return at_places(model(tensor(PLACES)).numpy()[:, 0]) | {"curve": curve}

    def right(self, case):
        if self.given(case) == 30:
            return {"accuracy": AtLeast(0.9), "measured again": AtMost(0.0)}
        return self.wrong({}, case)

    def wrong(self, model, case):
        if self.given(case) == 30:
            return None
        z, curve = zoo.with_dropout(3, **model)
        return at_places(z) | {"curve": curve}

    mistakes = {"still": {"on": True}, "off": {"off": True}, "removed": {"p": 0.0}}
    mutants = {
        "still": [{"    model.eval()\n": ""}],
        "off": [{"    model.train()\n": ""}],
        "removed": [
            {"Dropout(0.5)": "Dropout(0.0)"},
            {"    model.eval()\n": "", "    model.train()\n": "", "Dropout(0.5)": "Dropout(0.0)"},
        ],
    }
    also_right = [
        {
            "    model.train()\n": "",
            "    for epoch in range(epochs):\n": "    for epoch in range(epochs):\n        model.train()\n",
        }
    ]


class Squirrel(Animal):
    """The lowest loss of the training, and how much higher that of the model is which is given back."""

    name = "squirrel"
    cases = {"train(seen, watched, epochs=60)": 60, "train(seen, watched, epochs=90)": 90}

    def answer(self, learner, case):
        watched, seen = parts(260, 0.3)
        model, lowest = learner.train(seen, watched, epochs=self.given(case))
        loss = tg.losses.binary_cross_entropy(model(tensor(watched.x)), watched.y).item()
        return {"lowest": float(lowest), "loss - lowest": loss - float(lowest)}

    def right(self, case):
        return {"lowest": min(zoo.watched_losses(self.given(case))), "loss - lowest": 0.0}

    def wrong(self, model, case):
        losses = zoo.watched_losses(self.given(case))
        return dict(zip(("lowest", "loss - lowest"), model(min(losses), losses[-1]), strict=True))

    mistakes = {"hidden": lambda lowest, last: (last, 0.0), "still": lambda lowest, last: (lowest, last - lowest)}
    restored = "    for w, kept in zip(model.parameters(), best):\n        w.data = kept\n"
    mutants = {
        "hidden": [
            {restored: "    lowest = loss_on(model, watched).item()\n"},
            {"        if loss < lowest:\n": "        if True:\n"},
        ],
        "still": [{".data.copy()": ".data"}, {restored: ""}],
    }
    also_right = [{"w.data.copy()": "w.data * 1.0"}, {"w.data.copy()": "w.numpy().copy()"}]


EXERCISES = [
    *(Goat(), Sloth(), Crab(), Mole(), Sheep(), Tortoise(), Elephant()),
    *(Parrot(), Cuckoo(), Moth(), Snail(), Kangaroo(), Chameleon(), Squirrel()),
]
