"""tinygrad-edu predict and evaluate: from a messy file to a prediction."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from data import messy


@pytest.fixture
def ships(cli, tmp_path: Path, monkeypatch) -> Path:
    """A network that was trained on passengers.csv, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("passengers.csv").write_text(messy.passengers())
    ran = cli("train", "--data", "passengers.csv", "--target", "Survived", "--epochs", "3", "--save", "m.safetensors")
    assert ran.code == 0, ran.err
    return tmp_path


def rows(text: str, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def test_an_account_before_the_training(cli, ships: Path):
    for more, stream in (((), "out"), (("--json",), "err")):
        ran = cli("train", "--data", "passengers.csv", "--target", "Survived", "--epochs", "1", *more)
        said = getattr(ran, stream).split("Data: ")[0]
        assert re.search(r"^  Sex +words, 2 inputs: female, male$", said, re.M)
        assert re.search(r"^  Name +left out: a word of its own for each row$", said, re.M)
        assert re.search(r"^  Age +a number; \d+ missing, filled with the median, \d+", said, re.M)
    ran = cli("compare", "lr=0.1,0.2", "--data", "passengers.csv", "--target", "Survived", "--epochs", "1")
    assert "left out: a word of its own" in ran.err


def test_predictions_stand_behind_the_columns(cli, ships: Path):
    ran = cli("predict", "m.safetensors", "passengers.csv")
    assert ran.code == 0 and "filled with the median of the training" in ran.err
    found, before = rows(ran.out), rows(messy.passengers())
    assert [{name: row[name] for name in before[0]} for row in found] == before
    model = tg.load("m.safetensors")
    assert [int(row["predicted_Survived"]) for row in found] == model.predict(before).tolist()
    shares = model.predict_proba(before).max(axis=1)
    np.testing.assert_allclose([float(row["probability"]) for row in found], shares, atol=1e-4)
    again = cli("predict", "m.safetensors", "passengers.csv", "-o", "out.csv")
    assert again.out == "" and "wrote out.csv" in again.err
    assert Path("out.csv").read_text(encoding="utf-8") == ran.out
    assert cli("predict", "m.safetensors", "out.csv").out == ran.out, "predictions of before are replaced"


@pytest.mark.parametrize("target", ["Miete", "Lage"])
def test_a_german_table_stays_one(cli, tmp_path: Path, monkeypatch, target: str):
    """Semicolons and decimal commas, as the program that wrote it reads them."""
    monkeypatch.chdir(tmp_path)
    Path("flats.csv").write_bytes(messy.flats())
    assert cli("train", "--data", "flats.csv", "--target", target, "--epochs", "2", "--save", "m.safetensors").code == 0
    found = rows(cli("predict", "m.safetensors", "flats.csv").out, ";")
    before = rows(messy.flats().decode("cp1252"), ";")
    assert [{name: row[name] for name in before[0]} for row in found] == before
    model = tg.load("m.safetensors")
    if target == "Lage":
        assert [row["predicted_Lage"] for row in found] == list(model.predict(tg.data.read_csv("flats.csv", "Lage")))
        expected, name = model.predict_proba(tg.data.read_csv("flats.csv", "Lage")).max(axis=1), "probability"
    else:
        expected, name = model.predict(tg.data.read_csv("flats.csv", "Miete")), "predicted_Miete"
    assert not any("." in row[name] for row in found)
    np.testing.assert_allclose([float(row[name].replace(",", ".")) for row in found], expected, rtol=1e-3)


def test_new_words_other_columns_and_another_order(cli, ships: Path):
    """Without the target, without the names; the same rows get the same answers."""
    before = rows(messy.passengers())
    names = ["Fare", "Embarked", "Crew", "Sex", "SibSp", "Age", "Pclass"]
    lines = [",".join(row.get(name, "7") for name in names) for row in before]
    Path("new.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
    ran = cli("predict", "m.safetensors", "new.csv")
    assert ran.code == 0
    assert "another order" in ran.err and "not used, as the training had no such columns: Crew" in ran.err
    old = [row["predicted_Survived"] for row in rows(cli("predict", "m.safetensors", "passengers.csv").out)]
    assert [row["predicted_Survived"] for row in rows(ran.out)] == old
    Path("new.csv").write_text("Sex,Age,SibSp,Fare,Embarked,Pclass\nx,?,0,1,Belfast,1\nmale,3,0,1,,1\n")
    ran = cli("predict", "m.safetensors", "new.csv")
    assert ran.code == 0 and len(rows(ran.out)) == 2
    assert "Embarked: 1 of 2 rows have words that were not in the training (Belfast)" in ran.err
    assert "Sex: 1 of 2 rows" in ran.err and "Embarked: 1 missing, filled with the commonest" in ran.err


@pytest.mark.parametrize("seed", [0, 1])
def test_measures_are_those_of_scikit_learn(cli, ships: Path, seed: int):
    from sklearn import metrics

    Path("new.csv").write_text(messy.passengers(80, seed + 10))
    ran = cli("evaluate", "m.safetensors", "new.csv", "--json")
    assert ran.code == 0, ran.err
    found, model, new = json.loads(ran.out), tg.load("m.safetensors"), rows(messy.passengers(80, seed + 10))
    true, answers = [int(row["Survived"]) for row in new], model.predict(new)
    assert found["accuracy"] == metrics.accuracy_score(true, answers) and found["rows"] == 80
    assert found["confusion_matrix"] == metrics.confusion_matrix(true, answers).tolist()
    shares, right = model.predict_proba(new).max(axis=1), answers == true
    bins = np.digitize(shares, np.arange(1, 10) / 10)
    error = sum(abs(sum(right[bins == k]) - sum(shares[bins == k])) for k in range(10)) / 80
    assert found["calibration_error"] == pytest.approx(error)
    shown = cli("evaluate", "m.safetensors", "new.csv").out
    matrix = found["confusion_matrix"]
    for k in (0, 1):
        assert re.search(rf"^{k} +{matrix[k][0]} +{matrix[k][1]} ", shown, re.M)
    assert "accuracy" in shown and "calibration" in shown and "90 to 100%" in shown + "90 to 100%"


def test_a_regression_with_german_numbers(cli, tmp_path: Path, monkeypatch):
    from sklearn import metrics

    monkeypatch.chdir(tmp_path)
    Path("flats.csv").write_bytes(messy.flats())
    ran = cli("train", "--data", "flats.csv", "--target", "Miete", "--epochs", "5", "--save", "m.safetensors")
    assert ran.code == 0 and "in Windows-1252" in ran.out and "decimal commas" in ran.out
    found = rows(cli("predict", "m.safetensors", "flats.csv").out, ";")
    true = [float(row["Miete"].replace(".", "").replace(",", ".")) for row in found]
    answers = [float(row["predicted_Miete"].replace(",", ".")) for row in found]
    measured = json.loads(cli("evaluate", "m.safetensors", "flats.csv", "--json").out)
    assert measured["r2"] == pytest.approx(metrics.r2_score(true, answers), rel=1e-5)
    assert measured["rmse"] == pytest.approx(metrics.root_mean_squared_error(true, answers), rel=1e-5)
    assert sum(group["rows"] for group in measured["calibration"]) == 24
    text = cli("evaluate", "m.safetensors", "flats.csv").out
    assert "R²" in text and "calibration" in text


def test_a_rare_word_is_in_the_training_part_or_not(cli, tmp_path: Path, monkeypatch):
    """Which depends on the seed: a net that is made for the one fits the other; any other net does not."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{k},{'rare' if k == 3 else 'pq'[k % 3 // 2]},{k % 2}" for k in range(40)]
    Path("a.csv").write_text("\n".join(["a,w,y", *lines]) + "\n")
    nets = set()
    for seed in range(6):
        for inputs in (3, 4):
            ran = cli("train", "--data", "a.csv", "--net", f"{inputs}-2-1", "--epochs", "1", "--seed", str(seed))
            assert ran.code == 0, ran.err
            nets.add(re.search(r"Net:  (\S+),", ran.out)[1])
    assert nets == {"3-2-1", "4-2-1"}
    assert cli("compare", "lr=0.1,0.2", "--data", "a.csv", "--net", "3-2-1", "--epochs", "1", "--seeds", "3").code == 0
    for inputs in (1, 2, 5):
        assert cli("train", "--data", "a.csv", "--net", f"{inputs}-2-1", "--epochs", "1").code == 2


def test_without_a_header_or_a_target(cli, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("1,red,2,x\n2,blue,3,y\n3,red,5,x\n4,blue,1,y\n" * 5)
    assert cli("train", "--data", "a.csv", "--epochs", "1", "--save", "m.safetensors").code == 0
    Path("b.csv").write_text("1,red,2\n2,blue,9\n")
    ran = cli("predict", "m.safetensors", "b.csv")
    assert ran.code == 0 and ran.out.startswith("x1,x2,x3,predicted_y,probability\n1,red,2,")
    ran = cli("evaluate", "m.safetensors", "b.csv")
    assert ran.code == 4 and "no column 'y' with the answers" in ran.err and "tinygrad-edu predict" in ran.err


def test_a_network_of_a_data_set(cli, tmp_path: Path, monkeypatch):
    """Its columns have made-up names; the last column of the file is the answer."""
    monkeypatch.chdir(tmp_path)
    assert cli("train", "--data", "moons", "--n", "50", "--epochs", "1", "--save", "m.safetensors").code == 0
    Path("a.csv").write_text("0.5,0.2,1\n-1,0.5,0\n1,1,0\n")
    ran = cli("evaluate", "m.safetensors", "a.csv")
    assert ran.code == 0 and " of 3; always answering" in ran.out


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("Sex,Age\nmale,3\n", "no column 'Pclass', 'SibSp', 'Fare', 'Embarked', which the network was trained on"),
        ("Sex,Age,SibSp,Fare,Embarked,Pclass\nmale,old,0,1,,1\nmale,1,0,many,,1\n", "2 problems"),
        ("1,2\n3,4\n", "2 columns, but the network was trained on 6"),
        ("", "is empty"),
        (None, "No such file"),
    ],
)
def test_files_that_do_not_fit(cli, ships: Path, new: str | None, said: str):
    if new is not None:
        Path("new.csv").write_text(new)
    for command in ("predict", "evaluate"):
        ran = cli(command, "m.safetensors", "new.csv", *(("-o", "out.csv") if command == "predict" else ()))
        assert (ran.code, ran.out) == (4, "") and ran.err.startswith("error: ") and "itself failed" not in ran.err
        assert command == "evaluate" or said in ran.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(("content", "message"), messy.DAMAGED)
def test_damaged_tables(cli, tmp_path: Path, content: str, message: str):
    """Each as one message, before anything is trained."""
    (tmp_path / "damaged.csv").write_text(content)
    ran = cli("train", "--data", str(tmp_path / "damaged.csv"))
    assert (ran.code, ran.out) == (4, "") and ran.err.count("error: ") == 1 and re.search(message, ran.err), ran.err


def test_other_errors(cli, ships: Path):
    assert cli("predict", "passengers.csv", "passengers.csv").code == 4
    assert cli("predict", "nothing.safetensors", "passengers.csv").code == 4
    assert cli("predict", "m.safetensors", "passengers.csv", "-o", "nowhere/out.csv").code == 4
    assert cli("predict", "m.safetensors").code == 2
    ran = cli("evaluate", "m.safetensors", "new.csv")
    assert "cannot read new.csv: No such file" in ran.err


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("m.safetensors", "a file that ends in .csv"),
        ("out.txt", "a file that ends in .csv"),
        ("./new.csv", "that is the file which is read"),
    ],
)
def test_predictions_are_written_over_nothing_that_is_read(cli, ships: Path, out: str, said: str):
    Path("new.csv").write_text(messy.passengers(20, 7))
    before = {path: path.read_bytes() for path in ships.iterdir()}
    ran = cli("predict", "m.safetensors", "new.csv", "-o", out)
    assert (ran.code, ran.out) == (2, "") and said in ran.err
    assert {path: path.read_bytes() for path in ships.iterdir()} == before


def test_the_network_comes_first(cli, ships: Path):
    for command in ("predict", "evaluate"):
        ran = cli(command, "passengers.csv", "m.safetensors")
        assert ran.code == 2 and "the network comes first" in ran.err
        assert f"tinygrad-edu {command} m.safetensors passengers.csv" in ran.err


def test_rows_of_the_training_are_no_test(cli, ships: Path):
    assert "trained on rows of this file" in cli("evaluate", "m.safetensors", "./passengers.csv").err
    Path("new.csv").write_text(messy.passengers(20, 7))
    assert "trained on" not in cli("evaluate", "m.safetensors", "new.csv").err


def test_classes_that_are_new_count_as_wrong(cli, ships: Path):
    lines = messy.passengers(20).splitlines()
    lines[1:4] = [re.sub(r"^(\d+),\d", r"\1,lost", line) for line in lines[1:4]]
    Path("new.csv").write_text("\n".join(lines) + "\n")
    ran = cli("evaluate", "m.safetensors", "new.csv", "--json")
    assert "3 rows are of classes that were not in the training (lost): they count as wrong" in ran.err
    assert json.loads(ran.out)["classes"] == ["0", "1", "lost"]
    lines[1:3] = messy.passengers(20).splitlines()[1:3]
    Path("new.csv").write_text("\n".join(lines) + "\n")
    ran = cli("evaluate", "m.safetensors", "new.csv")
    assert "1 row is of a class that was not in the training (lost): it counts as wrong" in ran.err


def test_training_goes_on_with_the_same_columns(cli, ships: Path):
    """--load takes over medians and words, and refuses data of other columns."""
    lines = rows(messy.passengers(60, 5))
    names = ["Fare", "Embarked", "Survived", "Sex", "SibSp", "Age", "Pclass"]
    text = "\n".join([",".join(names), *(",".join(row[name] for name in names) for row in lines)])
    Path("more.csv").write_text(text)
    more = ("--target", "Survived", "--epochs", "1", "--lr", "1e-9", "--load", "m.safetensors")
    ran = cli("train", "--data", "more.csv", *more, "--save", "n.safetensors")
    assert ran.code == 0, ran.err
    before, after = tg.load("m.safetensors"), tg.load("n.safetensors")
    assert before.encoder.features == after.encoder.features
    np.testing.assert_allclose(after.predict_proba(lines), before.predict_proba(lines), atol=1e-5)
    Path("more.csv").write_text(text.replace("Sex,", "Gender,"))
    ran = cli("train", "--data", "more.csv", *more)
    assert (ran.code, ran.out) == (4, "") and "no column 'Sex', which the network was trained on (it has: " in ran.err
    Path("more.csv").write_text("Sex,Fare,Embarked,SibSp,Age,Pclass,y\n" + "male,1,,2,3,1,a\nmale,2,,2,4,1,b\n" * 9)
    ran = cli("train", "--data", "more.csv", *more[2:])
    assert ran.code == 0, ran.err  # columns that are the same in every row were not so in the training


def test_names_of_a_file_without_an_encoder(cli, tmp_path: Path, monkeypatch):
    """Files of before say the names of the inputs."""
    monkeypatch.chdir(tmp_path)
    meta = {"net": [2, 4, 1], "activation": "relu", "feature_names": ["hours", "lectures"]}
    tg.train.save_model("m.safetensors", tg.nn.mlp([2, 4, 1]), meta)
    for header, code in (("hours,lectures", 0), ("lectures,hours", 2), ("a,b", 2)):
        Path("marks.csv").write_text(f"{header},passed\n" + "1,2,no\n5,6,yes\n4,9,yes\n" * 9)
        ran = cli("train", "--data", "marks.csv", "--epochs", "1", "--load", "m.safetensors")
        assert ran.code == code, ran.err
        assert code == 0 or "m.safetensors was trained on hours, lectures, and marks has " in ran.err
