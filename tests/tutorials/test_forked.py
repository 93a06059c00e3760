"""Processes of their own: limits, output, the learner's path, what they may not touch."""

import os
import sys
import time
from pathlib import Path

import pytest

from tinygrad_edu_tutorials.running.forked import PRINTED, call
from tinygrad_edu_tutorials.running.judging import check
from tutorials.small_lesson import write


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return write(tmp_path_factory.mktemp("lessons"))


def judged(lesson, folder, text, cpu=10, name="twice"):
    file = folder / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    return check(lesson, name, file, cpu=cpu)


RIGHT = "def twice(x): return 2 * x\n"


def test_what_is_given_back_and_printed(tmp_path):
    assert call(max, 3, 4).value == 4 and call(os.getpid).value != os.getpid()
    printed = call(print, "ä" * PRINTED)
    assert printed.ended == "done" and printed.printed.startswith("ä") and "bytes)" in printed.printed
    crashed = call(os._exit, 7)
    assert (crashed.ended, crashed.code, crashed.value) == ("crashed", 7, None)
    failed = call(int, "x")
    assert failed.ended == "crashed" and "ValueError" in failed.printed


def test_time_in_all_is_limited():
    assert call(time.sleep, 60, wall=0.5).ended == "endless"


def test_endless_code_is_interrupted_at_its_line(lesson, tmp_path):
    verdict = judged(lesson, tmp_path, f"{RIGHT}while True:\n    x = 1\n", cpu=0.1)
    assert verdict.key == "endless" and verdict.facts["line"] in (2, 3)


def test_what_a_child_has_started_ends_with_it(lesson, tmp_path):
    text = f"{RIGHT}import subprocess\np = subprocess.Popen(['sleep', '60'])\nprint(p.pid)\n"
    verdict = judged(lesson, tmp_path, text)
    assert verdict.passed
    status = Path(f"/proc/{int(verdict.printed)}/stat")
    assert not status.exists() or status.read_text().split()[2] in "ZX"  # nobody may have waited for it yet


def test_files_of_the_learner_stand_in_for_nothing(lesson, tmp_path):
    for name in ("random", "numpy", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadow')", encoding="utf-8")
    (tmp_path / "mine.py").write_text("two = 2", encoding="utf-8")
    verdict = judged(lesson, tmp_path, "import random, numpy, mine\ndef twice(x): return mine.two * x\n")
    assert verdict.passed and sorted(path.name for path in tmp_path.iterdir()) == [
        "json.py", "mine.py", "numpy.py", "random.py", "twice.py",
    ]  # fmt: skip


SAID = {  # a learner's file: the verdict, its line, and what Python said
    "raised": (f"{RIGHT}\n1 / 0\n", "raised", 3, "ZeroDivisionError: division by zero"),
    "raised in a call": ("def twice(x):\n    return x['a']\n", "raised", 2, "TypeError"),
    "no Python": (f"{RIGHT}def (\n", "raised", 2, "SyntaxError"),
    "input": (f"{RIGHT}input('?')\n", "raised", 2, "EOFError"),
    "checks": ("import tinygrad_edu_tutorials as t\nopen(t.__file__, 'a')\n", "raised", 2, "PermissionError"),
    "checks renamed": ("import tinygrad_edu_tutorials as t, os\nos.remove(t.__file__)\n", "raised", 2, "Permi"),
    "half a stub": ("def twice(x):\n    y = ...\n    return [y] @ x\n", "unfinished", 2, None),
    "dots of an index": ("import numpy\ndef twice(x): return numpy.ones(3)[..., x]\n", "raised", 2, "IndexError"),
    "stub": ("def twice(x):\n    return ...\n", "unfinished", None, None),
    "right answers replaced": (
        "import sys\nfor m in list(sys.modules.values()):\n"
        "    for e in getattr(m, 'EXERCISES', ()): e.right = lambda case: 7\ndef twice(x): return 7\n",
        "other", None, None,
    ),
    "a folder of its own": (f"{RIGHT}open('mine.txt', 'w').write('x')\n", "right", None, None),
}  # fmt: skip


@pytest.mark.parametrize("learner", SAID)
def test_what_is_said(learner, lesson, tmp_path):
    text, key, line, said = SAID[learner]
    verdict = judged(lesson, tmp_path, text)
    assert verdict.key == key and verdict.facts.get("line") == line, verdict
    assert said is None or said in verdict.facts["said"]


def test_the_engine_is_refused_to_the_learner_alone(lesson, tmp_path):
    checks = lesson / "checks.py"
    text = checks.read_text(encoding="utf-8")
    forbids = text.replace('name = "twice"', 'name = "twice"\n    forbids = ("Value.backward", "optim.Adam", "relu")')
    other = tmp_path / "lesson"
    other.mkdir()
    (other / "checks.py").write_text(forbids, encoding="utf-8")
    head = "import tinygrad_edu as tg\ndef twice(x):\n    a = tg.Value(x)\n"
    calls = {"backward": "(a * 2).backward()", "Adam": "tg.optim.Adam([a], lr=1.0)", "relu": "tg.relu(a)"}
    for name, line in calls.items():
        verdict = judged(other, tmp_path, f"{head}    try: {line}\n    except Exception: pass\n    return 2 * x\n")
        assert verdict.key == "engine" and name in verdict.facts["name"] and verdict.facts["line"] == 4
        assert judged(lesson, tmp_path, f"{head}    {line}\n    return 2 * x\n").passed


def test_nothing_of_the_current_folder_is_imported(lesson, tmp_path, monkeypatch):
    (tmp_path / "tempfile.py").write_text("raise SystemExit('shadow')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert judged(lesson, tmp_path, RIGHT).passed and sys.path
