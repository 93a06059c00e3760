"""tinygrad-edu compare: runs side by side, and a verdict."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import namedtuple
from itertools import pairwise
from pathlib import Path

import numpy as np
import pexpect
import pytest

from cli.training import QUICK, events
from tinygrad_edu.train.events import BatchEvent, EpochEvent
from tinygrad_edu_cli.training.comparison import SEEDS
from tinygrad_edu_cli.training.curve import Scale, curve
from tinygrad_edu_cli.training.equal_updates import PATIENCE, seconds
from tinygrad_edu_cli.training.loss_noise import LossNoise
from tinygrad_edu_cli.training.ranking import STUDENT
from tinygrad_edu_cli.training.table import duration


def compared(ran) -> dict[str, dict]:
    """The runs by their labels, and the verdict."""
    return {each.get("label", "verdict"): each for each in events(ran)}


def test_learning_rates(cli):
    ran = cli("compare", "lr=0.001,0.1,10", "--data", "moons", "--net", "2-16-1", "--seeds", "1")
    assert (ran.code, ran.err) == (0, "")
    words = {row.split()[0]: row for row in ran.out.splitlines() if re.match("lr=.*[▁▂▃▄▅▆▇█]", row)}
    assert words["lr=0.001"].endswith("still learning") and words["lr=0.1"].endswith("learned")
    assert words["lr=10"].endswith("blew up")
    assert "Take lr=0.1" in ran.out and "lr=10 blew up: its loss reached" in ran.out
    assert all(re.search("[▁▂▃▄▅▆▇█↑]{20}", row) for row in words.values())
    assert max(map(len, ran.out.splitlines())) <= 120


def test_a_run_is_the_one_that_train_would_make(cli):
    found = compared(cli("compare", "lr=0.05,0.5", *QUICK, "--json"))
    for label in ("lr=0.05", "lr=0.5"):
        end = events(cli("train", *QUICK, "--lr", label[3:], "--json"))[-1]
        assert found[label]["final_train_loss"] == end["train_loss"]
        assert found[label]["final_validation_loss"] == end["validation_loss"]
        assert found[label]["validation_accuracy"] == end["validation_accuracy"]
    assert found["verdict"]["best"] in found and found["verdict"]["text"]


def test_batch_sizes_have_their_noise(cli):
    found = compared(cli("compare", "batch-size=1,32,full", "--n", "200", "--seeds", "1", "--updates", "320", "--json"))
    noise = [found[f"batch-size={size}"]["loss_noise"] for size in ("1", "32", "full")]
    assert noise[0] > 2 * noise[1] > 4 * noise[2] > 0
    assert all(found[f"batch-size={size}"]["seconds_per_epoch"] > 0 for size in ("1", "32", "full"))


def test_seeds_and_updates(cli):
    """Each seed is the run that `train` would make of it; who has larger batches makes more epochs."""
    found = compared(cli("compare", "batch-size=1,16,full", *QUICK[:-2], "--updates", "90", "--seeds", "2", "--json"))
    assert [found[f"batch-size={size}"]["config"]["epochs"] for size in ("1", "16", "full")] == [
        2,
        32,
        96,
    ]  # of 48 rows
    assert [found[f"batch-size={size}"]["updates"] for size in ("1", "16", "full")] == [96] * 3
    found = compared(cli("compare", "lr=0.05,0.5", *QUICK, "--seed", "5", "--seeds", "4", "--json"))["lr=0.05"]
    assert [each["seed"] for each in found["seeds"]] == [5, 6, 7, 8]
    losses = [each["loss"] for each in found["seeds"]]
    assert found["mean_loss"] == pytest.approx(np.mean(losses)) and found["spread"] == pytest.approx(
        np.std(losses, ddof=1)
    )
    assert found["judged_on"] == {"examples": 1000, "fresh": True}


def test_student_is_scipys():
    from scipy.stats import t

    assert list(STUDENT) == [pytest.approx(t.ppf(0.975, k), abs=0.006) for k in range(1, len(STUDENT) + 1)]


def test_three_seeds_only_where_they_take_seconds(cli):
    """By count, not by the clock: the same command trains the same runs everywhere."""
    run = namedtuple("R", "config model train held_out updates_per_epoch")
    size = namedtuple("P", "size")(100_000)
    model = namedtuple("M", "parameters")(lambda: [size])
    of = lambda rows, epochs: run(namedtuple("C", "epochs")(epochs), model, [0] * rows, [0], rows // 32)  # noqa: E731
    assert SEEDS * seconds([of(800, 50)] * 3) < PATIENCE < SEEDS * seconds([of(60_000, 20)] * 3)
    assert len(compared(cli("compare", "lr=0.1,1", *QUICK, "--json"))["lr=0.1"]["seeds"]) == 3


@pytest.mark.parametrize(
    "setting",
    [
        *["optimizer=sgd,adam", "dropout=0,0.5", "net=2-1,2-4-1", "activation=relu,tanh", "patience=1,2"],
        *["schedule=cosine,onecycle", "standardize=true,false", "seed=0,1", "noise=0,0.3", "loss=mse,hinge", "l2=0,1"],
    ],
)
def test_every_kind_of_setting(cli, setting):
    name = setting.partition("=")[0].lstrip("-")
    common = [word for k, word in enumerate(QUICK) if f"--{name}" not in (word, QUICK[k - 1])]
    found = compared(cli("compare", setting, *common, "--json"))
    assert len(found) == 3 and len({found[label]["final_train_loss"] for label in found if label != "verdict"}) == (
        1 if name == "patience" else 2
    )


@pytest.mark.parametrize("epochs", [2, 3, 4, 5])
def test_a_loss_that_falls_is_not_called_stuck(cli, epochs):
    call = ["lr=0.009,0.01", "--data", "spirals", "--net", "2-32-2", "--epochs", str(epochs)]
    found = compared(cli("compare", *call, "--json"))
    assert "got stuck" not in found["verdict"]["text"]
    losses = found["lr=0.01"]["history"]["train_loss"]
    assert len(losses) == epochs and losses == sorted(losses, reverse=True)


def test_the_table_fits_the_terminal(environment):
    """A table whose rows break is none. What a narrow one lacks, the sentences below it tell."""
    call = [sys.executable, "-m", "tinygrad_edu_cli", "compare", "batch-size=1,full", *QUICK]
    for columns in (40, 60, 80, 100, 140):
        ran = pexpect.spawn(call[0], call[1:], env=environment, encoding="utf-8", dimensions=(30, columns), timeout=60)
        lines = [line.rpartition("\x1b[K")[2] for line in ran.read().splitlines()]
        assert max(map(len, lines)) < columns
        head = next((line for line in lines if line.startswith("     ")), "")  # 40 columns are too few for any
        assert ("train" in head) == (columns > 100) and ("noise" in head) == (columns >= 80)
        assert ("accuracy" in head) == (columns > 40)
        assert not any(not line and not below for line, below in pairwise(lines))


def test_a_setting_may_be_off(cli):
    found = compared(cli("compare", "schedule=none,cosine", *QUICK, "--json"))
    assert [found[f"schedule={name}"]["config"]["schedule"] for name in ("none", "cosine")] == [None, "cosine"]


def test_a_schedule_that_is_longer_than_a_run(cli):
    ran = cli("compare", "epochs=2,8", *QUICK[:-2], "--schedule", "warmup", "--warmup", "3")
    assert (ran.code, ran.out) == (2, "") and "--warmup 3 is longer than the run, which has 2 epochs" in ran.err


def test_label_smoothing(cli):
    found = compared(cli("compare", "label-smoothing=0,0.1", *QUICK, "--net", "2-4-2", "--json"))
    end = events(cli("train", *QUICK, "--net", "2-4-2", "--json"))[-1]
    losses = [found[f"label-smoothing={share}"]["final_train_loss"] for share in ("0", "0.1")]
    assert losses[0] == end["train_loss"] != losses[1]


def test_pairs_of_numbers(cli):
    found = compared(cli("compare", "betas=0.9:0.999,0.5:0.9", *QUICK, "--json"))
    assert found["betas=0.9:0.999"]["config"]["betas"] == [0.9, 0.999]
    end = events(cli("train", *QUICK, "--betas", "0.5", "0.9", "--json"))[-1]
    assert found["betas=0.5:0.9"]["final_train_loss"] == end["train_loss"]


def test_a_setting_goes_to_those_who_have_it(cli):
    found = compared(cli("compare", "optimizer=sgd,adam", *QUICK, "--momentum", "0.9", "--nesterov", "--json"))
    assert found["optimizer=sgd"]["config"]["momentum"] == 0.9 and found["optimizer=sgd"]["config"]["nesterov"]
    assert found["optimizer=adam"]["config"]["momentum"] is None and not found["optimizer=adam"]["config"]["nesterov"]
    smoothed = (*QUICK, "--net", "2-4-2", "--label-smoothing", "0.1", "--json")
    found = compared(cli("compare", "loss=cross_entropy,mse", *smoothed))
    assert [found[f"loss={x}"]["config"]["label_smoothing"] for x in ("cross_entropy", "mse")] == [0.1, None]
    found = compared(cli("compare", "schedule=none,step,cosine", *QUICK, "--gamma", "0.5", "--json"))
    assert [found[f"schedule={name}"]["config"]["gamma"] for name in ("none", "step", "cosine")] == [None, 0.5, None]


def test_ctrl_c_says_what_was_not_trained(environment, ctrl_c):
    """One run is nothing to choose from."""
    call = ["-m", "tinygrad_edu_cli", "compare", "lr=0.1,1", "--data", "moons", "--n", "60", "--epochs", "1000000"]
    ran = pexpect.spawn(sys.executable, call, env=environment, encoding="utf-8", dimensions=(30, 100), timeout=60)
    ran.expect("accuracy")  # an epoch is over
    ran.sendintr()
    out = ran.read()
    ran.close()
    assert ran.exitstatus == 130 and "interrupted: lr=1 was not trained" in out
    assert re.search("lr=0.1 (learned|is still learning)", out) and "Take" not in out  # by the epoch that it came to


def test_ctrl_c_before_anything_was_measured(environment, ctrl_c):
    call = ["-m", "tinygrad_edu_cli", "compare", "lr=0.1,1", "--n", "300000", "--batch-size", "1"]
    ran = pexpect.spawn(sys.executable, call, env=environment, encoding="utf-8", dimensions=(30, 100), timeout=60)
    ran.expect("epoch 1/")
    ran.sendintr()
    out = ran.read()
    ran.close()
    assert ran.exitstatus == 130 and "interrupted: lr=0.1, lr=1 were not trained" in out and "blew up" not in out


def test_all_of_them_blow_up(cli):
    ran = cli("compare", "lr=1e30,1e31", *QUICK, "--optimizer", "sgd")
    assert ran.code == 0 and "over 1 epoch with" in ran.out and "after 1 epoch its loss was no number" in ran.out
    assert ran.out.endswith("All of them blew up: take smaller steps, --lr 0.1 say.\n")


def test_losses_of_different_problems_are_not_ranked(cli):
    ran = cli("compare", "data=moons,xor", "--n", "40", "--epochs", "2")
    assert ran.code == 0 and "Take" not in ran.out and "different problems" in ran.out


def test_overfitting_is_told(cli):
    ran = cli("compare", "seed=0,1", "--n", "75", "--noise", "0.4", "--net", "2-100-100-1", "--epochs", "150")
    assert ran.code == 0 and "seed=0 overfitted: its training loss came down to" in " ".join(ran.out.split())


def test_recorded_runs(cli, tmp_path: Path):
    for rate in ("0.05", "0.5"):
        cli("train", *QUICK, "--lr", rate, "--record", str(tmp_path / rate))
    found = compared(cli("compare", str(tmp_path / "0.05"), str(tmp_path / "0.5"), "--json"))
    fresh = compared(cli("compare", "lr=0.05,0.5", *QUICK, "--json"))
    for rate in ("0.05", "0.5"):
        read, run = found[str(tmp_path / rate)], fresh[f"lr={rate}"]
        for name in ("best_validation_loss", "final_train_loss", "guessing_loss", "loss_noise", "config"):
            assert read[name] == run[name]
    ran = cli("compare", str(tmp_path / "0.05"), str(tmp_path / "0.5"))
    assert ran.code == 0 and "0.5" in ran.out


def test_what_is_said_of_recorded_runs(cli, tmp_path: Path):
    """Each sentence of two folders, and two close by of which it is not said."""
    runs = {"a": ["--lr", "0.3"], "again": ["--lr", "0.3"], "other": ["--lr", "0.5"]}
    for name, more in runs.items():
        assert cli("train", *QUICK, *more, "--record", str(tmp_path / name)).code == 0

    def said(*names: str) -> str:
        return " ".join(cli("compare", *[str(tmp_path / name) for name in names]).out.split())

    assert "are the same run: their numbers are the same" in said("a", "again")
    assert "One run each: another seed may give another answer" not in said("a", "again")
    assert "are the same run" not in said("a", "other")
    assert "One run each: another seed may give another answer" in said("a", "other")


def test_a_run_that_diverged(cli, tmp_path: Path):
    arguments = (*QUICK, "--optimizer", "sgd", "--lr")
    cli("train", *arguments, "1e30", "--record", str(tmp_path / "bad"))
    cli("train", *arguments, "0.1", "--record", str(tmp_path / "good"))
    for ran in (
        cli("compare", "lr=0.1,1e30", *arguments[:-1]),
        cli("compare", str(tmp_path / "good"), str(tmp_path / "bad")),
    ):
        assert ran.code == 0 and "blew up" in ran.out and "×" in ran.out
    found = compared(cli("compare", "lr=0.1,1e30", *arguments[:-1], "--json"))
    assert found["lr=1e30"]["verdict"] == "blew up" and found["lr=1e30"]["loss_noise"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("", 2, "compare what?"),
        ("lrr=1,2", 2, "did you mean 'lr'?"),
        ("batch_sise=1,2", 2, "did you mean 'batch-size'?"),
        ("record=1,2", 2, "unknown 'record'"),
        ("lr=1", 2, "two or more"),
        ("lr=", 2, "a value is missing"),
        ("lr=1,,2", 2, "a value is missing"),
        ("lr=0.1,0.10", 2, "has the value 0.10 twice"),
        ("lr=0.1,-1", 2, "--lr"),
        ("optimizer=sgd,adma", 2, "did you mean 'adam'?"),
        ("lr=1,2 --lr 3", 2, "leave out --lr"),
        ("lr=1,2 dropout=0,0.5", 2, "one setting at a time"),
        ("seed=0,1 --seeds 2", 2, "leave --seeds out"),
        ("lr=0.1,0.2 --updates 10 --epochs 2", 2, "both say how long"),
        ("epochs=1,2 --updates 10", 2, "both say how long"),
        ("seeds=1,2", 2, "unknown 'seeds', did you mean 'seed'?"),
        ("here there --seeds 2", 2, "--seeds cannot change them"),
        ("betas=0.9,0.99", 2, "betas=0.9:0.999,0.5:0.999"),
        ("betas=0.9:0.99,0.9:1", 2, "below 1"),
        ("betas=0.9:0.99,0.90:0.99", 2, "has the value 0.90:0.99 twice"),
        ("optimizer=adam,adagrad --momentum 0.9", 2, "--momentum is a setting of sgd or rmsprop"),
        ("lr", 2, "'lr' is no SETTING=A,B,..."),
        ("nowhere elsewhere", 4, "cannot read nowhere"),
        ("here here", 2, "given twice"),
        ("here there --lr 1", 2, "--lr cannot change them"),
        ("momentum=0.1,0.9", 2, "sgd"),
        ("net=2-4-1,3-4-1 --data moons", 2, "--net 3-4-1 does not fit moons"),
    ],
)
def test_wrong_usage(cli, arguments, code, said):
    ran = cli("compare", *arguments.split())
    assert (ran.code, ran.out) == (code, "") and said in ran.err and ran.err.startswith("error: ")


def test_ascii(command):
    ran = command("compare", "lr=0.01,0.1", *QUICK, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0 and ran.stdout.isascii() and re.search("[-_.:=+*#]{3}", ran.stdout)


def test_the_noise_of_a_loss():
    """White noise of deviation s has the noise s √1.5; a straight line has none."""

    def noise(losses):
        watched = LossNoise()
        for k, loss in enumerate(losses, 1):
            watched.watch(BatchEvent(1, k, len(losses), k, 0.1, loss))
        watched.watch(EpochEvent(1, 1, 0.0, None, 0.1, 1.0))
        return watched.value

    assert noise([5.0, 4.0, 3.0, 2.0]) == 0.0
    assert noise([1.0, -1.0, 1.0, -1.0, 1.0]) == 2.0
    assert noise([1.0, 2.0]) is noise([1.0, math.nan, 1.0]) is None


def test_curves():
    scale = Scale.of([[1.0, 1e-4], [0.01]])
    assert scale == (1e-4, 1.0)
    assert curve([1.0, 0.11, 0.011, 1e-4], scale, 20) == "█▇▅▁"
    assert curve([2.0, math.nan, math.inf, 0.0], scale, 20) == "↑××▁"
    assert curve([1.0] * 50 + [1e-4] * 50, scale, 20) == "█" * 10 + "▁" * 10
    assert curve([1.0] * 50, scale, 20, longest=100) == "█" * 10
    assert curve([], scale, 20) == ""
    assert curve([0.1, 0.1], Scale.of([[0.1, 0.1]]), 20) == "▁▁"  # a level line is no mountain
    assert Scale.of([[math.nan]]) == Scale.of([]) == (1.0, 2.0)
    assert Scale.of([[0.5, 0.1, 1e9]], ceiling=1.0) == (0.1, 0.5)


def test_durations():
    assert [duration(s) for s in (0.0021, 0.05, 0.25, 2.5)] == ["2.1 ms", "50 ms", "250 ms", "2.5 s"]


def test_json_has_no_nan(cli):
    ran = cli("compare", "lr=0.1,1e30", *QUICK, "--optimizer", "sgd", "--json")
    for line in ran.out.splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_what_blows_up_does_not_tie_however_much_it_scatters(cli):
    options = "--net 2-16-1 --activation tanh --optimizer sgd --batch-size full --epochs 60 --seeds 3".split()
    ran = cli("compare", "lr=0.3,300", "--data", "moons", *options)
    assert "lr=300 blew up" in ran.out and " tie" not in ran.out and "Take lr=0.3" in ran.out
