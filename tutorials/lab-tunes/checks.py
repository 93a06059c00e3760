"""What the lab of tunes checks, and what its numbers are computed with."""

import math
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import AtMost, Exercise, FunctionExercise

# The tunes, and what a right program makes of them.


def read_tunes(path):
    blocks = Path(path).read_text(encoding="utf-8").split("\n\n")
    tunes = ["".join(line for line in block.splitlines() if line[1:2] != ":" and line[:1] != "%") for block in blocks]
    return [tune for tune in tunes if tune]


TUNES = read_tunes(Path(__file__).parent / "data" / "tunes.abc")
CHARACTERS = "." + "".join(sorted(set("".join(TUNES))))


def cut(tune, k=4, front=None, behind=".", window=0, target=0):
    """Windows with one thing wrong: what is put in front and behind, where the window lies, and the target."""
    text = "." * (k if front is None else front) + tune + behind
    return [(text[i - k + window : i + window], text[i + target]) for i in range(k, len(text))]


PAIRS = [pair for tune in TUNES for pair in cut(tune)]
X = np.array([[CHARACTERS.index(c) for c in window] for window, _ in PAIRS])
Y = np.array([CHARACTERS.index(c) for _, c in PAIRS])


def lowest_loss(k=4):
    """The mean of -log p if p is how often each character has followed: no network with k characters can do better."""
    seen = defaultdict(Counter)
    for tune in TUNES:
        for window, following in cut(tune, k):
            seen[window][following] += 1
    total = sum(sum(counts.values()) for counts in seen.values())
    return -sum(n * math.log(n / sum(counts.values())) for counts in seen.values() for n in counts.values()) / total


def network(seed=0):
    tg.seed(seed)
    characters = len(CHARACTERS)
    table = tg.nn.Embedding(characters, 8)
    hidden = tg.nn.Dense(4 * 8, 64, activation="tanh")
    return tg.nn.Sequential(table, tg.nn.Flatten(), hidden, tg.nn.Dense(64, characters))


def train(net, X, y, steps=300, lr=0.01, clear=0, uphill=False, step=True, of=tg.losses.cross_entropy):
    """The training with one thing wrong. clear: before the pass (0), after it (1), or never (2)."""
    optimizer = tg.optim.Adam(net.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        if clear == 0:
            optimizer.zero_grad()
        loss = of(net(X), y)
        (-loss if uphill else loss).backward()
        if clear == 1:
            optimizer.zero_grad()
        if step:
            optimizer.step()
        losses.append(loss.item())
    return losses


@cache
def trained(seed=0):
    net = network(seed)
    losses = train(net, X, Y)
    return net, losses


def composed(logits_of, characters, rng, temperature=1.0, k=4, most=200, weigh=None, seen=None, stop=True):
    """A tune with one thing wrong: how numbers become probabilities, what is seen, and whether it ends."""
    weigh = weigh or (lambda z, t: probabilities(z / t))
    seen = seen or (lambda text: text[-k:])
    text = "." * k
    while len(text) < k + most:
        c = rng.choice(list(characters), p=weigh(logits_of(seen(text)), temperature))
        if c == "." and stop is True:
            break
        text += c
        if c == "." and stop == "late":
            break
    return text[k:]


def probabilities(z):
    p = np.exp(z - np.max(z))
    return p / np.sum(p)


def unguarded(z, t):
    with np.errstate(over="ignore", invalid="ignore"):
        p = np.exp(z / t)
        return p / np.sum(p)


def likeliest(z, _t):
    return np.eye(len(z))[np.argmax(z)]


@cache
def many(temperature=1.0, seed=0, tunes=40):
    """Tunes of a trained network, and all their bars."""
    net, _ = trained(seed)
    known = {}

    def logits_of(window):
        if window not in known:
            known[window] = net(np.array([[CHARACTERS.index(c) for c in window]])).numpy()[0].astype(float)
        return known[window]

    rng = np.random.default_rng(seed)
    found = [composed(logits_of, CHARACTERS, rng, temperature) for _ in range(tunes)]
    return found, [bar for tune in found for bar in tune.split("|") if bar]


def copies(seed=0):
    """How many of 40 tunes are one of the six."""
    return sum(tune in TUNES for tune in many(1.0, seed)[0])


def known_bars(temperature=1.0, seed=0):
    """In percent, how many bars of 40 tunes stand in one of the six."""
    bars, six = many(temperature, seed)[1], {bar for tune in TUNES for bar in tune.split("|")}
    return 100 * sum(bar in six for bar in bars) / len(bars)


def twice_softmax():
    """The loss of logits that are 1 for the right class, and 0 for the others."""
    return math.log(math.e + len(CHARACTERS) - 1) - 1


def gradient_of_two():
    """Whether a vector that is used twice gets the sum of two gradients."""
    table = tg.Tensor(np.zeros((3, 2)), requires_grad=True)
    tg.sum(table[np.array([1, 2, 1])]).backward()
    return table.grad.numpy().tolist() == [[0, 0], [2, 2], [1, 1]]


DEMONSTRATIONS = {
    "the loss comes near the lowest that there is": lambda seed: 1.1 * lowest_loss() - trained(seed)[1][-1],
    "hardly any tune is one of the six": lambda seed: 5 - copies(seed),
    "nearly all bars are known ones": lambda seed: known_bars(1.0, seed) - 97,
    "at temperature 2 fewer are": lambda seed: 85 - known_bars(2.0, seed),
    "at temperature 2 most still are": lambda seed: known_bars(2.0, seed) - 60,
}


class Windows(FunctionExercise):
    name = "windows"
    functions = ("windows",)
    cases = {'windows("CDE2")': ("CDE2",), 'windows("GEF", 2)': ("GEF", 2), 'windows("C", 1)': ("C", 1)}
    reference = staticmethod(cut)
    mistakes = {
        "shifted": lambda tune, k=4: cut(tune, k, target=-1),
        "peeks": lambda tune, k=4: cut(tune, k, window=1),
        "late": lambda tune, k=4: [(w, c) for (w, _), (_, c) in pairwise(cut(tune, k))],
        "no_end": lambda tune, k=4: cut(tune, k, behind=""),
        "no_start": lambda tune, k=4: cut(tune, k, front=0),
        "one_point": lambda tune, k=4: cut(tune, k, front=1),
        "reversed": lambda tune, k=4: [(c, w) for w, c in cut(tune, k)],
    }
    mutants = {
        "shifted": [{"text[i])": "text[i - 1])"}],
        "peeks": [{"text[i - k:i]": "text[i - k + 1:i + 1]"}],
        "late": [{"len(text))": "len(text) - 1)", "text[i])": "text[i + 1])"}],
        "no_end": [{'tune + "."': "tune"}],
        "no_start": [{'"." * k + tune': "tune"}],
        "one_point": [{'"." * k': '"."'}],
        "reversed": [{"(text[i - k:i], text[i])": "(text[i], text[i - k:i])"}],
    }
    also_right = [
        {"(text[i - k:i], text[i])": "[text[i - k:i], text[i]]"},
        {'"." * k + tune + "."': 'f"{k * chr(46)}{tune}."'},
        'def windows(tune, k=4):\n    window, pairs = "." * k, []\n    for c in tune + ".":\n'
        "        pairs.append((window, c))\n        window = window[1:] + c\n    return pairs\n",
    ]


# The network, by hand.


def by_hand(X, E, W1, b1, W2, b2, bend=tg.tanh, last=lambda z: z, turn=False):
    vectors = E[X]
    rows = (vectors.transpose(0, 2, 1) if turn else vectors).reshape(len(X), -1)
    return last(bend(rows @ W1 + b1) @ W2 + b2)


def small_network():
    rng = np.random.default_rng(3)
    shapes = ((5, 2), (6, 4), (4,), (4, 5), (5,))
    return [np.array([[0, 1, 2], [1, 0, 2], [4, 4, 3]]), *(tg.Tensor(rng.normal(size=shape)) for shape in shapes)]


def larger_network():
    rng = np.random.default_rng(4)
    shapes = ((13, 8), (32, 16), (16,), (16, 13), (13,))
    return [X[20:25], *(tg.Tensor(rng.normal(size=shape)) for shape in shapes)]


class Logits(FunctionExercise):
    name = "logits"
    functions = ("logits",)
    tolerance = 1e-4
    cases = {"logits(X (3, 3), E (5, 2), ...)": small_network, "logits(X (5, 4), E (13, 8), ...)": larger_network}
    reference = staticmethod(by_hand)
    mistakes = {
        "straight": lambda *args: by_hand(*args, bend=lambda z: z),
        "bent_twice": lambda *args: by_hand(*args, last=tg.tanh),
        "bias": [
            lambda X, E, W1, b1, W2, b2: by_hand(X, E, W1, b1 * 0.0, W2, b2),
            lambda X, E, W1, b1, W2, b2: by_hand(X, E, W1, b1, W2, b2 * 0.0),
            lambda X, E, W1, b1, W2, b2: by_hand(X, E, W1, b1 * 0.0, W2, b2 * 0.0),
            lambda X, E, W1, b1, W2, b2: tg.tanh(E[X].reshape(len(X), -1) @ W1) @ W2 + b2,
        ],
        "bias_outside": lambda X, E, W1, b1, W2, b2: (tg.tanh(E[X].reshape(len(X), -1) @ W1) + b1) @ W2 + b2,
        "softmax": lambda *args: by_hand(*args, last=lambda z: tg.softmax(z, axis=1)),
        "numbers_first": lambda *args: by_hand(*args, turn=True),
    }
    mutants = {
        "straight": [{"tg.tanh(rows @ W1 + b1)": "rows @ W1 + b1"}],
        "bent_twice": [{"return hidden @ W2 + b2": "return tg.tanh(hidden @ W2 + b2)"}],
        "bias": [{" + b1": ""}, {" + b2": ""}, {" + b1": "", " + b2": ""}],
        "bias_outside": [{"tg.tanh(rows @ W1 + b1)": "tg.tanh(rows @ W1) + b1"}],
        "softmax": [{"return hidden @ W2 + b2": "return tg.softmax(hidden @ W2 + b2, axis=1)"}],
        "numbers_first": [{"vectors.reshape": "vectors.transpose(0, 2, 1).reshape"}],
    }
    also_right = [
        {"vectors.reshape(len(X), -1)": "tg.reshape(vectors, (len(X), -1))"},
        {"vectors.reshape(len(X), -1)": "tg.nn.Flatten()(vectors)"},
        {"vectors.reshape(len(X), -1)": "vectors.reshape(X.shape[0], X.shape[1] * E.shape[1])"},
    ]


class Train(Exercise):
    name = "train"
    functions = ("train",)
    tolerance = 1e-3
    cases = {"train(net, X, y, 6)": 6, "train(net, X, y)[-1]": None}

    def answer(self, learner, case):
        if case.endswith("[-1]"):
            last = learner.train(network(), X, Y)[-1]
            return float(getattr(last, "data", last))
        return learner.train(network(), X, Y, self.cases[case])

    def right(self, case):
        return AtMost(0.25) if case.endswith("[-1]") else train(network(), X, Y, self.cases[case])

    def wrong(self, model, case):
        return None if case.endswith("[-1]") else model(self.cases[case])

    mistakes = {
        "kept": lambda steps: train(network(), X, Y, steps, clear=2),
        "still": lambda steps: train(network(), X, Y, steps, step=False),
        "uphill": lambda steps: train(network(), X, Y, steps, uphill=True),
        "softmax": lambda steps: train(network(), X, Y, steps, of=of_probabilities),
        "sum": lambda steps: train(network(), X, Y, steps, of=summed),
        "last": [
            lambda steps: train(network(), X, Y, steps)[-1:],
            lambda steps: train(network(), X, Y, steps)[-1],
        ],
    }
    mutants = {
        "kept": [{"optimizer.zero_grad()\n        ": ""}],
        "still": [
            {"        optimizer.step()\n": ""},
            {
                "        optimizer.zero_grad()\n": "",
                "loss.backward()": "loss.backward()\n        optimizer.zero_grad()",
            },
        ],
        "uphill": [{"loss.backward()": "(-loss).backward()"}],
        "softmax": [{"(net(X), y)": "(tg.softmax(net(X), axis=1), y)"}],
        "sum": [{"(net(X), y)": '(net(X), y, reduction="sum")'}],
        "last": [{"losses.append(loss.item())": "losses = [loss.item()]"}],
    }
    also_right = [
        {"loss.item()": "float(loss.data)"},
        {"loss.item()": "loss"},
        {"optimizer.zero_grad()\n        ": "", "optimizer.step()": "optimizer.step()\n        optimizer.zero_grad()"},
        {"cross_entropy(net(X), y)": "cross_entropy(net.forward(X), y)"},
    ]


def of_probabilities(z, y):
    return tg.losses.cross_entropy(tg.softmax(z, axis=1), y)


def summed(z, y):
    return tg.losses.cross_entropy(z, y, reduction="sum")


# Composing, with tables in the place of a network.


def counted(window):
    """Logits that say what has followed in the tunes; hardly anything, where nothing is known of a window."""
    counts = Counter(c for w, c in PAIRS if w == window)
    return np.array([math.log(counts[c] + 0.05) for c in CHARACTERS])


def tilted(window):
    """Logits over three characters that depend on the last of the window, and never lead to the end soon."""
    return {".": np.array([-1.0, 1.0, 0.5]), "a": np.array([-2.0, 0.2, 1.0])}.get(
        window[-1], np.array([-1.5, 1.5, -0.5])
    )


def huge(window):
    """Logits as large as those of a network that is very sure."""
    return np.array([1000.0 if window[-2:] == "ba" else 0.0, 1000.0, 999.0])


STOP = '        if c == ".":\n            break\n'


class Compose(Exercise):
    name = "compose"
    functions = ("compose",)
    cases = {
        "compose(..., 1.0)": (counted, CHARACTERS, 1, 1.0),
        "compose(..., 2.0)": (counted, CHARACTERS, 2, 2.0),
        'compose(..., ".ab", 0.5)': (tilted, ".ab", 3, 0.5),
        'compose(..., ".ab", 1.0), logits 1000': (huge, ".ab", 4, 1.0),
    }

    def given(self, case):
        logits_of, characters, seed, temperature = self.cases[case]
        return logits_of, characters, np.random.default_rng(seed), temperature

    def answer(self, learner, case):
        return learner.compose(*self.given(case))

    def right(self, case):
        return composed(*self.given(case))

    def wrong(self, model, case):
        return model(*self.given(case))

    mistakes = {
        "overflow": lambda *args: composed(*args, weigh=unguarded),
        "likeliest": lambda *args: composed(*args, weigh=likeliest),
        "even": lambda *args: composed(*args, weigh=lambda z, _t: np.full(len(z), 1 / len(z))),
        "multiplied": lambda *args: composed(*args, weigh=lambda z, t: probabilities(z * t)),
        "no_temperature": lambda *args: composed(*args, weigh=lambda z, _t: probabilities(z)),
        "first": lambda *args: composed(*args, seen=lambda text: text[:4]),
        "point": lambda *args: composed(*args, stop="late"),
        "on": lambda *args: composed(*args, stop=False),
    }
    mutants = {
        "overflow": [{"np.exp(z - np.max(z))": "np.exp(z)"}],
        "likeliest": [{"rng.choice(list(characters), p=p)": "characters[np.argmax(p)]"}],
        "even": [{"p = p / np.sum(p)": "p = np.ones(len(z)) / len(z)"}],
        "multiplied": [{"/ temperature": "* temperature"}],
        "no_temperature": [{" / temperature": ""}],
        "first": [{"text[-k:]": "text[:k]"}],
        "point": [{STOP + "        text += c\n": "        text += c\n" + STOP}],
        "on": [{STOP: ""}],
    }  # fmt: skip
    also_right = [
        {"p = np.exp(z - np.max(z))\n        p = p / np.sum(p)": "p = tg.softmax(tg.Tensor(z, dtype=float)).numpy()",
         "import numpy as np": "import numpy as np\nimport tinygrad_edu as tg"},
        {"text += c": "text = text + c"},
    ]  # fmt: skip


EXERCISES = [Windows(), Logits(), Train(), Compose()]
