"""tinygrad-edu train: what it prints, and that every option reaches the run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from cli.training import QUICK, events, untimed
from tinygrad_edu_cli.optimizers import KINDS
from tinygrad_edu_cli.training import options
from tinygrad_edu_cli.training.config import DEFAULTS
from tinygrad_edu_cli.training.plain_report import is_round


def column(objects, kind, name):
    return [each[name] for each in objects if each["kind"] == kind]


def test_without_arguments_the_question_of_the_lecture(cli):
    ran = cli("train")
    assert ran.code == 0
    assert "will I pass this class?" in ran.err and "tinygrad-edu train --data pass_class" in ran.err
    assert "Net:  2-1," in ran.out and "Done after 100 epochs" in ran.out and "Next: " in ran.out


def test_the_lines_tell_the_numbers_of_json(cli):
    told = events(cli("train", *QUICK, "--json"))
    plain = cli("train", *QUICK, "--plain").out
    rows = [line.split() for line in plain.splitlines() if line.split()[:1] in (["1"], ["2"], ["3"])]
    assert [float(row[1]) for row in rows] == pytest.approx(column(told, "epoch", "train_loss"), rel=1e-3)
    assert [float(row[2]) for row in rows] == pytest.approx(column(told, "validation", "validation_loss"), rel=1e-3)
    accuracies = [100 * share for share in column(told, "validation", "validation_accuracy")]
    assert [float(row[3].rstrip("%")) for row in rows] == pytest.approx(accuracies, abs=0.06)


def test_a_long_run_has_few_lines(cli):
    ran = cli("train", "--data", "xor", "--n", "40", "--net", "2-4-1", "--epochs", "500")
    lines = ran.out.splitlines()
    assert ran.code == 0 and len(lines) <= 30 and max(map(len, lines)) <= 100


def test_round_epochs():
    assert [epoch for epoch in range(1, 1001) if is_round(epoch)] == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]


def test_json_has_an_object_for_each_event(cli):
    told = events(cli("train", *QUICK, "--json"))
    assert {each["kind"] for each in told} <= {"epoch", "validation", "best", "notice", "layers", "answers", "end"}
    assert column(told, "epoch", "epoch") == column(told, "validation", "epoch") == [1, 2, 3]
    assert list(told[-1]) == ["kind", "epoch", "train_loss", "validation_loss", "validation_accuracy", "stopped"]
    assert (told[-1]["kind"], told[-1]["epoch"], told[-1]["stopped"]) == ("end", 3, "epochs")


def test_json_of_a_regression(cli):
    end = events(cli("train", "--data", "sine", "--n", "50", "--epochs", "2", "--json"))[-1]
    assert list(end) == ["kind", "epoch", "train_loss", "validation_loss", "validation_r2", "stopped"]


def test_json_with_batches(cli):
    told = events(cli("train", *QUICK, "--json", "--batches"))
    assert column(told, "batch", "batch") == [1, 2] * 3  # 48 examples in batches of 32
    assert np.isfinite(column(told, "batch", "loss")).all()


def test_the_seed_decides(cli):
    first, again, other = (untimed(events(cli("train", *QUICK, "--json", "--seed", seed))) for seed in "112")
    assert first == again != other


@pytest.mark.filterwarnings("error")  # NumPy's, of an overflow: the learner is told in our words
def test_a_run_that_diverges(cli):
    arguments = ("train", *QUICK, "--optimizer", "sgd", "--lr", "1e30")
    told = events(cli(*arguments, "--json"), code=1)
    assert told[-1]["stopped"] == "diverged" and told[-1]["train_loss"] in ("nan", "inf")
    ran = cli(*arguments)
    assert ran.code == 1 and "blew up" in ran.out and "compare lr=" in ran.out


@pytest.mark.parametrize("seed", ["0", "1", "2"])
@pytest.mark.parametrize(("data", "least"), [("moons", 0.98), ("spirals", 0.97), ("xor", 1.0), ("digits", 0.97)])
def test_what_the_defaults_reach(cli, data, least, seed):
    end = events(cli("train", "--data", data, "--seed", seed, "--json"))[-1]
    assert end["validation_accuracy"] >= least


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_diabetes_is_learned_as_well_as_by_ridge_regression(cli, seed):
    from sklearn.linear_model import Ridge

    train, held_out = tg.data.load("diabetes").split(0.2, seed)
    standardizer = tg.data.Standardizer.fit(train)
    train, held_out = standardizer.apply(train), standardizer.apply(held_out)
    ridge = Ridge().fit(train.x, train.y).score(held_out.x, held_out.y)
    end = events(cli("train", "--data", "diabetes", "--seed", str(seed), "--json"))[-1]
    assert end["validation_r2"] >= ridge - 0.03


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_a_linear_model_on_moons_says_why_it_fails(cli, seed):
    arguments = ("train", "--data", "moons", "--net", "2-1", "--seed", seed)
    told = events(cli(*arguments, "--json"))
    assert told[-1]["validation_accuracy"] < 0.92
    assert "no non-linearity" in "".join(column(told, "notice", "text"))
    if seed == "0":
        out = cli(*arguments).out
        assert "straight line" in out and "Next: a hidden layer can bend the line: --net 2-16-1" in out


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ("--optimizer sgd --lr 1e30", "not_finite", "--clip-norm 1.0"),
        ("--n 60 --noise 0.4 --net 2-200-200-1 --epochs 60", "overfitting", "--dropout 0.2, --l2 0.001"),
        ("--n 60 --noise 0.4 --net 2-200-200-1 --epochs 60", "overfitting", "(--patience 10)"),
        ("--lr 1e-7 --epochs 20", "flat", "try 1e-06"),
        ("--net 2-32-32-32-1 --lr 3 --epochs 5", "rising", "try 0.1"),
        ("--net 2-32-32-32-1 --lr 3 --epochs 5", "dead_units", "in layer 1 (dense(32, 32, activation='relu'))"),
        ("--net 2-32-32-1 --activation tanh --lr 10 --epochs 5", "saturated", "learning rate of 0.1 instead of 10"),
        ("--data breast_cancer --no-standardize --activation sigmoid --epochs 2", "saturated", "standardize the data"),
        ("--net 2-32-32-32-32-32-32-1 --activation sigmoid --epochs 2", "vanishing_gradient", "in layer 0"),
        ("--data breast_cancer --no-standardize --epochs 2", "exploding_gradient", "--clip-norm 1.0"),
    ],
)
def test_notices_on_the_command_line(cli, arguments, name, said):
    """Each is provoked, and says what to type in the way of the command line."""
    data = [] if "--data" in arguments else ["--data", "moons"]
    ran = cli("train", *data, *arguments.split(), "--json")
    notices = [each for each in map(json.loads, ran.out.splitlines()) if each["kind"] == "notice"]
    text = next(each["text"] for each in notices if each["name"] == name)
    assert said in text.lower() and not re.search(r"\w=\d", text)
    assert " ".join(text.split()) in " ".join(cli("train", *data, *arguments.split()).out.split())


@pytest.mark.parametrize(
    "more",
    [
        *["", "--optimizer sgd --momentum 0.9 --nesterov", "--betas 0.8 0.9 --no-standardize --seed 3"],
        *["--dropout 0.2 --activation tanh --batch-size full --patience 2 --schedule cosine --lr 0.02 --noise 0.3"],
    ],
)
def test_the_command_to_try_next_differs_in_the_rate_alone(cli, tmp_path: Path, more):
    path = tmp_path / "my marks.csv"
    path.write_text("hours,passed,lectures\n" + "1,no,2\n5,yes,3\n4,yes,1\n3,no,4\n" * 20)
    data = ["--data", "moons", "--n", "60"] if "noise" in more else ["--data", str(path), "--target", "passed"]
    out = cli("train", *data, "--epochs", "20", *more.split()).out
    command = shlex.split(next(line for line in out.splitlines() if line.startswith("  tinygrad-edu compare lr=")))
    runs = [each for each in events(cli(*command[1:], "--json")) if each["kind"] == "run"]
    rate = more.partition("--lr ")[2].split()[:1] or ["0.1" if "sgd" in more else "0.01"]
    same = next(each for each in runs if each["label"] == f"lr={rate[0]}")  # that of the run is among them
    end = events(cli("train", *data, "--epochs", "20", *more.split(), "--json"))[-1]
    assert (same["final_train_loss"], same["validation_accuracy"]) == (end["train_loss"], end["validation_accuracy"])


def test_defaults_are_those_of_the_options(cli):
    found = json.loads(cli("compare", "lr=0.1,1", *QUICK, "--json").out.splitlines()[0])["config"]
    assert {name: found[name] for name in DEFAULTS} == DEFAULTS


def test_names_are_those_of_the_library():
    assert set(options.DATA) == set(tg.data.NAMES)
    assert set(options.OPTIMIZERS) == set(KINDS)
    for name in options.ACTIVATIONS:
        tg.nn.mlp([1, 1, 1], name)
    assert set(options.LOSSES) == set(tg.losses.LOSSES) - {"kl_divergence"}  # which compares distributions


@pytest.mark.parametrize(
    "more",
    [
        *[f"--optimizer {name}" for name in options.OPTIMIZERS],
        *[f"--schedule {name}" for name in options.SCHEDULES],
        *[f"--activation {name}" for name in options.ACTIVATIONS],
        *[f"--loss {name}" for name in ("binary_cross_entropy", "hinge", "mse", "mae", "huber")],
        *["--net 2-4-2 --loss cross_entropy", "--net 2-4-2 --loss binary_cross_entropy", "--net 2-4-2 --loss mse"],
        *["--batch-size 1", "--batch-size full", "--batch-size 10 --drop-last", "--batch-size 10 --accumulate 3"],
        *["--dropout 0.5", "--l1 0.01", "--l2 0.01", "--weight-decay 0.1", "--clip-norm 0.1", "--clip-value 0.01"],
        *["--optimizer sgd --momentum 0.9 --nesterov", "--betas 0.8 0.9", "--eps 0.1", "--noise 0", "--validation 0.5"],
        *["--optimizer rmsprop --momentum 0.5 --alpha 0.9", "--optimizer adadelta --rho 0.5", "--no-standardize"],
        *["--schedule onecycle --warmup 1 --optimizer sgd", "--schedule onecycle --optimizer sgd --momentum 0.9"],
    ],
)
def test_every_option_reaches_the_run(cli, more):
    """Each makes other numbers than the defaults do, and finite ones."""
    plain = untimed(events(cli("train", *QUICK, "--json")))
    told = untimed(events(cli("train", *QUICK, "--json", *more.split())))
    assert np.isfinite(column(told, "epoch", "train_loss")).all()
    defaults = ("--optimizer adam", "--activation relu", "--loss binary_cross_entropy", "--schedule plateau")
    same = column(told, "validation", "validation_loss") == column(plain, "validation", "validation_loss")
    assert same == (more in defaults)  # three epochs are no plateau


def test_label_smoothing_is_learned_from_and_not_told(cli):
    run = (*QUICK, "--net", "2-4-2", "--label-smoothing", "0.3")
    assert "label smoothing 0.3" in cli("train", *run).out
    still = [events(cli("train", *(run if k else run[:-2]), "--lr", "1e-30", "--json"))[-1] for k in (0, 1)]
    assert still[0]["train_loss"] == still[1]["train_loss"]
    learned = [events(cli("train", *(run if k else run[:-2]), "--json"))[-1] for k in (0, 1)]
    assert learned[0]["validation_loss"] != learned[1]["validation_loss"]


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("step --step-size 2 --gamma 0.5", [0.4, 0.4, 0.2, 0.2]),
        ("exponential --gamma 0.5", [0.4, 0.2, 0.1, 0.05]),
        ("cosine", [0.4, 0.4 * (2 + 2**0.5) / 4, 0.2, 0.4 * (2 - 2**0.5) / 4]),
        ("cosine --eta-min 0.2", [0.4, 0.2 + 0.2 * (2 + 2**0.5) / 4, 0.3, 0.2 + 0.2 * (2 - 2**0.5) / 4]),
    ],
)
def test_schedules_by_the_epoch(cli, schedule, rates):
    told = events(cli("train", *QUICK, "--epochs", "4", "--lr", "0.4", "--json", "--schedule", *schedule.split()))
    assert column(told, "epoch", "lr") == pytest.approx(rates)


def test_schedules_by_the_batch(cli):
    more = ("--json", "--batches", "--lr", "0.3", "--schedule")
    rates = column(events(cli("train", *QUICK, *more, "warmup", "--warmup", "2")), "batch", "lr")
    assert rates == pytest.approx([0.1, 0.15, 0.2, 0.25, 0.3, 0.3])  # from a third, in 2 epochs of 2 batches
    rates = column(events(cli("train", *QUICK, *more, "onecycle", "--epochs", "10")), "batch", "lr")
    assert max(rates) == pytest.approx(0.3) and rates[0] < 0.05 and rates[-1] < 1e-3


def test_defaults_of_schedules_fit_a_short_run(cli):
    more = ("--json", "--batches", "--lr", "0.3", "--schedule", "warmup", "--epochs")
    rates = column(events(cli("train", *QUICK, *more, "2")), "batch", "lr")
    assert rates == pytest.approx([0.1, 0.15, 0.2, 0.25])  # from a third, in 2 epochs of 2 batches
    for schedule in options.SCHEDULES:
        assert cli("train", *QUICK, "--epochs", "1", "--schedule", schedule).code == 0


def test_plateau_lowers_the_rate(cli):
    more = ("--schedule", "plateau", "--plateau-patience", "0", "--factor", "0.5", "--lr", "3", "--epochs", "12")
    rates = column(events(cli("train", *QUICK, *more, "--json")), "epoch", "lr")
    assert rates[0] == 3 and rates[-1] < 3 and set(rates) <= {3 / 2**k for k in range(12)}


def test_early_stopping(cli):
    told = events(cli("train", *QUICK, "--epochs", "50", "--lr", "1", "--patience", "2", "--json"))
    losses = column(told, "validation", "validation_loss")
    assert told[-1]["stopped"] == "early" and told[-1]["epoch"] == len(losses) < 50
    assert told[-1]["validation_loss"] == min(losses) == losses[-3]  # the best weights are kept
    ran = cli("train", *QUICK, "--epochs", "50", "--lr", "1", "--patience", "2")
    assert "Stopped early" in ran.out and "its weights were kept" in ran.out


def test_mistakes_are_named(cli):
    ran = cli("train", "--data", "iris", "--net", "4-3", "--epochs", "1")
    assert ran.code == 0 and " taken for " in ran.out and "3 classes (setosa, versicolor, virginica)" in ran.out


def test_help_has_a_heading_for_every_option(cli):
    out = cli("train", "--help").out
    assert [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        *["Data:", "Network:", "Learning:", "Against overfitting:", "Details of learning:"],
        *["Learning rate over time:", "Pictures:", "Other options:"],
    ]
    assert out.isascii() and "--plateau-patience" in out and "--save" in out.partition("Other options:")[2]


def test_a_pipe_gets_no_escapes_and_ascii_where_it_must(command):
    for environment in ({"NO_COLOR": "1"}, {"PYTHONIOENCODING": "ascii"}):
        ran = command("train", "--data", "sine", "--n", "40", "--epochs", "2", **environment)
        assert ran.returncode == 0 and "\x1b" not in ran.stdout + ran.stderr and "Done after" in ran.stdout
        assert ran.stdout.isascii() or "PYTHONIOENCODING" not in environment


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_head_has_seen_enough(environment, more):
    call = [sys.executable, "-m", "tinygrad_edu_cli", "train", *QUICK, *more]
    with subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(timeout=60) == 0


@pytest.mark.parametrize("name", ["train", "compare", "predict", "evaluate"])
def test_every_example_of_the_help_works(cli, name, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("grades.csv").write_text("lectures,hours,passed\n" + "1,2,no\n5,6,yes\n4,9,yes\n" * 20)
    Path("new.csv").write_text("hours,lectures\n5,1\n")
    Path("later.csv").write_text("hours,lectures,passed\n5,1,no\n")
    for run in ("run1", "run2"):
        cli("train", *QUICK[:-1], "1", "--record", run)
    lines = cli(name, "--help").out.splitlines()
    examples = [line.split()[1:] for line in lines if line.startswith("    tinygrad-edu")]
    assert len(examples) >= (5 if name in ("train", "compare") else 2)
    for example in examples:
        arguments = [{"run1": "new"}.get(word, word) if "--record" in example else word for word in example]
        is_short = "run2" in example or example[0] not in ("train", "compare")
        short = [] if is_short else ["--epochs", "1"]
        ran = cli(*arguments, *short)
        assert ran.code == 0, (example, ran.err)


@pytest.mark.parametrize("name", ["train", "compare"])
def test_help_does_not_wait_for_numpy(environment, name):
    check = "import sys; from tinygrad_edu_cli.main import main; main(sys.argv[1:]); print('numpy' in sys.modules)"
    call = [sys.executable, "-c", check, name, "--help"]
    ran = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0 and ran.stdout.endswith("False\n"), "NumPy was imported"


def test_thousands_of_mistakes_are_written_as_other_numbers(cli):
    typed = "train --data moons --n 9000 --noise 2 --validation 0.8 --net 2-1 --epochs 1 --plain"
    assert re.search(r"taken for \w+ \(1,\d{3} times\)", cli(*typed.split()).out)
