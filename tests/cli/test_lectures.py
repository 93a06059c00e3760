"""Every comparison that the README, the help and the lessons show comes out as the lecture says, for three seeds, and
for three others; and with others again, it does not come out as the opposite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli.training import events
from tinygrad_edu_cli.training.folder import RunFolder
from tinygrad_edu_cli.training.last_weights import with_last_weights
from tinygrad_edu_viz.training.answers import Boundary, picture_of

OVERFITTING = "--data moons --n 1000 --validation 0.94 --noise 0.3 --net 2-64-64-1 --optimizer adamw --lr 0.005"
LESSONS = f"{OVERFITTING} --epochs 200"
COMPARISONS = {  # what is typed: which one is taken, those that tie with it, and a word for each
    "lr=0.001,0.1,10 --data moons --net 2-16-1": ("lr=0.1", [], ["still learning", "learned", "blew up"]),
    "optimizer=sgd,adam --momentum 0.9 --data spirals": (None, ["sgd", "adam"], ["learned"] * 2),
    "betas=0.9:0.999,0.5:0.999 --data spirals": (None, ["0.9:0.999", "0.5:0.999"], ["learned"] * 2),
    "batch-size=1,32,full --data moons": (None, ["32", "full"], ["learned"] * 3),
    "dropout=0,0.5 --data moons --n 100 --noise 0.3 --net 2-200-200-1": ("dropout=0.5", [], ["overfitted", None]),
    # the lessons: 3, 10, 12, 14 (twice), 15
    "activation=linear,relu --data moons --net 2-16-16-1": ("activation=relu", [], ["levelled off", "learned"]),
    "net=2-1,2-16-1": ("net=2-16-1", [], ["levelled off", "learned"]),
    "lr=0.001,0.3,300 --optimizer sgd --batch-size full --net 2-16-1": ("lr=0.3", [], ["crawled", None, "blew up"]),
    "batch-size=1,20,full": (None, ["20", "full"], ["learned"] * 3),
    f"dropout=0,0.5 {LESSONS}": ("dropout=0.5", [], ["overfitted", None]),
    f"weight-decay=0,0.5 {LESSONS}": ("weight-decay=0.5", [], ["overfitted", None]),
    f"patience=none,20 {LESSONS}": ("patience=20", [], ["overfitted", None]),
}


QUICK = next(typed for typed in COMPARISONS if typed.startswith("dropout"))  # the one that every run of the tests makes
LONG = [pytest.param(typed, seed, marks=pytest.mark.lectures) for typed in COMPARISONS for seed in (0, 3)]


@pytest.mark.parametrize(("typed", "seed"), [(QUICK, 0), *LONG])
def test_as_the_lecture_says(cli, typed, seed):
    taken, tied, words = COMPARISONS[typed]
    *runs, verdict = events(cli("compare", *typed.split(), "--seed", str(seed), "--json"))
    assert [each["seed"] for each in runs[0]["seeds"]] == [seed, seed + 1, seed + 2]
    if taken:
        assert f"Take {taken}:" in verdict["text"]
    else:
        assert "Take " not in verdict["text"] and " tie: " in verdict["text"]
        assert {label.partition("=")[2] for label in [verdict["best"], *verdict["tied"]]} == set(tied)
    assert [word or run["verdict"] for run, word in zip(runs, words, strict=True)] == [run["verdict"] for run in runs]
    if "batch-size=1" in typed:
        noise = [run["loss_noise"] for run in runs]
        assert noise[0] > 2 * noise[1] > 4 * noise[2] > 0


@pytest.mark.lectures
@pytest.mark.parametrize("seed", [6, 9])
@pytest.mark.parametrize("typed", COMPARISONS)
def test_nothing_else_is_taken(cli, typed, seed):
    """Seeds that happen to differ much are a tie, and no reason to say the opposite."""
    taken, *_ = COMPARISONS[typed]
    text = events(cli("compare", *typed.split(), "--seed", str(seed), "--json"))[-1]["text"]
    assert f"Take {taken}:" in text or "Take " not in text


BENDS = {"--net 2-1": False, "--net 2-16-16-1 --activation linear": False, "--net 2-16-16-1": True}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.lectures) for seed in (1, 2))])
@pytest.mark.parametrize("net", BENDS)
def test_without_a_bend_the_boundary_is_a_straight_line(cli, tmp_path: Path, net, seed):
    """However many layers there are: the points where both classes are as likely lie on a line, or far from any."""
    run = tmp_path / "run"
    events(cli("train", "--data", "moons", *net.split(), "--seed", str(seed), "--record", str(run), "--json"))
    trained, _ = with_last_weights(RunFolder.read(run))
    parts = trained.dataset, trained.train, trained.held_out
    picture = picture_of(trained.model, *parts, "binary_cross_entropy", trained.standardizer)
    assert isinstance(picture, Boundary)
    points = even(picture.grid(60, 40))
    *_, across = np.linalg.svd(points - points.mean(axis=0))[2]  # the direction in which they vary least
    furthest = np.abs((points - points.mean(axis=0)) @ across).max()
    assert furthest > 0.1 if BENDS[net] else furthest < 1e-3


def even(shares: np.ndarray) -> np.ndarray:
    """Where two classes are as likely, between the middles of neighbouring fields: (n, 2), in widths and heights."""
    odds = np.subtract(*np.log(np.maximum(np.moveaxis(shares, 2, 0), 1e-30)))
    found = []
    for axis in (0, 1):
        before, after = np.moveaxis(odds, axis, 0)[:-1], np.moveaxis(odds, axis, 0)[1:]
        row, column = np.nonzero(np.sign(before) != np.sign(after))
        way = before[row, column] / (before - after)[row, column]
        place = [(row + way) / odds.shape[axis], column / odds.shape[1 - axis]]
        found.append(np.stack(place[:: 1 - 2 * axis], axis=1))
    return np.concatenate(found)


OVERFITTED = "--data moons --n 60 --noise 0.4 --net 2-100-100-1 --epochs 150"


@pytest.mark.lectures
@pytest.mark.parametrize("seed", range(3))
def test_a_network_that_learns_by_heart_and_its_cures(cli, seed):
    """The loss on what it has not seen rises; who stops early, or keeps the weights small, has a lower one."""
    ends, shares = {}, {"--patience 10": 0.5, "--l2 0.01": 0.5, "--dropout 0.5": 1.0}  # of the loss without the cure
    for cure in ("", *shares):
        record = events(cli("train", *OVERFITTED.split(), *cure.split(), "--seed", str(seed), "--json"))
        ends[cure] = record[-1]["validation_loss"]
        named = {each["name"] for each in record if each["kind"] == "notice"}
        best = min(each["validation_loss"] for each in record if each["kind"] == "validation")
        if not cure:
            assert "overfitting" in named and ends[cure] > 2 * best
        if "patience" in cure:
            assert ends[cure] == pytest.approx(best)
    assert all(ends[cure] < share * ends[""] for cure, share in shares.items())
