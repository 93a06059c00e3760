"""tinygrad-edu playground: the page is written, and what it cannot show is told."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_viz.pages import playground
from unpacked import content_of

LIKE = "train --data spirals --net 2-8-8-1 --optimizer adamw --lr 0.02 --batch-size 25 --no-standardize"


def start(path) -> dict:
    """The settings that a page begins with."""
    return content_of(path.read_text(encoding="utf-8"), "embedded")["start"]


def test_a_page_with_the_settings_of_a_command(cli, tmp_path):
    file = tmp_path / "play.html"
    ran = cli("playground", "-o", str(file), "--like", LIKE)
    assert (ran.code, ran.err) == (0, "") and ran.out == f"wrote {file}\n"
    expected = {"data": "spirals", "hidden": [8, 8], "optimizer": "AdamW", "lr": 0.02, "batch": 25}
    assert start(file) == {**expected, "weight_decay": 0.01}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--patience 3 --clip-norm 1", "--clip-norm, --patience"),
        ("--epochs 30 --schedule exponential", "--epochs"),
        ("--dropout 0.95 --momentum 0.5 --optimizer sgd", "--dropout"),
        ("--loss cross_entropy --net 2-4-2", "--loss, --net"),
        ("--n 400 --validation 0.3 --standardize --drop-last", "--drop-last, --n, --standardize, --validation"),
        ("--data pass_class --noise 0.3", "--noise"),
        ("--label-smoothing 0.1 --loss cross_entropy --data blobs", "--label-smoothing"),
    ],
)
def test_what_the_page_does_not_have_is_named(cli, tmp_path, words, named):
    ran = cli("playground", "-o", str(tmp_path / "p.html"), "--like", f"train {words}")
    assert ran.code == 0 and f"leaves them out: {named}\n" in ran.err
    assert "train --no-standardize" in ran.err


def test_what_the_page_has_keeps_its_value(cli, tmp_path):
    file = tmp_path / "play.html"
    words = "--n 500 --validation 0.2 --no-standardize --schedule step --epochs 30 --optimizer rmsprop --momentum 0.5"
    ran = cli("playground", "-o", str(file), "--like", f"train {words}")
    assert ran.err == ""
    expected = {"schedule": "step", "step_size": 10, "optimizer": "RMSprop", "momentum": 0.5, "lr": 0.003}
    assert start(file) == {"data": "moons", **expected}


def test_own_data(cli, tmp_path):
    data, file = tmp_path / "own.csv", tmp_path / "p.html"
    data.write_text("a,b,kind\n" + "".join(f"{k / 7},{k % 5},{'<script>' if k % 2 else 'no'}\n" for k in range(30)))
    assert cli("playground", "-o", str(file), "--data", str(data)).code == 0
    text = file.read_text(encoding="utf-8")
    assert text.count("<script>") == 0 and "own" in content_of(text, "embedded")["sets"]


def test_a_file_that_is_cut_is_told(cli, tmp_path):
    data, file = tmp_path / "own.csv", tmp_path / "p.html"
    data.write_text("a,b,kind\n" + "".join(f"{k / 7},{k % 5},{'x' if k % 2 else 'y'}\n" for k in range(5020)))
    ran = cli("playground", "-o", str(file), "--data", str(data))
    assert ran.code == 0 and f"5,000 rows: 20 of {data}" in ran.err


WRONG = {
    "picture": (["-o", "x.png"], 2, "x.html"),
    "no command": (["--like", "step"], 2, "train --data moons"),
    "open quote": (["--like", 'train "'], 2, "quot"),
    "wrong number": (["--like", "train --lr x"], 2, "--lr"),
    "other data": (["--like", "train --data iris"], 2, "moons"),
    "large net": (["--like", "train --net 2-99-1"], 2, "10 units"),
    "help": (["--like", "train --help"], 2, "settings"),
    "nothing to look ahead": (["--like", "train --optimizer sgd --nesterov"], 2, "--momentum 0.9"),
    "setting of another": (["--like", "train --schedule cosine --gamma 0.5"], 2, "--gamma"),
    "no file": (["--data", "none.csv"], 4, "none.csv"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(cli, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    arguments, code, words = WRONG[name]
    ran = cli("playground", *arguments)
    assert ran.code == code and words in ran.err and ran.out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tg.data.Dataset(np.zeros((9, 3)), np.arange(9) % 2, "three", "classification", tuple("abc"), ("n", "y")), "3"),
        (tg.data.Dataset(np.zeros((2, 2)), np.arange(2.0), "two", "regression", tuple("ab"), ("z",)), "at least 3"),
        (
            tg.data.Dataset(np.zeros((9, 2)), np.arange(9) % 5, "five", "classification", tuple("ab"), tuple("abcde")),
            "5",
        ),
        (
            tg.data.Dataset(np.zeros((9, 1)), np.arange(9) % 2, "one", "classification", ("a",), ("n", "y")),
            "1 inputs",
        ),
    ],
)
def test_data_that_does_not_fit_into_the_plane(data, words):
    with pytest.raises(tg.errors.ArgumentError, match=words):
        playground.page(data)
