"""How counts are written: grouped as the language does, in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu_cli import output
from tinygrad_edu_cli.main import main
from tinygrad_edu_cli.training.columns_said import column_text
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import grouped, speaking
from words import unmarked
from words.test_catalogue import entries, german, pairs

ROOT = Path(__file__).parents[2]
FOLDERS = ("visualizations", "cli", "tutorials/tinygrad_edu_tutorials")


@pytest.mark.parametrize(
    ("n", "english", "there"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1185, "1,185", "1\u00a0185"),
        (-1185, "-1,185", "-1\u00a0185"),
        (12_345, "12,345", "12\u00a0345"),
        (
            2_305_843_009_213_693_950,
            "2,305,843,009,213,693,950",
            "2\u00a0305\u00a0843\u00a0009\u00a0213\u00a0693\u00a0950",
        ),
        (np.int64(1_000_000), "1,000,000", "1\u00a0000\u00a0000"),
        (1e6, "1,000,000", "1\u00a0000\u00a0000"),
        (0.98, "0.98", "0.98"),
        (1234.5, "1,234.5", "1\u00a0234.5"),
    ],
)
def test_in_groups(n, english, there):
    assert grouped(n) == english
    with speaking("de"):
        assert grouped(n) == there


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_a_gap_is_one_cell_in_every_terminal(coding):
    with speaking("de"):
        text = grouped(1185)
        shown = output.shown(f"{text} Größen", coding)
    assert shown.replace("\u00a0", " ").startswith("1 185 Gr") and shown.encode(coding)
    assert cell_width(text) == len("1,185")
    assert (output.shown("432\u202f315", coding) == "432\u202f315") == (coding == "utf-8")
    assert output.shown("432\u202f315", coding).replace("\u202f", " ") == "432 315"  # as lessons write it


def test_counts_of_the_engine_are_written_anew():
    missing = "Age: 1,177 missing, filled with the median of the training, 28.5"
    words = "b: 1,200 of 12,345 rows have words that were not in the training (x): they count as none of y"
    assert column_text(missing) == missing
    with speaking("de"):
        assert column_text(missing).startswith("Age: 1\u00a0177 fehlen") and column_text(missing).endswith("28.5")
        assert column_text("left out: 1,100 different words in 1,200 rows, too many to learn from").count("\u00a0") == 2
        assert "1\u00a0200" in column_text(words) and "12\u00a0345" in column_text(words)
        assert "1\u00a0500" in column_text("1,500 rows without a target are left out")


def test_what_a_command_says(capsys, tmp_path):
    rows = "".join(f"{k},{k % 7},{'xz'[k % 2]}\n" for k in range(1500))
    (tmp_path / "d.csv").write_text(f"a,b,y\n{rows}")
    line = ["train", "--data", str(tmp_path / "d.csv"), "--net", "2-300-1", "--epochs", "1", "--plain"]
    assert main(["--lang", "de", *line]) == 0
    german = capsys.readouterr().out
    assert main(line) == 0
    english = capsys.readouterr().out
    counts = re.compile(r"(?<![\d.=,-])\d{1,3}(?:,\d{3})+\b")
    assert {"1,500", "1,201"} <= set(counts.findall(english)) and counts.findall(german) == []
    assert re.findall(r"\d{1,3}(?:\u00a0\d{3})+", german) == [
        found.replace(",", "\u00a0") for found in counts.findall(english)
    ]


def test_json_has_plain_numbers(capsys):
    line = [
        "train",
        "--data",
        "moons",
        "--n",
        "20",
        "--net",
        "2-1",
        "--epochs",
        "1000",
        "--batch-size",
        "full",
        "--json",
    ]
    assert main(["--lang", "de", *line]) == 0
    assert '"of": 1000' in (said := capsys.readouterr().out) and "\u00a0" not in said


# --- nobody else writes groups ----------------------------------------------------------------------------------------

_FORM = re.compile(r"\{[^{}]*:[^{}]*\d*,[\d.a-z]*\}")
ALONE = {
    "visualizations/tinygrad_edu_words/__init__.py",  # `grouped` itself
    "visualizations/tinygrad_edu_viz/trace.py",  # what `print(trace)` says to a programmer, in English
}


def commas(source: str) -> Iterator[int]:
    """The lines of a Python source that group digits by commas; without errors of the library, which are English."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr(values)):
                form = "".join(part.value if isinstance(part, ast.Constant) else "" for part in values)
                groups = "," in form
            case ast.Call(ast.Name("format"), [_, ast.Constant(str(form))]):
                groups = "," in form
            case ast.Call(ast.Attribute(ast.Constant(str(text)), "format")):
                groups = _FORM.search(text) is not None
            case _:
                continue
        above: ast.AST = node
        while not isinstance(above, ast.stmt):
            above = parents[above]
        if groups and (not isinstance(above, ast.Raise) or unmarked.is_shown(above)):
            yield node.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_python_groups_digits_in_one_place(folder):
    files = {str(file.relative_to(ROOT)): file for file in sorted((ROOT / folder).rglob("*.py"))}
    found = {name: lines for name, file in files.items() if (lines := [*commas(file.read_text(encoding="utf-8"))])}
    assert files and found.keys() == ALONE & files.keys(), found


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('say(f"{n:,}")', [1]),
        ('say(_("{n}").format(n=f"{n:>{w},.2f}"))', [1]),
        ('say("{n:>7,}".format(n=n))\nsay(format(n, ","))', [1, 2]),
        ('raise CommandError(f"{n:,} rows")', [1]),
        ('raise ArgumentError(f"{n:,} rows")', []),
        ('say(f"{n:.2f}, {d[1:2, 3]}"); say("a: {n}, {m}".format(n=1, m=2))', []),
    ],
)
def test_groups_are_found(source, lines):
    assert [*commas(source)] == lines


@pytest.mark.parametrize("folder", FOLDERS)
def test_scripts_group_no_digits(folder):
    """They would follow the language of the browser, and not of the page."""
    locales = re.compile(r"toLocale(?!(?:Upper|Lower)Case)|\bIntl\b|\\B\(\?=")
    files = [file for end in ("js", "html") for file in sorted((ROOT / folder).rglob(f"*.{end}"))]
    assert [file.name for file in files if locales.search(file.read_text(encoding="utf-8"))] == []


def test_translations_have_gaps_where_english_has_commas():
    group = r"(?<![\w.,=])\d{1,3}(?:%s\d{3})+(?![\d,.]\d)"
    texts = [both for message in entries(german()) for both in pairs(message)]
    assert sum(len(re.findall(group % ",", english)) for english, _ in texts) >= 2
    for english, there in texts:
        wanted = [found.replace(",", "\u00a0") for found in re.findall(group % ",", english)]
        assert re.findall(group % "\u00a0", there) == wanted, there
