"""tinygrad-edu tutorial export: what is written, and where.

Notebooks are run in tests/notebooks, pages in tests/browser/test_lessons.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library, notebook, script
from tinygrad_edu_tutorials.exporting import notebooks, pages, scripts
from tinygrad_edu_tutorials.learning.desk import Desk
from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_words import speaking

LESSON = "08-backprop"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(*words: str) -> int:
    return main(["tutorial", "export", *words])


@pytest.mark.parametrize("kind", ["ipynb", "html", "py"])
def test_the_same_lesson_gives_the_same_bytes(folder, kind):
    (folder / "there").mkdir()
    assert export("8", "--to", kind) == export("backprop", "--to", kind, "-o", "there") == 0
    assert export("8", "--to", kind, "--with-solutions", "-o", f"for teachers.{kind}") == 0
    text, again, full = (
        (folder / name).read_text(encoding="utf-8")
        for name in (f"{LESSON}.{kind}", f"there/{LESSON}.{kind}", f"for teachers.{kind}")
    )
    assert text == again
    solution = "grads[x] += grads[node] * slope" if kind != "html" else '<details class="solution">'
    assert solution in full and solution not in text


def test_it_speaks_the_language_of_the_folder_or_the_one_that_is_asked_for(folder):
    assert main(["tutorial", "start", ".", "--lang", "de"]) == 0
    assert export("8", "--to", "py") == export("8", "--to", "py", "--lang", "en", "-o", "e.py") == 0
    german, english = ((folder / name).read_text(encoding="utf-8") for name in (f"{LESSON}.py", "e.py"))
    assert "Gradient" in german and "Tippe das in einem Terminal" in german
    assert "Type this in a terminal" in english and "Tippe" not in english


def test_all_lessons_become_files_of_a_folder_that_is_made(folder):
    assert export("--all", "--to", "py", "-o", "all/of them") == 0
    assert sorted(path.stem for path in (folder / "all/of them").iterdir()) == sorted(library.names())


@pytest.mark.parametrize("kind", ["ipynb", "html", "py"])
def test_the_end_of_the_file_says_what_it_becomes(folder, kind):
    assert export("8", "-o", f"a.{kind}") == export("8", "--to", kind, "-o", f"b.{kind}") == 0
    assert (folder / f"a.{kind}").read_bytes() == (folder / f"b.{kind}").read_bytes()


def test_names_in_questions_are_code():
    for language in ("en", "de"):
        with speaking(language):
            made = pages.page(library.lesson("zoo", language), language)
        (question,) = re.findall(r'<div class="recall"><p><strong>(.*?)</strong>', made)
        assert "<code>zero_grad()</code>" in question and "`" not in question


WRONG = {  # the exit code, and what is said
    ("8",): (2, "as what? Give --to ipynb, --to html or --to py, or -o FILE that ends so"),
    ("8", "-o", "lesson.pdf"): (2, "as what? Give --to ipynb"),
    ("--all", "-o", "folder"): (2, "as what? Give --to ipynb"),
    ("--to", "py"): (2, "Give its number or its name, or --all"),
    ("8", "--all", "--to", "py"): (2, "Give its number or its name, or --all"),
    ("backprob", "--to", "py"): (2, "did you mean backprop?"),
    ("8", "--to", "pdf"): (2, "ipynb"),
    ("8", "--to", "py", "-o", "lesson.ipynb"): (2, "ends in .py"),
    ("8", "--to", "py", "-o", "mine.py"): (4, "--force"),
    ("8", "--to", "py", "-o", "no/such/folder.py"): (4, "cannot write"),
    ("--all", "--to", "py", "-o", "mine.py"): (2, "need a folder"),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_written(folder, words, capsys):
    (folder / "mine.py").write_text("mine")
    assert export(*words) == WRONG[words][0]
    assert WRONG[words][1] in capsys.readouterr().err
    assert (folder / "mine.py").read_text() == "mine" and len([*folder.iterdir()]) == 1


def test_force_writes_over_a_file(folder):
    (folder / "mine.py").write_text("mine")
    assert export("8", "--to", "py", "-o", "mine.py", "--force") == 0
    assert "# %%" in (folder / "mine.py").read_text(encoding="utf-8")


def test_without_nbformat_it_says_what_to_install(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert export("8", "--to", "ipynb") == 3
    assert 'pip install "tinygrad-edu[notebooks]"' in capsys.readouterr().err and not [*folder.iterdir()]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", library.names())
def test_every_part_of_a_lesson_is_in_its_notebook_and_in_its_script(name, language):
    lesson = library.lesson(name, language)
    with speaking(language):
        made, text = nbformat.reads(notebooks.notebook(lesson, language), 4), scripts.script(lesson, language)
    nbformat.validate(made)
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    assert made.metadata.kernelspec.name == "python3"
    cells = [cell.source for cell in made.cells]
    inside, kinds = "\n".join(cells), [part.kind for part in lesson.parts]
    for part in lesson.parts:
        if part.kind == "prose":
            assert part.clean in inside
        elif part.kind in ("code", "figure"):
            assert part.text.rstrip() in cells and part.text.rstrip() in text
        elif part.kind == "exercise":
            assert f"%%tutorial {part.key}\n{part.text.rstrip()}" in cells and part.text.rstrip() in text
            assert f'\ncheck("{part.key}")' in text
        elif part.kind == "predict":
            assert f"%predict {part.key} ..." in cells and f'predict("{part.key}", ...)' in text
    assert inside.count("<details>") == sum(kinds.count(kind) for kind in ("hint", "recall", "predict"))
    assert "<!--" not in inside
    compile(text, name, "exec")


COMMANDS = {
    'tinygrad-edu step "a*b" --set a=2': '!tinygrad-edu --lang de step "a*b" --set a=2 --plain',
    "tinygrad-edu step --order naive": "!tinygrad-edu --lang de step --order naive",
    "tinygrad-edu compare lr=1,2": "!tinygrad-edu --lang de compare lr=1,2",
    'tinygrad-edu step "{a}" --plain': '!tinygrad-edu --lang de step "{{a}}" --plain',
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_in_a_notebook_wait_for_no_key(command):
    assert notebooks._in_shell(command, "de") == COMMANDS[command]


# --- what a learner is told -------------------------------------------------------------------------------------------


class Shell:
    """As much of IPython's as an extension asks for."""

    def __init__(self):
        self.magics, self.shown, self.run = {}, [], []
        self.display_pub = SimpleNamespace(publish=lambda data: self.shown.append(data["text/markdown"]))
        self.run_cell = self.run.append

    def register_magic_function(self, function, kind, name):
        self.magics[name] = function

    @property
    def display_formatter(self):
        return SimpleNamespace(
            formatters={"image/svg+xml": SimpleNamespace(for_type=lambda *_: None, for_type_by_name=lambda *_: None)}
        )


@pytest.fixture
def shell() -> Shell:
    made = Shell()
    notebook.load_ipython_extension(made)
    return made


def test_cells_are_checked_and_run_and_mistakes_explained(shell, capsys):
    tutorial, predict = shell.magics["tutorial"], shell.magics["predict"]
    solution = library.lesson(LESSON, "de").one("program", "pass_on").text
    tutorial(f"{LESSON} de")
    tutorial("pass_on", solution)
    tutorial("pass_on", solution.replace("+=", "="))
    tutorial("pass_on", solution + "\nraise ValueError('mine')\n")
    predict("ways 5")
    predict("ways 4")
    predict("ways ...")
    said = capsys.readouterr().out
    assert "Richtig! pass_on" in said and "ValueError: mine" in said
    assert f"Diese Zelle, Zeile {solution.count(chr(10)) + 3}" in said  # the magic command is line 1
    assert shell.run == [solution, solution.replace("+=", "=")]  # what raises is not run in the reader's notebook
    mistake, right, wrong = shell.shown
    assert mistake.startswith("**") and right.startswith("**5**") and "Produkt" in wrong
    assert "an die Stelle der Punkte" in said


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([("tutorial", "walk", "x = 1")], "no lesson is open"),
        ([("predict", "ways 5")], "no lesson is open"),
        ([("tutorial", "77")], "there is no lesson '77'"),
        ([("tutorial", "8 fr")], "there are: en, de"),
        ([("tutorial", "8 en"), ("tutorial", "wolk", "x = 1")], "did you mean walk?"),
        ([("tutorial", "8 en"), ("predict", "way 5")], "did you mean ways?"),
    ],
)
def test_what_a_notebook_cannot_do_is_said_in_a_line(shell, lines, told, capsys):
    for name, *arguments in lines:
        shell.magics[name](*arguments)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("solutions", [False, True])
def test_a_script_runs_from_top_to_bottom_though_it_has_no_guard(folder, solutions):
    lesson = library.lesson(LESSON, "en")
    file = folder / "my lesson.py"
    file.write_text(scripts.script(lesson, "en", solutions), encoding="utf-8")
    ended = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("Right!") == 3 * solutions and ended.stdout.count("[walk]") == 1


def test_a_script_says_where_its_exercise_went(folder, capsys):
    file = folder / "mine.py"
    check, predict, hint = script.lesson(LESSON, "en", str(file))
    check("walk")
    file.write_text("# %% [exercise] walk\ndef gradients(L):\n    return 1 / 0\n", encoding="utf-8")
    check("walk")
    file.write_text(file.read_text() + '\ncheck("walk")\n', encoding="utf-8")
    check("walk")
    predict("ways", 4)
    hint("walk", 9)
    said = capsys.readouterr()
    assert "cannot read" in said.err and "between its two lines" in said.err
    assert "mine.py, line 3: ZeroDivisionError" in said.out
    assert "[ways] Not 4." in said.out and "the product alone" in said.out and "[walk] Hint 3" in said.out


def test_a_desk_refuses_what_is_not_installed(monkeypatch):
    monkeypatch.setattr("tinygrad_edu_tutorials.learning.finding.find_spec", lambda name: None)
    with pytest.raises(Problem, match="needs more than is installed"):
        Desk("04-dense", "en", Path())


def test_a_page_hides_its_answers_and_knows_its_frames():
    with speaking("de"):
        made = pages.page(library.lesson(LESSON, "de"), "de")
    assert "data-deflated" in made and "**5**" not in made and "data-answer" not in made
    assert made.count("<iframe srcdoc=") == 1 and '<html lang="de">' in made
    assert " style=" not in made.split("<iframe")[0]  # the policy refuses it
