"""What lesson 16 checks, and what its numbers are computed with."""

from collections import Counter
from functools import cache
from itertools import pairwise
from math import log, tanh

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Contract, Exercise, FunctionExercise

# For the numbers of the page.

A = [0.2, 0.4, 0.6, 0.8, 1.0]
B = A[::-1]


def memories(xs, w_h=0.5, w_x=1.0):
    """The memory after each input."""
    h, states = 0.0, []
    for x in xs:
        h = tanh(w_x * x + w_h * h)
        states.append(h)
    return states


def influence(w_h, steps):
    """The gradient of the last memory by the first of some inputs, 1, 0, 0, ..., with w_x = 1."""
    slope = w_h ** (steps - 1)
    for h in memories([1.0] + [0.0] * (steps - 1), w_h):
        slope *= 1.0 - h**2
    return slope


def contributions(trace, name):
    """What a node receives, in the order of the backward pass."""
    node = trace.node(name).id
    return [event.contribution for event in trace.events if event.kind == "backward" and event.node == node]


def without_memory(word):
    """How many letters of a word that is repeated can be foreseen from the letter before alone."""
    return sum(max(following.values()) for following in followers(word + word[0]).values())


def least_without_memory(text):
    """The least mean cross-entropy of who sees only the letter before."""
    surprise = sum(
        -count * log(count / sum(following.values()))
        for following in followers(text).values()
        for count in following.values()
    )
    return surprise / (len(text) - 1)


def followers(text):
    """For each letter, how often each other one follows it."""
    found = {letter: Counter() for letter in text}
    for letter, after in pairwise(text):
        found[letter][after] += 1
    return found


TEXT, LETTERS = "banana banana banana ", "ban "


def one_hot(letter):
    return np.eye(len(LETTERS))[[LETTERS.index(letter)]]


class Reader(tg.nn.Module):
    """As on the page."""

    def __init__(self, size=8):
        with tg.default_dtype("float64"):
            self.see = tg.nn.Dense(len(LETTERS), size)
            self.remember = tg.nn.Dense(size, size)
            self.say = tg.nn.Dense(size, len(LETTERS))
        self.start = np.zeros((1, size))

    def step(self, letter, h):
        return tg.tanh(self.see(one_hot(letter)) + self.remember(h))

    def forward(self, inputs, memory=True):
        h, answers = self.start, []
        for letter in inputs:
            h = self.step(letter, h if memory else self.start)
            answers.append(self.say(h))
        return tg.concatenate(answers)


@cache
def learned(memory, seed):
    """A reader, its loss, and the share of letters that it foresees."""
    tg.seed(seed)
    reader = Reader()
    optimizer = tg.optim.Adam(reader.parameters(), lr=0.03)
    targets = [LETTERS.index(letter) for letter in TEXT[1:]]
    for _ in range(80):
        optimizer.zero_grad()
        answers = reader(TEXT[:-1], memory)
        loss = tg.losses.cross_entropy(answers, targets)
        loss.backward()
        optimizer.step()
    return reader, loss.item(), np.mean(answers.numpy().argmax(axis=1) == targets)


def written(reader, n, forgets=False):
    """What a reader writes after b."""
    h, letter, text = reader.start, "b", ""
    for _ in range(n):
        h = reader.step(letter, reader.start if forgets else h)
        letter = LETTERS[int(reader.say(h).numpy().argmax())]
        text += letter
    return text


def spelled(seed, **how):
    """How many letters of a long text are those of banana."""
    text = written(learned(True, seed)[0], 34, **how)
    return sum(a == b for a, b in zip(text, "anana " + 4 * "banana ", strict=True))


DEMONSTRATIONS = {
    "with memory the loss is far below what is possible without": lambda seed: (
        0.1 * least_without_memory(TEXT) - learned(True, seed)[1]
    ),
    "without memory it comes near to that, and not below": lambda seed: (
        0.01 - abs(learned(False, seed)[1] - least_without_memory(TEXT) - 0.005)
    ),
    "with memory all letters are right": lambda seed: learned(True, seed)[2] - 0.99,
    "it goes on writing beyond its text": lambda seed: spelled(seed) - 33.5,
    "and does not, if it forgets": lambda seed: 25.5 - spelled(seed, forgets=True),
}


# The exercise rnn: what is read, and the gradients of the last state, written out in floats.


def through_time(xs, w_x, w_h, bend=True, keeps=True, back=True, shared=True, added=False):
    """The states, and the gradients of the last one by w_x and w_h, by hand; with one thing wrong."""
    h, states, slopes = 0.0, [], []
    for x in xs:
        before = h if keeps else 0.0
        z = w_x * x + w_h * before
        new = tanh(z) if bend else z
        slopes.append(((1.0 - new**2) if bend else 1.0, x, before))
        h = before + new if added else new
        states.append(h)
    by_x = by_h = 0.0
    upstream = 1.0
    for slope, x, before in reversed(slopes):
        by_x += upstream * slope * x
        by_h += upstream * slope * before
        upstream *= (w_h * slope + added) * keeps * back
    return {"states": states, "∂h/∂w_x": by_x * shared, "∂h/∂w_h": by_h * shared}


def exchanged(xs, w_x, w_h):
    found = through_time(xs, w_h, w_x)
    return found | {"∂h/∂w_x": found["∂h/∂w_h"], "∂h/∂w_h": found["∂h/∂w_x"]}


LOOP = "            h = tg.tanh(self.w_x * x + self.w_h * h)\n            states.append(h)\n"


class Rnn(Exercise):
    name = "rnn"
    functions = ("RNN",)
    cases = {
        "RNN(1.0, 0.5).read([0.2, 0.4, 0.6, 0.8, 1.0])": (A, 1.0, 0.5),
        "RNN(-0.8, 1.5).read([1.0, -0.5, 0.3])": ([1.0, -0.5, 0.3], -0.8, 1.5),
        "RNN(0.7, -0.9).read([0.5, 2.0, -1.0, 0.1])": ([0.5, 2.0, -1.0, 0.1], 0.7, -0.9),
    }

    def answer(self, learner, case):
        xs, w_x, w_h = self.given(case)
        rnn = learner.RNN(w_x, w_h)
        states = rnn.read(xs)
        if states is None or states is ...:
            return None
        if not isinstance(states, list):
            raise Contract("list", states, "read(xs)")
        if not isinstance(states[-1], tg.Value):
            raise Contract("Value", states[-1], "read(xs)[-1]")
        states[-1].backward()
        return {"states": [*states], "∂h/∂w_x": rnn.w_x.grad, "∂h/∂w_h": rnn.w_h.grad}

    def right(self, case):
        return through_time(*self.given(case))

    def wrong(self, model, case):
        return model(*self.given(case))

    mistakes = {
        "fresh": lambda *given: through_time(*given, keeps=False),
        "unshared": lambda *given: through_time(*given, shared=False),
        "cut": lambda *given: through_time(*given, back=False),
        "linear": lambda *given: through_time(*given, bend=False),
        "swapped": exchanged,
        "added": lambda *given: through_time(*given, added=True),
    }
    mutants = {
        "fresh": [{LOOP: "            states.append(tg.tanh(self.w_x * x + self.w_h * h))\n"}],
        "unshared": [
            {"self.w_x * x": "tg.Value(self.w_x.data) * x", "self.w_h * h": "tg.Value(self.w_h.data) * h"},
        ],
        "cut": [{LOOP: LOOP + "            h = h.data\n"}],
        "linear": [{"tg.tanh(self.w_x * x + self.w_h * h)": "self.w_x * x + self.w_h * h"}],
        "swapped": [{"self.w_x * x + self.w_h * h": "self.w_h * x + self.w_x * h"}],
        "added": [{"h = tg.tanh": "h = h + tg.tanh"}],
    }
    also_right = [
        {LOOP: LOOP.replace("tg.tanh(self.w_x * x + self.w_h * h)", "(self.w_h * h + x * self.w_x).tanh()")},
        {LOOP: "            states.append(tg.tanh(self.w_x * x + self.w_h * h))\n            h = states[-1]\n"},
    ]


class NextCharacter(FunctionExercise):
    """Pieces of the text; a list of letters will do, too."""

    name = "next_character"
    functions = ("next_character",)
    cases = {'next_character("banana ")': ("banana ",), 'next_character("sequence")': ("sequence",)}

    def answer(self, learner, case):
        pieces = learner.next_character(*self.given(case))
        return ["".join(piece) if isinstance(piece, (list, tuple)) else piece for piece in pieces]

    @staticmethod
    def reference(text):
        pairs = list(pairwise(text))
        return "".join(a for a, _ in pairs), "".join(b for _, b in pairs)

    mistakes = {
        "unshifted": [lambda text: (text, text), lambda text: (text[:-1], text[:-1])],
        "backwards": [lambda text: (text[1:], text[:-1]), lambda text: (text, text[-1] + text[:-1])],
        "wrapped": lambda text: (text, text[1:] + text[0]),
        "uneven": [lambda text: (text, text[1:]), lambda text: (text[:-1], text)],
    }
    mutants = {
        "unshifted": [{"text[:-1]": "text", "text[1:]": "text"}, {"text[1:]": "text[:-1]"}],
        "backwards": [{"inputs = text[:-1]": "inputs = text[1:]", "targets = text[1:]": "targets = text[:-1]"}],
        "wrapped": [{"text[:-1]": "text", "text[1:]": "text[1:] + text[0]"}],
        "uneven": [{"text[:-1]": "text"}, {"text[1:]": "text"}],
    }
    also_right = [
        {"text[:-1]": "text[: len(text) - 1]"},
        {"text[:-1]": "list(text)[:-1]", "text[1:]": "list(text)[1:]"},
    ]


# The bug hunt.


def spell(letter, h):
    """The word banana; its memory counts the n's."""
    if letter == "n":
        h = h + 1
    if letter == "a":
        return ("n", h) if h < 2 else (" ", 0)
    return {"b": "a", "n": "a", " ": "b"}[letter], h


def alternate(letter, h):
    """A letter three times, then the other: its memory is how often it was there."""
    return (letter, h + 1) if h < 2 else ("y" if letter == "x" else "x", 0)


def writing(fresh=False, stuck=False):
    def write(step, letter, n):
        text, h = "", 0
        for _ in range(n):
            new, h = step(letter, 0 if fresh else h)
            text += new
            letter = letter if stuck else new
        return text

    return write


ONCE = "    h = 0\n    for _ in range(n):\n"
EACH = "    for _ in range(n):\n        h = 0\n"


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("write",)
    cases = {
        'write(spell, "b", 12)': (spell, "b", 12),
        'write(spell, " ", 8)': (spell, " ", 8),
        'write(lambda letter, h: (letter, h + 1) if h < 2 else ("y" if letter == "x" else "x", 0), "x", 9)': (
            *(alternate, "x", 9),
        ),
    }
    reference = staticmethod(writing())
    stub_is = "fresh"  # it is the bug that they hunt
    mistakes = {"fresh": writing(fresh=True), "stuck": [writing(stuck=True), writing(stuck=True, fresh=True)]}
    mutants = {
        "fresh": [{ONCE: EACH}],
        "stuck": [
            {"letter, h = step": "new, h = step", "written += letter": "written += new"},
            {ONCE: EACH, "letter, h = step": "new, h = step", "written += letter": "written += new"},
        ],
    }
    also_right = [{"written += letter": "written = written + letter"}]


EXERCISES = [Rnn(), NextCharacter(), Hunt()]
