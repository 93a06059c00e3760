"""Attempts to break out of an expression, to make it hang, and to exhaust the memory.

Each must end with exit code 2 and one clear error. Python itself says whether anything was run: its audit hook
reports every exec, import, process and file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tinygrad_edu_cli.errors import CommandError, ExpressionError
from tinygrad_edu_cli.expressions import grammar, limits
from tinygrad_edu_cli.expressions.expression import evaluate
from tinygrad_edu_cli.expressions.settings import parse_settings

NUMBERS = {"x": 2.0, "y": -1.0}
BIG = {"x": [float(k) for k in range(100)], "W": [[1.0] * 100] * 100, "v": [0.5] * limits.MAX_RESULT}

ESCAPES = [
    "__import__('os').system('true')",
    "__builtins__",
    "__class__",
    "x.__class__.__mro__[1].__subclasses__()",
    "().__class__.__bases__[0].__subclasses__()",
    "tanh.__globals__['__builtins__']",
    "tanh.__wrapped__(x)",
    "(tanh)(x).backward()",
    "x.backward()",
    "x.data",
    "''.join([x])",
    "'{0.__class__}'.format(x)",
    "f'{__import__(\"os\").getcwd()}' + x",
    "f'{x!r:>{x}}'",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "getattr(x, 'data')",
    "globals()",
    "vars(x)",
    "print(x)",
    "input()",
    "breakpoint()",
    "exit()",
    "type(x)",
    "apply(x, x)",
    "getitem(x, 0)",
    "scatter_add(x, 0, (9,))",
    "to_device(x, 'cuda')",
    "functional",
    "REGISTRY['tanh'](x)",
    "lambda: x",
    "(lambda f: f(f))(lambda f: f(f))",
    "[v for v in [1, 2]]",
    "{v for v in [1]}",
    "{v: v for v in [1]}",
    "sum(v for v in [1])",
    "(v := x)",
    "x if x else y",
    "x or y",
    "not x",
    "tanh(*[x])",
    "tanh(**{'a': x})",
    "[*[x]]",
    "{**{}}",
    "await x",
    "(yield x)",
    "async def f(): pass",
    "import os",
    "from os import system",
    "x: int = 3",
    "x += 1",
    "del x",
    "global x",
    "assert x",
    "raise x",
    "return x",
    "pass",
    "with x: pass",
    "for v in x: pass",
    "while True: pass",
    "try: x\nexcept: y",
    "class C: pass",
    "def f(): pass",
    "@x\ndef f(): pass",
    "match x:\n case _: pass",
    "x[0] = 1",
    "x.y = 1",
    "tanh = x; tanh.real",
    "__x__ = x",
    "sum = x; sum.real",
    "x; __import__('os')",
    "x\n__import__('os')",
    "x #\n;__import__('os')",
    "x \\\n .real",
    "𝐞𝐯𝐚𝐥('1')",  # the parser folds these letters into plain ones
    "＿＿import＿＿('os')",
    "x.ｄａｔａ",
    "b'bytes' + x",
    "'text' * 10",
    "'%s' % x",
    "gelu(x, approximate=[])",
    "gelu(x, approximate='tanh'*9)",
    "clip(x, 'a')",
    "sum(x, axis='__class__')",
    "sum([[[]]])[0]",
    "astype(x, 'O')",
    "astype(x, 'S999999999')",
    "astype(x, 'V999999999')",
    "einsum('__class__', x)",
    "einsum('i->', x, optimize=True)",
    "sum(x, out=y)",
    "sum(x, dtype='O')",
    "x @",
    "x\x00",
    "\x00",
    "x\x0c+y",
    "x\r+y",
    "\ufeffx.real",
    "\u202ex",
    "x\udcff",
    "\x1b]0;title\x07",
    "`x`",
    "$(x)",
    "!x",
    "<!-- x -->",
    "x;" * 50 + ";",
]

BOMBS = [
    "(" * 10_000 + "x" + ")" * 10_000,
    "(" * 4_000 + "x" + ")" * 4_000,
    "(" * 150 + "x" + ")" * 150,
    "(" * 9_000,
    ")" * 9_000,
    "[" * 4_000 + "x" + "]" * 4_000,
    "{" * 4_000,
    "f(" * 90 + "x" + ")" * 90,
    "tanh(" * 90 + "x" + "+" + ")" * 90,
    "tanh(" * 1_000 + "x" + ")" * 1_000,
    "-" * 9_999 + "x",
    "-" * 1_000 + "x",
    "- " * 900 + "x",
    "~" * 9_999 + "x",
    "not " * 2_000 + "x",
    "x**" * 3_000 + "x",
    "x**" * 300 + "x",
    "x" + "+x" * 4_000,
    "x" + "*x" * 400,
    "x" + "[0]" * 3_000,
    "x" + ".a" * 4_000,
    "x" + "()" * 4_000,
    "x if x else " * 800 + "x",
    "lambda:" * 1_400 + "x",
    "await " * 1_600 + "x",
    "x<" * 3_000 + "x",
    "x," * 3_000,
    "x=" * 3_000 + "x",
    "x and " * 1_500 + "x",
    "[" + "1," * 4_000 + "]",
    "a=x;" * 2_000 + "a",
    "\n" * 9_000,
    "x\n" * 4_000,
    "9" * 9_000 + "*x",
    "9" * 4_000 + "*x",
    "1e999*x",
    "0x" + "f" * 4_000 + "*x",
    "9**9**9",
    "9**9**9**9**9",
    "(9**9**9)**(9**9**9)",
    "x" * 10_001,
    "tanh" * 100_000,
    "'" + "a" * 9_000 + "'*x",
    "f'{" * 150 + "x",
    '"""' + "x" * 5_000,
    "漢" * 9_999 + ".a",
    "😀" * 9_999,
    "e\u0301" * 4_000 + ".a",
]

LARGE = [
    "tile(x, 10**9)",
    "sum(tile(x, 1000000000))",
    "sum(tile(x, (100000, 100000)))",
    "sum(tile(x, (0, 1000000000000)))",
    "sum(repeat(x, 1000000000))",
    "sum(repeat(x, [1000000000, 1]))",
    "sum(pad(x, 1000000000))",
    "sum(pad(x, ((0, 1000000000),)))",
    "sum(pad(W, 100000))",
    "sum(broadcast_to(x, (1000000000, 100)))",
    "sum(broadcast_to(x[:0], (1000000000000, 0)), axis=1)[0]",
    "sum(sum(broadcast_to(x[:0], (100000, 100000, 0)), axis=2))",
    "sum(reshape(x[:0], (100000000000, 0)), axis=1)[0]",
    "sum(outer(v, v))",
    "sum(v[:, None] * v[None, :])",
    "sum(where(v[:, None] > v[None, :], 1, x[0]))",
    "sum(v[:, None] @ v[None, :])",
    "sum(matmul(v[:, None], v[None, :]))",
    "sum(dot(v[:, None], v[None, :]))",
    "sum(einsum('i,j->ij', v, v))",
    "einsum('ab,cd,ef,gh->', W, W, W, W)",
    "einsum('i,j,k->', v, v, v)",
    "einsum('...,i,j->', v, v, v)",
    "einsum('" + ",".join(["i"] * 60) + "->', " + ", ".join(["x"] * 60) + ")",
    "sum(tril(v))",
    "sum(triu(v))",
    "sum(v[[" + "0," * 900 + "]])",
    "sum(take(v, [" + "0," * 900 + "]))",
    "sum(stack([" + "v," * 900 + "]))",
    "sum(concatenate([" + "v," * 900 + "]))",
    "sum(split(v, 10000)[0])",
    "sum(concatenate(split(v, 5000)))",
    "sum(stack(v))",
    "sum(expand_dims(x, 1000000000000))",
    "sum(x[1000000000000])",
    "sum(x[99999999999999999999999999])",
    "sum(x, axis=99999999999999999999999999)",
    "sum(reshape(x, (99999999999999999999999999, 1)))",
    "sum(x" + "[:, None]" * 80 + ")",
    "+".join(f"sum(v+{k})" for k in range(130)),
    "e = v; " + "; ".join(f"e{k} = v*{k}" for k in range(300)) + "; sum(v)",
]


@pytest.mark.parametrize("text", [*ESCAPES, *BOMBS], ids=lambda text: ascii(text[:40]))
def test_one_error_and_nothing_runs(text):
    with watched() as happened, pytest.raises(CommandError) as raised:
        evaluate(text, NUMBERS)
    _check(raised.value)
    assert happened == []


@pytest.mark.parametrize("text", LARGE, ids=lambda text: text[:40])
def test_large_results_are_not_made(text):
    with watched() as happened, pytest.raises(CommandError) as raised:
        evaluate(text, BIG)
    _check(raised.value)
    assert happened == []


def test_the_largest_allowed_work():
    """What is just inside the limits runs: they bound, they do not hinder."""
    assert evaluate("sum(v)", BIG).root.item() == limits.MAX_RESULT / 2
    assert evaluate("sum(W @ W)", BIG).root.item() == 100.0**3
    assert evaluate("sum(outer(x, x))", BIG).root.item() == sum(range(100)) ** 2
    assert evaluate("x" + "+x" * (grammar.MAX_DEPTH - 3), {"x": 1.0}).root.data == grammar.MAX_DEPTH - 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"sum(x * [{'1,' * 2_000}])", "more than 2,000 parts"),
        ("sum(tile(x, 101))", "tile made 10,100 elements"),
        ("sum(stack([v, v]))", "stack made 20,000 elements"),
        ("sum(tril(v))", "tril would make about 1.0e+08 elements"),
        ("sum(sum(broadcast_to(x[:0], (1000, 100, 0)), axis=2))", "broadcast_to made 100,000 elements"),
        ("where(v[:, None] > v[None, :], 1, 0)", "greater would make about 1.0e+08 elements"),
        ("v[[0, 0]] * sum(v[[" + "0," * 200 + "]])", "indexing would make about 2.0e+06 elements"),
    ],
)
def test_what_is_just_outside_the_limits_is_refused(text, message):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, BIG if "1,1" not in text else {"x": 1.0})
    assert message in raised.value.message


def test_python_s_own_advice_is_not_printed():
    """Newer Pythons warn while they parse: of unknown escapes, and of numbers that touch a word."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for text in (r"gelu(x, approximate='\d')", "0x1for x in y", "x if 1else y"):
            with suppress(CommandError):
                evaluate(text, NUMBERS)
        with suppress(CommandError):
            parse_settings([r"x='\d'"])
    assert said == []


def test_every_attack_under_a_memory_limit(environment):
    """All in one process that may have 1 GiB more than it starts with, through the command itself."""
    child = """
import io, json, resource, sys
from contextlib import redirect_stderr, redirect_stdout
from tinygrad_edu_cli.main import main
main(["step", "sum(W @ x)", "--set", "W=[[1]]", "--set", "x=[1]", "--plain"])  # everything is imported
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30,) * 2)
found = []
for text, settings in json.loads(sys.stdin.buffer.read()):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["step", *(f"--set={s}" for s in settings), "--", text])
    found.append([code, out.getvalue(), err.getvalue()])
json.dump(found, sys.stderr)
"""
    scalars = [f"{name}={number}" for name, number in NUMBERS.items()]
    arrays = [f"{name}={json.dumps(data)}" for name, data in BIG.items()]
    attacks = [(text, scalars) for text in [*ESCAPES, *BOMBS]]
    attacks += [(text, [array for array in arrays if array[0] in text]) for text in LARGE]
    ran = subprocess.run(
        [sys.executable, "-c", child],
        input=json.dumps(attacks),
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    for (text, _), (code, out, err) in zip(attacks, json.loads(ran.stderr), strict=True):
        assert (code, out) == (2, ""), (text[:60], code, out[:200], err[:500])
        assert err.startswith("error: ") and err.count("error: ") == 1, err
        assert "Traceback" not in err and "itself failed" not in err


def _check(error: CommandError) -> None:
    assert error.exit_code == 2
    rows = error.explain("utf-8").splitlines()
    assert 1 <= len(rows) <= 5 and rows[0].startswith("error: ") and len(rows[0]) > 15
    assert all(len(row) <= 300 for row in rows)
    assert not any(character in "".join(rows) for character in "\x00\x1b\x07\r\u202e")


_EVENTS: list[tuple[str, Any]] = []
_WATCHING = [False]
_HARMLESS = {"compile", "builtins.id", "object.__getattr__", "sys._getframe"}  # ast.parse says "compile"
_LOOKED_FOR = ("<expression>", "rb")  # Python's parser looks for the line of a syntax error in a file of this name


def _hook(event: str, arguments: tuple[Any, ...], watching: list[bool] = _WATCHING) -> None:
    """It cannot be taken off again, and outlives the names of this file."""
    if watching[0] and event not in _HARMLESS and arguments[:2] != _LOOKED_FOR:
        _EVENTS.append((event, arguments[:2]))


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """What Python does meanwhile, as its audit hooks tell: exec, import, open, os.system, ..."""
    _EVENTS.clear()
    _WATCHING[0] = True
    try:
        yield _EVENTS
    finally:
        _WATCHING[0] = False


@pytest.fixture(scope="module", autouse=True)
def hook() -> None:
    """Install the hook, which can never be removed, after everything is imported that is imported lazily."""
    for text in (
        "sum(relu(W @ x))",
        "einsum('ij,j->', W, x)",
        "gelu(x)[0]",
        "sum(erf(x)) + std(x)",
        "2**3 + no_such_name",
    ):
        with suppress(CommandError):
            evaluate(text, {"W": [[1.0]], "x": [1.0]})
    sys.addaudithook(_hook)


def test_the_hook_sees_what_runs():
    with watched() as happened:
        exec("1 + 1")
    assert [event for event, _ in happened] == ["exec"]
