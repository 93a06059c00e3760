"""tinygrad-edu tutorial in a pipe: a lesson from its first page to its last exercise, and what can go wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import tinygrad_edu_words
from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.checking.exercise import Verdict
from tinygrad_edu_tutorials.learning import verdicts
from tinygrad_edu_tutorials.learning.workspace import NAME, State, Workspace

LESSON = "08-backprop"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A workspace with spaces, umlauts and a random.py, in which we are; lesson 8 is open."""
    root = tmp_path / "Übungen von mir"
    monkeypatch.chdir(tmp_path)
    assert main(["tutorial", "start", str(root), "--lang", "de"]) == 0
    (root / "random.py").write_text("raise SystemExit('the wrong random')\n")
    monkeypatch.chdir(root)
    return root


def do(capsys, *words: str) -> tuple[int, dict]:
    """The exit code, and the last object that a command prints."""
    capsys.readouterr()
    code = main(["tutorial", *words, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out.splitlines()[-1]) if said.out else {"error": said.err}


def state(root: Path) -> dict:
    return json.loads((root / NAME).read_text(encoding="utf-8"))


def test_a_lesson_is_finished_in_a_pipe(folder, capsys):
    lesson = library.lesson(LESSON, "de")
    _code, page = do(capsys, "read", "8")
    done = 0
    while True:
        assert all(Path(file).is_file() for file in page["files"].values())
        for key in page["open"]["predictions"]:
            part = lesson.one("predict", key)
            assert do(capsys, "answer", key, "-77")[0] == 1
            code, answered = do(capsys, "answer", key, part.attrs["answer"])
            assert (code, answered["right"]) == (0, True)
        for key, file in page["files"].items():
            code, checked = do(capsys, "check")
            assert code == 1 and checked["exercise"] == key and checked["said"]
            assert [do(capsys, "hint")[1]["hint"] for _ in range(4)] == [1, 2, 3, 3]
            solution = do(capsys, "solution", key)[1]["solution"]
            Path(file).write_text("\ufeff" + solution, encoding="utf-8")
            code, checked = do(capsys, "check", file)
            done += 1
            assert (code, checked["verdict"], checked["done"]) == (0, "right", done)
        if page["page"] == page["pages"]:
            break
        code, page = do(capsys, "next")
        assert code == 0 and page["lesson"] == LESSON
    assert main(["tutorial", "check", "--all"]) == 0
    assert state(folder)["done"] == [f"{LESSON}/{key}" for key in ("pass_on", "walk", "hunt")]
    assert state(folder)["language"] == "de"


def test_the_lines_of_a_page_a_mistake_and_a_hint(folder, capsys):
    assert main(["--lang", "en", "tutorial", "read", "8", "5"]) == 0  # the language of the workspace wins
    assert "Öffne 08-backprop/pass_on.py in deinem Editor" in capsys.readouterr().out
    file = folder / LESSON / "pass_on.py"
    file.write_text(file.read_text().replace("grads[x] = ...", "grads[x] = grads[node] * slope"))
    assert main(["tutorial", "check"]) == 1
    out = capsys.readouterr().out
    assert "∂L/∂a ist -12 und sollte -15 sein." in out and "Der zweite Beitrag hat den ersten ersetzt." in out
    assert out.rstrip().endswith("tinygrad-edu tutorial hint pass_on")
    assert main(["tutorial", "reset", "pass_on"]) == 0
    assert "grads[x] = grads[node]" in (folder / LESSON / "pass_on.mine-1.py").read_text() and "..." in file.read_text()


WRONG = {
    "read 88": (2, "es gibt keine Lektion '88'"),
    "read backprob": (2, "meintest du backprop?"),
    "check wakl": (2, "meintest du walk?"),
    "answer wyas 3": (2, "meintest du ways?"),
    "read 8 99": (2, "hat die Seiten 1 bis"),
    "check hunt": (4, "tutorial reset hunt"),
    "solution hunt": (1, "tutorial hint hunt"),
}


@pytest.mark.parametrize("typed", WRONG)
def test_what_is_typed_wrong(folder, capsys, typed):
    assert main(["tutorial", "read", "8"]) == 0
    code, said = WRONG[typed]
    assert main(["tutorial", *typed.split()]) == code
    assert said in capsys.readouterr().err


def test_without_a_workspace(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["next"], ["check"], ["hint"], ["watch"], ["answer", "ways", "5"]):
        assert main(["tutorial", *words]) == 2
        assert "tinygrad-edu tutorial start" in capsys.readouterr().err
    assert main(["tutorial"]) == main(["tutorial", "list"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_in_a_folder_that_is_gone(tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for words in ([], ["start"], ["check"]):
        assert main(["tutorial", *words]) == 4
        assert "cd ~" in capsys.readouterr().err


def test_a_folder_that_was_renamed_while_the_screen_was_open(folder, capsys, monkeypatch):
    def renamed(found, *_arguments):
        folder.rename(folder.with_name("elsewhere"))
        return found

    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr("tinygrad_edu_cli.tutor.screen.show", renamed)
    monkeypatch.setattr("tinygrad_edu_cli.tutor.screen.is_welcome", lambda: True)
    capsys.readouterr()
    assert main(["tutorial", "start", folder.name, "--lang", "de"]) == 4
    said = capsys.readouterr()
    assert "gibt es nicht mehr" in said.err and "gespeichert" not in said.out


def test_a_workspace_in_this_folder_is_pointed_at(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder.parent)
    capsys.readouterr()
    for words, code in ([], 0), (["check"], 2):
        assert main(["tutorial", *words]) == code
        assert 'cd "Übungen von mir"' in "".join(capsys.readouterr())


def test_a_newer_workspace_is_left_alone(folder, capsys):
    text = json.dumps({"version": 99, "soon": True})
    (folder / NAME).write_text(text)
    assert main(["tutorial", "next"]) == 4
    assert "99" in capsys.readouterr().err and (folder / NAME).read_text() == text


DAMAGED = (
    "", "{", "[]", "null", '{"version": "1"}', '{"version": true}', '{"version": 1, "done": {}}', '{"version": 0}',
    '{"version": 1, "done": [3]}', '{"version": 1, "page": {"08-backprop": true}}', '{"version": 1, "language": "fr"}',
    "[" * 100_000, "\x00",
)  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_state_is_set_aside(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    found = Workspace.find(tmp_path, "de")
    assert found.state == State("de") and (tmp_path / found.damaged).read_text() == text


@pytest.mark.parametrize("words", [["list"], ["read", "8"], ["hint", "pass_on"]])
def test_json_may_stand_before_the_command_too(folder, words, capsys):
    assert main(["tutorial", "--json", *words]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects and all(isinstance(each, dict) for each in objects)


def test_what_is_to_be_remembered_is_wrapped_and_has_no_marks(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["tutorial", "read", "zoo"]) == main(["tutorial", "next"]) == 0
    shown = capsys.readouterr().out
    question = shown[shown.index("Zur Erinnerung:") :].partition("\n\n")[0]
    assert "zero_grad()" in question and "`" not in question
    assert main(["tutorial", "read", "8"]) == main(["tutorial", "next"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_damaged_state_is_rebuilt_from_the_files(folder, capsys):
    (folder / LESSON).mkdir()
    for key in ("pass_on", "walk"):
        text = library.lesson(LESSON, "de").one("program" if key == "pass_on" else "exercise", key).text
        (folder / LESSON / f"{key}.py").write_text(text, encoding="utf-8")
    (folder / NAME).write_text('{"version": 1, "done"')
    tinygrad_edu_words.choose("en")
    capsys.readouterr()
    code, where = main(["tutorial", "--json"]), json.loads(capsys.readouterr().out)
    assert code == 0 and where["lesson"] == LESSON and where["open"]["exercises"] == ["walk"]
    assert state(folder)["done"] == [f"{LESSON}/pass_on"]
    assert state(folder)["language"] == "de", "as that of the files"


def test_unknown_fields_stay_and_leftovers_go(folder):
    young, old = (folder / f"..tinygrad-tutorial-{name}.tmp.json" for name in ("young", "old"))
    young.touch(), old.touch()
    os.utime(old, (1, 1))
    (folder / NAME).write_text(json.dumps(state(folder) | {"theme": {"dark": 1}}))
    assert main(["tutorial", "next"]) == 0
    assert state(folder)["theme"] == {"dark": 1} and young.exists() and not old.exists()


def test_a_stub_never_goes_over_a_file(folder):
    (folder / LESSON).mkdir()
    (folder / LESSON / "pass_on.py").write_text("mine = 1\n")
    assert main(["tutorial", "read", "8", "5"]) == 0
    assert (folder / LESSON / "pass_on.py").read_text() == "mine = 1\n"


def test_the_data_of_a_lesson_come_with_its_first_page(folder):
    there = (library.FOLDER / "lab-tunes" / "data").iterdir()
    data = {path.name: path.read_bytes() for path in there if path.is_file()}  # a folder is Python's own, of bytecode
    assert "tunes.abc" in data
    assert main(["tutorial", "read", "tunes"]) == 0
    found = {path.name: path.read_bytes() for path in (folder / "lab-tunes").iterdir()}
    assert found == data
    (folder / "lab-tunes" / "tunes.abc").write_text("mine")
    (folder / "lab-tunes" / "play.py").unlink()
    assert main(["tutorial", "next"]) == 0
    assert (folder / "lab-tunes" / "tunes.abc").read_text() == "mine"
    assert (folder / "lab-tunes" / "play.py").read_bytes() == data["play.py"]


def test_lessons_are_listed_in_the_order_of_the_course(tmp_path):
    wanted = ["02-perceptron", "16-sequences", "lab-digits", "lab-tunes", "lab-fairness", "zoo", "a-lesson-of-mine"]
    for name in reversed(wanted):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lesson.en.md").touch()
    assert library.names(tmp_path) == wanted
    assert library.find("tunes", tmp_path) == library.find("lab-tunes", tmp_path) == "lab-tunes"


FACTS = {
    "unfinished": [{}, {"case": "f(1)"}, {"line": 3}],
    "missing": [{"name": "walk"}],
    "raised": [
        {"line": 3, "text": "x = 1 / 0", "said": "ZeroDivisionError"},
        {"line": None, "text": "", "said": "E"},
        {"line": 5, "text": "loss.backward()", "said": "MutationError: the data"},
    ],
    "endless": [{"seconds": 10}, {"seconds": 10, "line": 2, "text": "while True: pass"}],
    "crashed": [{"code": 3, "said": "text"}],
    "engine": [{"name": "Value.backward", "line": 3, "text": "L.backward()"}],
    "contract": [
        {"case": "f(1)", "why": "kind", "what": "", "got": "list", "right": "number"},
        {"case": "f(1)", "why": "shape", "what": "W", "got": "(2,)", "right": "(3,)"},
        {"case": "f(1)", "why": "key", "what": "∂L/∂a"},
        {"case": "f(1)", "why": "extra", "what": "z"},
        {"why": "kind", "what": "f", "got": "Strange", "right": "dictionary"},
    ],
    "other": [{"case": "f(1)", "why": "number", "what": "", "got": 1.5, "right": 2.0}],
    "right": [{}],
}


@pytest.mark.parametrize("language", tinygrad_edu_words.LANGUAGES)
def test_each_verdict_is_a_sentence_with_its_facts(language):
    with tinygrad_edu_words.speaking(language):
        for key, rows in FACTS.items():
            for facts in rows:
                said = verdicts.sentence(Verdict(key, facts), "walk", "walk.py")
                shown = [f"{v:g}" if isinstance(v, float) else str(v) for k, v in facts.items()
                         if k not in ("why", "case") and v and facts.get("why") != "kind"]  # fmt: skip
                assert said and "{" not in said and all(word in said for word in shown), said


def test_an_error_of_the_engine_is_explained_in_the_language_of_the_lesson():
    with tinygrad_edu_words.speaking("de"):
        facts = {"line": 5, "text": "loss.backward()", "said": "MutationError: the data of the leaf 'w' changed"}
        assert "Berechne das neu" in verdicts.sentence(Verdict("raised", facts), "hunt", "hunt.py")


def test_a_folder_that_is_full_or_write_protected(folder, capsys, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", str(folder / NAME))

    before = (folder / NAME).read_text()
    monkeypatch.setattr("tinygrad_edu.storage.files.os.replace", full)
    assert main(["tutorial", "next"]) == 4
    assert "kein Platz mehr auf dem Datenträger" in capsys.readouterr().err
    assert (folder / NAME).read_text() == before and sorted(p.name for p in folder.iterdir()) == [NAME, "random.py"]


def test_what_an_extra_installs_is_asked_for(folder, capsys, monkeypatch):
    monkeypatch.setitem(library.lesson(LESSON, "de").head, "extras", "data")
    monkeypatch.setattr("tinygrad_edu_tutorials.learning.finding.find_spec", lambda name: None)
    assert main(["tutorial", "read", "8"]) == 3
    assert 'pip install "tinygrad-edu[data]"' in capsys.readouterr().err
