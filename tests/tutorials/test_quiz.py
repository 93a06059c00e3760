"""The quiz: what it asks, what it remembers, what it tells before and after the course, and the gain."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import click
import pytest

from tinygrad_edu_cli import output
from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.learning.quiz import Score
from tinygrad_edu_tutorials.learning.workspace import NAME
from tinygrad_edu_tutorials.prove import main as prove
from tinygrad_edu_tutorials.proving.quiz import quiz_faults
from tutorials.small_lesson import seed

RIGHT = [question.answer for question in library.quiz("en")]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A workspace, in which we are."""
    monkeypatch.chdir(tmp_path)
    assert main(["tutorial", "start", "work"]) == 0
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def ask(capsys, *words: str) -> dict:
    capsys.readouterr()
    assert main(["tutorial", "quiz", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def noted(folder: Path) -> dict[str, str]:
    return json.loads((folder / NAME).read_text(encoding="utf-8"))["quiz"]


# --- what it asks ---

BOTH, EN = "quiz.*.md", "quiz.en.md"
SEEDED = {  # rule: (file, what is replaced, by what, what the fault says)
    "a number": (BOTH, "**d** -1<!--= ", "**d** -3<!--= ", "says -3, and neuron() is -1"),
    "a choice that nothing computes": (BOTH, "7<!--= neuron(weights=(2, 1)) -->", "7", "nothing computes 7"),
    "a misconception without a name": (BOTH, "`a` **The bias is forgotten.**", "`a` You forgot it.", "a names no misconc"),
    "a choice that is not explained": (BOTH, "- `d` **Asking is learning.**", "- `e` **Asking is learning.**", "d names no"),
    "three choices": (BOTH, "- **d** It gets better with each student that it is asked about\n", "", "the choices are a, b, c,"),
    "two equal choices": (BOTH, "**a** -2<!--= neuron(bias=0) -->", "**a** -1<!--= neuron() -->", "two choices are the same"),
    "no such lesson": (BOTH, 'data-lesson="01-learning"', 'data-lesson="77-luck"', "data-lesson is '77-luck'"),
    "a lesson without a question": (BOTH, 'data-lesson="01-learning"', 'data-lesson="02-perceptron"', "of 01-learning"),
    "letters": (BOTH, 'data-predict="table" data-answer="b"', 'data-predict="table" data-answer="d"', "b is right 5 times"),
    "two of a name": (BOTH, 'data-predict="neuron"', 'data-predict="table"', "two questions are called 'table'"),
    "no answer": (BOTH, '<details data-predict="table"', '<details data-recall="table"', "data-recall has no data-answer"),
    "one question less": (BOTH, "## 2. A neuron", "", "23 questions, and not 24"),
    "stale German": (EN, "What is its weighted sum?", "What is its sum?", "bring the German up to date"),
    "the longest is right": (BOTH, "\n- **a** ", f"\n- **a** {'very ' * 40}", "the right choice is the longest"),
}  # fmt: skip


@pytest.fixture(scope="module")
def english(tmp_path_factory) -> Path:
    """The quiz with its English text for German, too: for faults that are in both."""
    quiz = shutil.copytree(library.QUIZ, tmp_path_factory.mktemp("quiz") / "quiz")
    shutil.copy(quiz / "quiz.en.md", quiz / "quiz.de.md")
    assert prove(["confirm", str(quiz)]) == 0
    return quiz


def test_the_quiz_has_no_fault(english):
    assert quiz_faults(str(library.QUIZ)) == quiz_faults(str(english)) == []


@pytest.mark.parametrize("rule", SEEDED)
def test_a_seeded_fault_is_found(rule, english, tmp_path):
    quiz = shutil.copytree(english, tmp_path / "quiz")
    pattern, old, new, said = SEEDED[rule]
    if rule == "the longest is right":  # everywhere
        for letter in "bcd":
            seed(quiz, pattern, f'data-answer="{letter}"', 'data-answer="a"')
    seed(quiz, pattern, old, new)
    faults = "\n".join(quiz_faults(str(quiz)))
    assert said in faults and "quiz/quiz." in faults, faults


# --- the gain ---

HAKE = {  # (before, after, of): (after % - before %) / (100 % - before %), by hand
    (6, 15, 24): 0.5,
    (0, 24, 24): 1.0,
    (12, 12, 24): 0.0,
    (12, 6, 24): -0.5,
    (24, 20, 24): None,
    (None, 20, 24): None,
    (6, None, 24): None,
}


@pytest.mark.parametrize("counts", HAKE)
def test_the_normalised_gain(counts):
    before, after, of = counts
    assert Score(of, before, after).gain == HAKE[counts]


# --- what it remembers, and what it tells ---


def test_before_and_after_the_course(folder, capsys, monkeypatch):
    first = ask(capsys)
    assert (first["round"], first["question"]["number"], first["result"]) == ("before", 1, None)
    guessed = [letter if k < 6 else "x" for k, letter in enumerate(RIGHT)]
    assert ask(capsys, *guessed[:5])["question"]["number"] == 6
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeff" + "\n".join(f"{letter.upper()})" for letter in guessed[5:])))
    before = ask(capsys, "-")["result"]
    assert (before["before"], before["after"], before["gain"], len(before["missed"])) == (6, None, None, 18)
    assert all("right" not in missed and "why" not in missed for missed in before["missed"])
    assert main(["tutorial", "quiz"]) == 0
    told = capsys.readouterr().out
    assert "Before the course: 6 of 24" in told and "tutorial quiz --after" in told

    later = [letter if k < 15 else "abcd"["badc".index(letter)] for k, letter in enumerate(RIGHT)]
    assert ask(capsys, "--after", *later[:20])["answered"] == 20
    found = ask(capsys, *later[20:])  # the second time goes on by itself
    after = found["result"]
    assert (found["round"], after["before"], after["after"], after["gain"]) == ("after", 6, 15, 0.5)
    assert sum(score["of"] for score in after["lessons"].values()) == 24 and len(after["lessons"]) == 16
    assert after["lessons"]["11-adaptive"] == {"of": 2, "before": 0, "after": 0, "gain": 0.0}
    question = library.quiz("en")[-1]
    missed = after["missed"][-1]
    assert missed["misconception"] == question.misconceptions[later[-1]][0] and missed["right"] == question.answer
    assert main(["tutorial", "quiz"]) == 0
    told = capsys.readouterr().out
    assert "you know 50 % now" in told and missed["misconception"] in told and "To read in lesson 16-sequences" in told


def test_what_was_learned_by_who_knew_all(folder, capsys):
    ask(capsys, *RIGHT)
    result = ask(capsys, "--after", *RIGHT)["result"]
    assert result["gain"] is None and result["missed"] == []
    assert main(["tutorial", "quiz"]) == 0 and "nothing left to gain" in capsys.readouterr().out


WRONG = {
    "b e": "'e' is no answer to question 2",
    "b 1": "'1' is no answer to question 2",
    "ab": "'ab' is no answer to question 1",
    "a " * 25: "25 answers, and 24 open questions",
}


@pytest.mark.parametrize("typed", WRONG)
def test_a_wrong_answer_notes_none(folder, capsys, typed):
    assert main(["tutorial", "quiz", *typed.split()]) == 2
    assert WRONG[typed] in capsys.readouterr().err and noted(folder) == {}


def test_a_round_begins_anew_and_the_other_one_stays(folder, capsys):
    ask(capsys, *RIGHT)
    ask(capsys, "--after", "x")
    assert ask(capsys, "--restart")["answered"] == 0
    assert [*noted(folder)] == [f"before/{question.key}" for question in library.quiz("en")]


@pytest.mark.parametrize("ended", [KeyboardInterrupt, EOFError])
def test_in_a_terminal_each_answer_is_kept_at_once(folder, capsys, monkeypatch, ended):
    typed = iter(["b", "z", "x", ended])

    def answered(_prompt: str) -> str:
        text = next(typed)
        if isinstance(text, type):
            raise text
        return text

    monkeypatch.setattr(output, "is_interactive", lambda: True)
    monkeypatch.setattr(click.termui, "visible_prompt_func", answered)
    assert main(["tutorial", "quiz"]) == 130
    said = capsys.readouterr()
    assert noted(folder) == {"before/table": "b", "before/neuron": "x"}
    assert "2 answers are kept. Go on: tinygrad-edu tutorial quiz" in said.err
    assert "'z' is no answer to question 2" in said.out and "Question 3 of 24" in said.out


def test_answers_to_questions_of_another_version_do_not_count(folder, capsys):
    state = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps(state | {"quiz": {"before/gone": "a", "after/gone": "b"}}))
    found = ask(capsys, "b")
    assert (found["round"], found["answered"]) == ("before", 1) and noted(folder)["after/gone"] == "b"
