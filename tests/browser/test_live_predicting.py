"""Predict on the page that computes: questions, verdicts and score are those of `step --predict`, word for word."""

from __future__ import annotations

import io
import math
import random
import sys
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.graphs import random_graph, settings_of
from browser.test_live_page import live, neuron, zoo
from tinygrad_edu_cli.errors import CommandError
from tinygrad_edu_cli.expressions.answer import read_answer
from tinygrad_edu_cli.main import main
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.javascript.assemble import graph_program
from tinygrad_edu_viz.javascript.calls import calls
from tinygrad_edu_viz.predicting.mistakes import Case, Mistake, wrong_contributions
from tinygrad_edu_viz.predicting.quiz import Quiz
from tinygrad_edu_words import speaking
from visualizations.test_predict import SCALARS

pytestmark = pytest.mark.browser

# --- what a text stands for ------------------------------------------------------------------------------------------

READ = """(texts) => texts.map((text) => {
  try {
    const { data, units, note } = readAnswer(text);
    return { data: flat(data), shape: shapeOf(data), unit: units, note: note.trim() };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return error.message;
  }
})"""
NUMBERS = [*"0.5 3 -3 1e-3 0.50 .5 5. 1_000 0x1f 0b11 1.0e3 007 00 1e999 2 1j 0,5 1,25".split(), "9" * 320]
ODD = "a | True | '4' | x=3 | 2^3 | 3 # half | ½ | √2 | 2×3 | 0,5; 1 | 1; 2 | 7//2 | 1 if 1 else 2".split(" | ")
FUNCTIONS = "exp tanh leaky_relu clip maximum where sum foo gelu erf power log sin".split()


def random_text(rng: random.Random, depth: int) -> str:
    kind = rng.random() if depth > 0 else 0.0
    deeper = lambda: random_text(rng, depth - 1)  # noqa: E731
    if kind < 0.25:
        return rng.choice(NUMBERS)
    if kind < 0.65:
        return deeper() + rng.choice([" + ", "-", "*", " / ", "**", "//", " ", ", "]) + deeper()
    if kind < 0.75:
        return f"({deeper()}{rng.choice(['', ',', ''])})"
    if kind < 0.82:
        return rng.choice("+-−") + deeper()
    if kind < 0.9:
        return f"{rng.choice(FUNCTIONS)}({', '.join(deeper() for _ in range(rng.choice([0, 1, 1, 1, 2, 3])))})"
    return f"[{', '.join(deeper() for _ in range(rng.randint(0, 3)))}]" if kind < 0.95 else rng.choice(ODD)


def damaged(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(["", *"0123456789.,;+-*/()[]e_ jx#"]) + text[place + rng.randrange(2) :]


def test_answers_are_read_as_in_the_terminal(laboratory):
    rng = random.Random(1)
    texts = [random_text(rng, rng.randint(0, 4)) for _ in range(1500)]
    texts += [damaged(rng, rng.choice(texts)) for _ in range(1500)]
    for open_, close, limits in [("(", ")", (99, 100, 101)), ("[", "]", (5, 63)), ("exp(", ")", (73, 74, 75))]:
        texts += [open_ * n + "0" + close * n for n in limits]
    texts += ["-" * n + "1" for n in (147, 148, 149)] + ["1" + "+1" * n for n in (146, 147, 148, 1000, 6000)]
    texts += ["2**" * n + "1" for n in (147, 148, 149)] + ["[" + "1," * n + "]" for n in (1997, 1998, 1999)]
    read = 0
    for text, found in zip(texts, laboratory(graph_program(calls()))(READ, texts), strict=True):
        try:
            wanted = read_answer(text, one=True)
        except CommandError:
            assert isinstance(found, str) and found, text
            continue
        data = np.asarray(wanted.data, dtype=float)
        assert not isinstance(found, str), (text, found)
        assert found["shape"] == list(data.shape) and found["note"] == wanted.note, text
        assert found["data"] == pytest.approx(data.reshape(-1).tolist(), rel=1e-12), text
        if data.size == 1:
            assert found["unit"] == np.asarray(wanted.units).reshape(-1)[0], text
        read += 1
    assert read > 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "'a' is a name, and an answer is made of numbers"),
        ("True", "an answer is made of numbers"),
        ("2 * [1, 2]", "an answer is made of numbers"),
        ("1/0", "this is no finite number"),
        ("1" + "0" * 400, "this number is too large"),
        ("[[1, 2], [3]]", "the rows of this list have different lengths"),
        ("(" * 500, "more than 100 brackets inside one another"),
        ("+".join("1" * 200), "more than 150 operations contain each other"),
    ],
)
def test_what_is_no_answer_is_told_in_the_words_of_the_terminal(laboratory, text, said):
    assert laboratory(graph_program(calls()))(READ, [text]) == [said]
    with pytest.raises(CommandError) as raised:
        read_answer(text)
    assert raised.value.message == said


# --- verdicts --------------------------------------------------------------------------------------------------------

JUDGE = """([s, answers]) => [tinygrad.question(s), answers.map((answer) => tinygrad.judge(s, answer))]"""


def answers_to(case: Case) -> list[str]:
    """Right ones, rounded and cut off; of each mistake the number, alone and added; two numbers; and none of these."""
    right, had, part = (float(x) for x in (case.right, case.before, case.contribution))
    wrong = [float(found.contribution) for found in wrong_contributions(case)]
    numbers = [right, part, had, right * 1.004, right * 1.02, 0.123, 17.0, *wrong, *[had + x for x in wrong]]
    numbers = [x for x in numbers if math.isfinite(x)]
    texts = [f"{x:.{digits}g}" for x in numbers for digits in (6, 2, 1)]
    return list(dict.fromkeys([*texts, f"{had!r} + {part!r}", "1/3", "[1, 2.5]", "0,5"]))


def told(verdict: Any) -> dict[str, Any]:
    mistake = None if verdict.mistake is None else str(verdict.mistake)
    retry = verdict.retry or verdict.text
    return {"correct": verdict.correct, "mistake": mistake, "text": verdict.text, "retry": retry.replace("  ", " ")}


def compare(page: Any, trace: Trace) -> set[str]:
    """The mistakes that were seen."""
    quiz, seen = Quiz(trace), set()
    for s, event in enumerate(trace.events):
        question = quiz.question(event)
        if question is None:
            assert page.tab.evaluate("(s) => tinygrad.question(s)", s) is None
            continue
        answers = answers_to(Case(quiz.rules, event))
        asked, found = page.tab.evaluate(JUDGE, [s, answers])
        assert (asked["text"], asked["asked"], tuple(asked["known"]), asked["hint"]) == (
            question.text,
            question.asked,
            question.known,
            question.hint,
        )
        for answer, said in zip(answers, found, strict=True):
            wanted = told(quiz.judge(event, read_answer(answer, one=True)))
            if said["correct"]:
                said["retry"] = wanted["retry"]  # there is no second try
            assert said == wanted, (s, answer)
            seen.add(said["mistake"])
    return seen


def test_random_graphs_are_judged_as_in_the_terminal(visit):
    seen = set()
    for seed in range(8):
        root, _ = random_graph(seed, [0.3, 0.5, 0.7, 0.9, 1.1])
        page = visit(live(root))
        names = page.tab.evaluate("tinygrad.inputs")
        for numbers in settings_of(seed)[::2]:
            changes = {name: numbers[int(name[1:])] for name in names}
            page.tab.evaluate("(changes) => { tinygrad.compute(changes); }", changes)
            seen |= compare(page, Trace.record(random_graph(seed, numbers)[0]))
    of_arrays = {Mistake.BATCH_MEAN, Mistake.BROADCAST, Mistake.TRANSPOSED}
    assert seen - {None} == {str(mistake) for mistake in Mistake} - {str(mistake) for mistake in of_arrays}


@pytest.mark.parametrize("settings", [{"w": -1.5, "x": 0.75, "b": 2.0}, {"w": 2.0, "x": 2.0, "b": -1.0}])
@pytest.mark.parametrize("make", [neuron, zoo])
def test_graphs_with_settings_and_guards_are_judged_as_in_the_terminal(visit, make, settings):
    page = visit(live(make()))
    page.tab.evaluate("(changes) => { tinygrad.compute(changes); }", settings)
    assert len(compare(page, Trace.record(make(settings)))) > 4


def test_wrong_numbers_that_were_computed_by_hand(visit):
    """The table of `test_predict.py`, in which Python's diagnosis is compared with them, too."""
    for root, target, nth, right, wrong, mistake in SCALARS:
        trace = Trace.record(root)
        page = visit(live(root))
        s = [s for s, e in enumerate(trace.events) if e.kind == "backward" and e.node == target][nth]
        judge = "([s, answer]) => tinygrad.judge(s, answer)"
        assert page.tab.evaluate(judge, [s, repr(right)])["correct"]
        assert page.tab.evaluate(judge, [s, repr(wrong)])["mistake"] == str(mistake)


# --- the dialogue ----------------------------------------------------------------------------------------------------

EXPRESSION = ("(sigmoid(w*x + b) - y)**2 + w*w", "--set", "w=1", "--set", "x=2", "--set", "b=0.5", "--set", "y=1")
ANSWERS = ["1", "", "hello", "1/0", "1,0", "?", "2*1", "0.5", "[1, 2]", "0.15", "-0.1517", "", "-0.01", "0.1", "-0.15"]
ANSWERS += ["", "-0.010636", "-0.0213", "1.979", "1", "3"]


def test_a_session_says_what_the_terminal_says(visit, capsys, monkeypatch):
    """The same answers, by the keyboard alone."""
    w, x, b, y = (tg.Value(n, name=name) for name, n in {"w": 1.0, "x": 2.0, "b": 0.5, "y": 1.0}.items())
    page = visit(live((tg.sigmoid(w * x + b) - y) ** 2 + w * w))
    page.press("p")
    said = []
    for answer in ANSWERS:
        assert page.tab.evaluate("document.activeElement.id") == "answer"
        page.tab.keyboard.type(answer)
        page.press("Enter")
        said.append(page.texts("#hinted" if answer == "?" else "#verdict p")[0])
    assert page.tab.evaluate("document.activeElement.id") == "again"
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in ANSWERS)))
    assert main(["step", *EXPRESSION, "--predict"]) == 0
    terminal = " ".join(capsys.readouterr().out.split())
    place = 0
    for text in [*said, *page.texts("#score p")]:
        if text.startswith("This cannot be read: "):
            text = text.removeprefix("This cannot be read: ").partition(". An answer")[0]
        place = terminal.index(" ".join(text.split()), place) + 1
    assert page.texts("#score p")[0].count("second try") == 1 and len(page.texts("#score p")) > 2
    page.press("Enter")
    assert page.texts("#score p") == [] and page.texts("#verdict p") == [] and page.tab.is_visible("#question")


def test_all_right_is_told(visit):
    page = visit(live(tg.Value(2.0, name="a") * tg.Value(-3.0, name="b")))
    page.press("p")
    for answer in ["-3", "4/2"]:
        page.tab.keyboard.type(answer)
        page.press("Enter")
    assert page.texts("#score p") == ["2 of 2 right.", "You can do backpropagation by hand."]


def test_what_is_asked_for_is_shown_nowhere(visit):
    page = visit(live(neuron()))
    page.tab.click("#all summary")
    page.tab.check("#predict")
    page.tab.locator("#leaves output").filter(has_text="?").nth(3).wait_for()
    shown = page.position
    assert page.texts("#leaves output") == ["?"] * 4
    assert page.tab.locator("#steps li:visible").count() == shown
    page.tab.click("#show")
    assert page.position == shown + 1
    assert page.texts("#verdict p")[0] == "Skipped." and page.texts("#verdict p")[1].startswith("∂L/∂")
    assert page.tab.locator("#steps li:visible").count() == shown + 1


def test_other_numbers_are_other_questions(visit):
    page = visit(live(neuron()))
    page.tab.check("#predict")
    page.tab.click("#show")
    known = page.texts("#given li")
    page.tab.fill("#input-1", "-0.5")
    assert page.tab.evaluate("document.activeElement.id") == "input-1"
    assert page.texts("#given li") != known and "begin anew" in page.text("#verdict")
    assert page.texts("#score p") == []


def test_nothing_was_asked_has_its_reason(visit):
    page = visit(live(tg.log(tg.Value(1.0, name="x"))))
    page.tab.fill("#input-0", "0")
    page.tab.check("#predict")
    assert page.texts("#score p") == ["Nothing was asked: nan and infinities stand where there should be numbers."]


def test_a_page_in_german_asks_and_judges_in_german(visit):
    with speaking("de"):
        page = visit(live(tg.Value(2.0, name="a") * tg.Value(-3.0, name="b")))
    page.press("p")
    assert page.text("#asked").endswith("Wie groß ist ∂L/∂a nach diesem Schritt?")
    for answer in ["2", "1/0", "-3", "2"]:
        page.tab.keyboard.type(answer)
        page.press("Enter")
        if answer == "1/0":
            assert page.texts("#verdict p")[0].startswith("Das ist nicht zu lesen: das ist keine endliche Zahl.")
    assert page.texts("#score p")[0].startswith("1 von 2 richtig")
    page.tab.click("#update")
    page.tab.locator("#said").filter(has_text="Ein Update mit SGD").wait_for()
