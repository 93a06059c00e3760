"""Each rule of `prove` catches the fault that is seeded for it, and nothing in a lesson without one."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tinygrad_edu_tutorials.checking.exercise import Verdict
from tinygrad_edu_tutorials.prove import main
from tinygrad_edu_tutorials.proving.commands import command_faults
from tinygrad_edu_tutorials.proving.demonstrations import demonstration_faults
from tinygrad_edu_tutorials.proving.page import draw_figures, page_faults
from tinygrad_edu_tutorials.proving.parity import parity_faults
from tinygrad_edu_tutorials.proving.programs import HOSTILE, Program, declared_faults
from tinygrad_edu_tutorials.proving.proof import Proof, prove, verdict_of
from tinygrad_edu_tutorials.proving.structure import structure_faults
from tinygrad_edu_tutorials.reading.lesson import LessonError
from tinygrad_edu_tutorials.reading.reader import read
from tinygrad_edu_tutorials.running.judging import exercises_of
from tutorials.small_lesson import seed, write


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("lessons"))
    assert draw_figures(str(folder)) == ["twice.svg: written", "thrice.svg: written"]
    assert draw_figures(str(folder)) == ["twice.svg: unchanged", "thrice.svg: unchanged"]
    assert main(["confirm", str(folder)]) == 0
    return folder


@pytest.fixture
def lesson(proved, tmp_path):
    return shutil.copytree(proved, tmp_path / "08-backprop")


def quick_faults(folder):
    """All rules that run no learner's program."""
    try:
        lessons = {language: read(folder / f"lesson.{language}.md") for language in ("en", "de")}
    except LessonError as error:
        return [str(error)]
    faults = [*structure_faults(lessons["en"]), *structure_faults(lessons["de"]), *parity_faults(*lessons.values())]
    faults += declared_faults(folder, lessons, exercises_of(folder))
    return faults + page_faults(str(folder)) + demonstration_faults(str(folder))


BOTH, EN, DE, CHECKS = "lesson.*.md", "lesson.en.md", "lesson.de.md", "checks.py"
SEEDED = {  # rule: (file, what is replaced, by what, what the fault says)
    "output": (BOTH, "```output\n3.0", "```output\n4.0", "the code prints"),
    "code raises": (BOTH, "L = a * 2.0", "L = a * b", "raised NameError"),
    "marked number": (BOTH, "**3.0**<!--= L.data -->", "**3.1**<!--= L.data -->", "says 3.1, and L.data is 3.0"),
    "rounded as written": (BOTH, "**3.0**<!--= L.data -->", "3.0<!--= L.data + 0.06 -->", "says 3.0"),
    "unmarked number": (BOTH, "`0.25` is code", "0.25 is none", "nothing computes 0.25"),
    "unknown name": (BOTH, "<!--= L.data -->", "<!--= Q.data -->", "NameError"),
    "wrong answer is right": (BOTH, "- `2` That", "- `3` That", "explained as wrong, and is right"),
    "answer": (BOTH, 'data-answer="3" ', 'data-answer="4" ', "data-answer is 4, and L.data is 3.0"),
    "nothing computes an answer": (BOTH, ' data-computed="L.data"', "", "nothing computes the answer 3"),
    "one wrong answer": (BOTH, "- `c` There is no c.\n", "", "at least two wrong answers"),
    "figure": (BOTH, "\n(a * 3.0)\n", "\n(a * 4.0)\n", "thrice.svg is not what the code draws now"),
    "figure shows nothing": (BOTH, "\n(a * 3.0)\n", "\n3.0\n", "a figure is a Value"),
    "figure left over": (BOTH, "figure=thrice", "figure=other", "no code draws figures/thrice.svg"),
    "figure not shown": (BOTH, "](figures/thrice.svg)", "](figures/twice.svg)", "the page does not show it"),
    "no description": (BOTH, "The graph of a · 3, two boxes that lead to a product", "graph", "needs a description"),
    "no such picture": (BOTH, "](figures/thrice.svg)", "](figures/fourth.svg)", "there is no figures/fourth.svg"),
    "head": (BOTH, "goal: You double.\n", "", "the head lacks goal"),
    "too long": (BOTH, "minutes: 5", "minutes: 26", "minutes is a number up to 25"),
    "needs": (BOTH, "needs: 07-gradient-descent", "needs: 07-downhill", "no such lesson"),
    "recall": (BOTH, 'data-recall="07-gradient-descent"', 'data-recall="77"', "no lesson '77' to recall"),
    "wide": (BOTH, "return ...  # TODO\n```\n\n<details data-hint=\"hunt\"><summary>Hint 1",
             f"return ...  # {'x' * 76}\n```\n\n<details data-hint=\"hunt\"><summary>Hint 1", "breaks on a terminal"),
    "hint tells": (BOTH, "A product.", "Write `return 2.0 * x`.", "gives the line 'return 2.0 * x' away"),
    "no bug to hunt": ("*.*", "hunt", "chase", "a lesson has an exercise called hunt"),
    "two hints": (BOTH, "<details data-hint=\"hunt\"><summary>Hint 3</summary>\n\nSee above.\n\n</details>\n", "", "has 2 hints"),
    "no solution": (BOTH, "solution=hunt", "solution=hnut", "there is no program of 'hunt'"),
    "few mistakes": (BOTH, "<details data-mistake=\"twice.added\"><summary>Two more</summary>\n\nYou added two.\n\n</details>\n",
                     "", "2 of mistake"),
    "mistake without words": (BOTH, "twice.half", "twice.hal", "nothing explains the mistake twice.half"),
    "words without mistake": (BOTH, "twice.half", "twice.hal", "twice.hal is explained, and no check knows it"),
    "mistake without mutant": (CHECKS, '"half": [{"2.0 * x": "x / 2"}],', "", "the mistake 'half' has no mutant"),
    "mutant without mistake": (CHECKS, ', "half": lambda x: x / 2', "", "a mutant of 'half', which is no mistake"),
    "exercise without check": (CHECKS, "[Twice(), Hunt()]", "[Twice()]", "checks.py has no exercise 'hunt'"),
    "check without exercise": (CHECKS, 'name = "hunt"', 'name = "hnut"', "the page has no exercise=hnut"),
    "demonstration": (CHECKS, "lambda seed: seed + 1", "lambda seed: seed", "margins 0, 1, 2"),
    "stale German": (EN, "How often is x in it?", "How many x are in it?", "has changed: bring the German up to date"),
    "code differs": (DE, "return x + x", "return x * 2", "this program differs from the English"),
    "part lost": (DE, "![The graph of a · 3", "The graph of a · 3", "here is prose (text), and in English image"),
    "number differs": (DE, "**3.0**<!--= L.data -->", "drei", "differs from the English"),
    "unknown tag": (BOTH, 'data-hint="hunt"', 'data-hnit="again"', "did you mean hint?"),
    "unknown fence": (BOTH, "figure=thrice", "figre=thrice", "did you mean figure?"),
    "open tag": (BOTH, "See above.\n\n</details>\n<details data-sol", "See above.\n\n<details data-sol", "is not closed"),
}  # fmt: skip


def test_a_lesson_without_faults(lesson):
    assert quick_faults(lesson) == []


@pytest.mark.parametrize("rule", SEEDED)
def test_a_seeded_fault_is_found(rule, lesson):
    file, old, new, said = SEEDED[rule]
    seed(lesson, file, old, new)
    faults = "\n".join(quick_faults(lesson))
    assert said in faults, faults
    assert re.search(r"08-backprop/(lesson|checks)", faults)


PIECES = {"abs(": "return 2.0 * abs(x)", "+=": "x += x", "y[0]": "y = [x]; return y[0]"}


@pytest.mark.parametrize("piece", PIECES)
def test_the_first_hint_tells_no_piece_of_the_solution(lesson, piece):
    seed(lesson, EN, "    return 2.0 * x\n", f"    {PIECES[piece]}\n")
    assert not structure_faults(read(lesson / EN))
    seed(lesson, EN, "How often is x in it?", f"Some `{piece}` is in it.")
    assert f"hint 1 of twice tells {piece} of the solution" in "\n".join(structure_faults(read(lesson / EN)))


def test_comments_and_docstrings_may_differ(lesson):
    seed(lesson, DE, "Two times x.", "Zweimal x.")
    seed(lesson, DE, "# TODO", "# noch zu tun")
    assert quick_faults(lesson) == []


def test_confirming_makes_a_stale_section_current(lesson):
    seed(lesson, EN, "How often is x in it?", "How many x are in it?")
    assert quick_faults(lesson) and main(["confirm", str(lesson)]) == 0
    assert quick_faults(lesson) == []


PROGRAMS = {  # (file, what is replaced, by what, what the fault says)
    "solution": (CHECKS, "(lambda x: 2 * x)", "(lambda x: 3 * x)", "solution: the check says other"),
    "stub": (BOTH, "    return ...  # TODO\n```\n\n<details data-hint=\"twice\">", "    return x * x\n```\n\n<details data-hint=\"twice\">",
             "stub: the check says squared"),
    "mutant": (CHECKS, '{"2.0 * x": "x * x"}', '{"2.0 * x": "x * 7"}', "mutant 1 of squared: the check says other"),
    "patch": (CHECKS, '{"2.0 * x": "x * x"}', '{"5.0 * x": "x * x"}', "the solution has '5.0 * x' 0 times"),
    "also right": (CHECKS, '{"2.0 * x": "x + x"}', '{"2.0 * x": "x + 7"}', "also right 1: the check says other"),
    "mutations": (CHECKS, "reference = staticmethod(lambda x: 2 * x)",
                  "reference = staticmethod(lambda x: 2 * x)\n    tolerance = 1e9", "wrong programs pass"),
    "key of the answers": (CHECKS, "EXERCISES = ", "Hunt.answer = lambda self, learner, case: self.right(case)\nEXERCISES = ", "hunt (en): stub: the check says right"),
}  # fmt: skip


def proof_of(folder) -> Proof:
    with ThreadPoolExecutor(2) as pool:
        return prove(folder, pool)


@pytest.mark.fuzz
def test_programs_without_faults(lesson):
    """Hostile files among them."""
    proof = proof_of(lesson)
    assert proof.faults == [] and proof.killed == proof.mutations == 3 and proof.programs == 29


@pytest.mark.fuzz
@pytest.mark.parametrize("rule", PROGRAMS)
def test_a_seeded_fault_of_programs_is_found(rule, lesson):
    file, old, new, said = PROGRAMS[rule]
    seed(lesson, file, old, new)
    faults = "\n".join(proof_of(lesson).faults)
    assert said in faults, faults


@pytest.mark.fuzz
def test_the_canary_is_missed_if_another_file_is_judged(lesson, monkeypatch):
    """Other tutors checked their own answer key, and all was green."""
    from tinygrad_edu_tutorials.proving import proof

    key = lesson / "key.py"
    key.write_text("def twice(x): return 2 * x\ndef hunt(x): return 2 * x\n", encoding="utf-8")
    monkeypatch.setattr(
        proof, "check", lambda folder, name, file, cpu, check=proof.check: check(folder, name, key, cpu)
    )
    assert "canary: the check says right (), and should say raised" in "\n".join(proof_of(lesson).faults)


@pytest.mark.fuzz
def test_hostile_files_are_missed_if_they_do_not_run(lesson, monkeypatch):
    """A check that looks for the solution's text, and runs nothing."""
    from tinygrad_edu_tutorials.proving import proof

    def reads(folder, name, file, cpu):
        text = file.read_text(encoding="utf-8")
        return Verdict("right" if f'def {name}(x):\n    """Two times x."""\n    return 2.0 * x' in text else "other")

    monkeypatch.setattr(proof, "check", reads)
    faults = "\n".join(proof_of(lesson).faults)
    for what, (_appended, wanted) in HOSTILE.items():
        assert (f": {what}: the check says right (), and should say {wanted}" in faults) == (wanted != "right"), faults
    assert "twice (en): tabs: the check says other" in faults and "a byte order mark" not in faults


def test_pages_commands_and_checks_find_the_data_of_a_lesson(lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(lesson)
    (lesson / "data").mkdir()
    (lesson / "data" / "two.txt").write_text("2.0")
    seed(lesson, BOTH, "L = a * 2.0", 'import pathlib\nL = a * float(pathlib.Path("08-backprop/two.txt").read_text())')
    seed(lesson, BOTH, "tinygrad-edu step", "python -c \"open('08-backprop/two.txt')\"\ntinygrad-edu step")
    assert main(["confirm", str(lesson)]) == 0
    assert quick_faults(lesson) == [] == command_faults(str(lesson))
    text = b"import pathlib\ndef twice(x): return float(pathlib.Path('two.txt').read_text()) * x"
    assert verdict_of(read(lesson / EN), tmp_path / "scratch", Program("twice", "en", "", text, frozenset())).passed
    seed(lesson, BOTH, "open('08-backprop/two.txt')", "open('08-backprop/three.txt')")
    assert "exit code 1" in command_faults(str(lesson))[0]


def test_a_command_that_fails_is_found(lesson, monkeypatch):
    monkeypatch.chdir(lesson)
    assert command_faults(str(lesson)) == []
    seed(lesson, BOTH, "tinygrad-edu step", "tinygrad-edu stpe")
    assert "exit code 2" in command_faults(str(lesson))[0]
