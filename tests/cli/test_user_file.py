"""FILE.py:FUNC: the user's own program, and what is said when it goes wrong."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

NEURON = """
import tinygrad_edu as tg

def neuron():
    w, x = tg.Value(2.0, name="w"), tg.Value(-3.0, name="x")
    return (w * x).tanh()

def layer():
    W = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="W")
    return (W @ tg.Tensor([1.0, -1.0])).sum()
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into the current folder, and give its name."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes, name: str = "mine.py") -> str:
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


@pytest.mark.parametrize(("function", "leaves"), [("neuron", {"w", "x"}), ("layer", {"W"})])
def test_steps_through_the_result_of_a_function(cli, file, function, leaves):
    ran = cli("step", f"{file(NEURON)}:{function}", "--json")
    assert (ran.code, ran.err) == (0, "")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert leaves <= {event["node"] for event in events if event["kind"] == "backward"}


def test_leaves_nothing_behind(cli, file, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before, known = list(sys.path), set(sys.modules)
    file("import tinygrad_edu as tg\nnumber = tg.Value(3.0, name='n')", "helper_of_mine.py")
    name = file("from helper_of_mine import number\ndef f(): return number * 2")
    ran = cli("step", f"{name}:f", "--plain")
    assert ran.code == 0 and "n" in ran.out
    assert sys.path == before
    assert not [module for module in set(sys.modules) - known if "mine" in module]
    assert sorted(os.listdir()) == ["helper_of_mine.py", "mine.py"], "no cache of ours in the user's folder"


def test_inputs_without_names_are_told_apart(cli, file):
    name = file("import tinygrad_edu as tg\ndef f(): return tg.Value(2.0) * tg.Value(3.0)")
    assert "Given: n0 = 2, n1 = 3" in cli("step", f"{name}:f").out


@pytest.mark.parametrize("name", ["numpy.py", "tinygrad_edu.py", "click.py", "my file.py", "1st.py"])
def test_a_file_may_have_any_name(cli, file, name):
    before = {key: sys.modules[key] for key in ("numpy", "tinygrad_edu", "click")}
    ran = cli("step", f"{file(NEURON, name)}:neuron", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {key: sys.modules[key] for key in before} == before


def test_a_file_may_have_dataclasses(cli, file):
    text = f"from dataclasses import dataclass\n@dataclass\nclass Pair:\n    a: int\n{NEURON}"
    assert cli("step", f"{file(text)}:neuron", "--json").code == 0


def test_what_the_function_prints_does_not_mix_with_results(cli, file):
    name = file(f"{NEURON}\ndef loud():\n    print(1)\n    return neuron()")
    ran = cli("step", f"{name}:loud", "--json")
    assert ran.code == 0 and ran.err == "1\n"
    assert all(json.loads(line) for line in ran.out.splitlines())


TG = "import tinygrad_edu as tg\n"
UNPRINTABLE = "class E(Exception):\n    def __str__(self): raise ValueError\ndef f():\n    raise E()"
WITH_NOTE = "def f():\n    e = ValueError('one\\ntwo')\n    e.add_note('a note')\n    raise e"
WRONG = [  # the text of the file, the function, the exit code, and what is said
    (NEURON, "neuro", 2, ["mine.py has no function 'neuro'", "did you mean mine.py:neuron?", "neuron, layer"]),
    (NEURON, "", 2, ["name the function", "neuron, layer"]),
    (NEURON, "tg", 2, ["has no function 'tg'"]),
    ("x = 1", "f", 2, ["has no function 'f'", "defines no function"]),
    ("def f(a, b=1, *c, d, **e): pass", "f", 2, ["needs arguments: a, d"]),
    ("def f(): return 3.0", "f", 2, ["f() returned float, which is no node"]),
    ("def f(): pass", "f", 2, ["f() returned NoneType"]),
    ("async def f(): return 1", "f", 2, ["f() returned coroutine"]),
    ("def f(): yield 1", "f", 2, ["f() returned generator"]),
    (f"{TG}def f(): return tg.Tensor([1., 2.], requires_grad=True)", "f", 2, ["shape (2,)", ".sum()"]),
    (f"{TG}def f(): return tg.Tensor(1.)", "f", 2, ["requires no gradient"]),
    ("def f():\n    return 1 / 0", "f", 1, ["f() of mine.py raised ZeroDivisionError: division by zero"]),
    ("def f():\n    return 1 / 0", "f", 1, ["mine.py, line 2, in f:", "return 1 / 0"]),
    ("def g():\n    raise KeyError('k')\ndef f():\n    return g()", "f", 1, ["KeyError: 'k'", "line 2, in g"]),
    (f"{TG}def f():\n    return tg.Tensor([1.]) @ tg.Tensor([1., 2.])", "f", 1, ["ShapeError: matmul", "line 3"]),
    ("raise RuntimeError('at import')\ndef f(): pass", "f", 1, ["RuntimeError: at import", "line 1"]),
    ("import no_such_module_here\ndef f(): pass", "f", 1, ["ModuleNotFoundError", "line 1"]),
    ("import sys\ndef f():\n    sys.exit(7)", "f", 1, ["SystemExit: 7", "line 3"]),
    ("def f(): return f()", "f", 1, ["RecursionError"]),
    ("def f():\n    raise BaseException('no')", "f", 1, ["f() of mine.py raised BaseException: no", "line 2"]),
    ("class E(BaseException): pass\ndef f():\n    raise E", "f", 1, [".E", "line 3"]),
    ("def f():\n    raise GeneratorExit", "f", 1, ["raised GeneratorExit", "line 2"]),
    ("raise BaseException('at import')\ndef f(): pass", "f", 1, ["BaseException: at import", "line 1"]),
    ("def f():\n    raise MemoryError", "f", 1, ["raised MemoryError", "line 2"]),
    ("def f():\n    raise ValueError('x' * 100_000)", "f", 1, ["ValueError: xxx", "... (100,0", "line 2"]),
    ("def f():\n    raise ValueError('x\\n' * 100_000)", "f", 1, ["ValueError: x", "line 2", "more lines)"]),
    (f"{TG}def f():\n    a = tg.Value(2.)\n    a.name = 5", "f", 1, ["the name of a node is a text, not 5", "line 4"]),
    (UNPRINTABLE, "f", 1, ["E: <exception str() failed>", "line 4"]),
    (WITH_NOTE, "f", 1, ["ValueError: one", "two", "a note"]),
    ("def f():\n    raise ValueError('\\x1b[31m')", "f", 1, ["ValueError: ?[31m"]),
    ("def f(:\n", "f", 4, ["mine.py, line 1: invalid syntax", "def f(:"]),
    ("x = 1\n  y = 2", "f", 4, ["mine.py, line 2: unexpected indent"]),
    (b"x = '\xff'", "f", 4, ["mine.py"]),
    (b"\x00", "f", 4, ["mine.py", "null bytes"]),
    ("(" * 1000, "f", 4, ["mine.py"]),
]


@pytest.mark.parametrize(("text", "function", "code", "said"), WRONG)
def test_what_can_go_wrong(cli, file, text, function, code, said):
    ran = cli("step", f"{file(text)}:{function}")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ") and "Traceback" not in ran.err and "tinygrad_edu_cli" not in ran.err
    for part in said:
        assert part in ran.err


def test_a_file_without_a_function_is_no_expression(cli, file):
    ran = cli("step", file(NEURON))
    assert ran.code == 2 and "name the function, as in mine.py:FUNC" in ran.err


def test_a_missing_file(cli, file):
    file(NEURON)
    ran = cli("step", "mime.py:neuron")
    assert ran.code == 4 and ran.err.splitlines() == [
        "error: cannot read mime.py: No such file or directory",
        "  did you mean mine.py?",
    ]


def test_a_folder(cli, file):
    os.mkdir(os.path.dirname(os.path.abspath(file(NEURON))) + "/folder.py")
    assert cli("step", "folder.py:f").code == 4


def test_another_kind_of_file(cli, file):
    ran = cli("step", file("...", "notes.txt"))
    assert ran.code == 2 and "notes.txt is a file of no known kind" in ran.err


def test_a_coroutine_is_put_away_silently(cli, file, recwarn):
    cli("step", f"{file('async def f(): return 1')}:f")
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


def test_interrupted(cli, file):
    ran = cli("step", f"{file('def f(): raise KeyboardInterrupt')}:f")
    assert (ran.code, ran.out, ran.err) == (130, "", "interrupted\n")


def test_set_has_no_meaning_for_a_function(cli, file):
    ran = cli("step", f"{file(NEURON)}:neuron", "--set", "w=3")
    assert ran.code == 0 and ran.err == "warning: --set w is not used: a function sets its own numbers\n"


def test_ctrl_c_in_a_function_is_no_failure_of_it(cli, file):
    ran = cli("step", f"{file('def f(): raise KeyboardInterrupt')}:f")
    assert ran == (130, "", "interrupted\n")
