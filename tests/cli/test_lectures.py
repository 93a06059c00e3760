"""Every comparison that the README, the help and the lessons show comes out as the lecture says, for three seeds, and
for three others; and with others again, it does not come out as the opposite."""

from __future__ import annotations

import pytest

from cli.training import events

OVERFITTING = "--data moons --n 1000 --validation 0.94 --noise 0.3 --net 2-64-64-1 --optimizer adamw --lr 0.005"
LESSONS = f"{OVERFITTING} --epochs 200"
COMPARISONS = {  # what is typed: which one is taken, those that tie with it, and a word for each
    "lr=0.001,0.1,10 --data moons --net 2-16-1": ("lr=0.1", [], ["still learning", "learned", "blew up"]),
    "optimizer=sgd,adam --momentum 0.9 --data spirals": (None, ["sgd", "adam"], ["learned"] * 2),
    "betas=0.9:0.999,0.5:0.999 --data spirals": (None, ["0.9:0.999", "0.5:0.999"], ["learned"] * 2),
    "batch-size=1,32,full --data moons": (None, ["32", "full"], ["learned"] * 3),
    "dropout=0,0.5 --data moons --n 100 --noise 0.3 --net 2-200-200-1": ("dropout=0.5", [], ["overfitted", None]),
    # the lessons: 3, 10, 12, 14 (twice), 15
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
