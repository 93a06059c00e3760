"""Every sentence of advice has a run that provokes it, and one close by that must not."""

from __future__ import annotations

import pytest

from cli.training import QUICK
from tinygrad_edu_cli.main import main

MOONS = "--data moons --net 2-16-1"
ON_QUICK = " ".join(QUICK)
DROPOUT = "--data moons --n 100 --noise 0.3 --net 2-200-200-1"

TRAIN = [  # what is said; the run that provokes it; one close by that does not
    ("no better than guessing", f"{MOONS} --optimizer sgd --lr 0.0001", f"{MOONS} --optimizer sgd --lr 0.001"),
    (
        "in 100 epochs, but slowly: the steps are short (the learning rate is 0.0001, and 0.1 is usual for sgd)",
        f"{MOONS} --optimizer sgd --lr 0.0001",
        f"{MOONS} --optimizer sgd",
    ),
    ("but slowly: the steps are short", "--data sine --lr 1e-6", "--data sine --lr 1e-3"),
    ("compare lr=0.0001,0.01,0.1,1", f"{MOONS} --optimizer sgd --lr 0.0001", f"{MOONS} --optimizer sgd --lr 0.1"),
    ("Next: larger steps", f"{MOONS} --lr 1e-7 --epochs 20", f"{MOONS} --epochs 20"),
    (
        "rose to 2.833e+23: the steps are too long (the learning rate is 50, and 0.1 is usual for sgd)",
        f"{MOONS} --optimizer sgd --lr 50",
        f"{MOONS} --optimizer sgd --lr 1 --epochs 20",
    ),
    (
        "but slowly: it needs more epochs",
        "--data sine --net 1-4-1 --n 100 --epochs 2",
        "--data sine --net 1-4-1 --n 100 --epochs 60",
    ),
    (
        "--activation relu",
        "--data spirals --net 2-8-8-8-8-8-8-1 --activation sigmoid --optimizer sgd --epochs 25",
        "--data spirals --net 2-8-8-1 --activation sigmoid --optimizer sgd --epochs 25",
    ),
    (
        "does any learning rate do better?",
        "--data sine --noise 20 --net 1-2-1 --n 100 --lr 0.1 --epochs 200",
        "--data sine --noise 0.1 --net 1-2-1 --n 100 --lr 0.1 --epochs 200",
    ),
    (
        "The loss is flat",
        f"{MOONS} --lr 1e-7 --epochs 20",
        "--data spirals --net 2-8-8-8-8-8-8-1 --activation sigmoid --optimizer sgd --epochs 25",  # gradients vanish
    ),
    ("One epoch does not show", "--data RARE --epochs 1", "--data RARE --epochs 2"),
    ("Next: more epochs, 10 say: --epochs 10", "--data RARE --epochs 1", "--data RARE --epochs 10"),
    (
        "None of the held-out examples is of the class rare: how well it is known was not measured.",
        "--data RARE --epochs 2",
        "--data CSV --epochs 2",
    ),
    ("leads nowhere", "--data xor --net 2-1", "--data xor --net 2-16-1"),
    ("far too sure where it is wrong", f"{DROPOUT} --seed 3", f"{DROPOUT} --seed 3 --patience 10"),
    ("by heart, and no others", "--data xor --n 60 --noise 3 --net 2-200-200-1", "--data xor --n 60 --net 2-200-200-1"),
    ("1 held-out example is too few to judge by", "--data xor --n 4", "--data xor --n 60"),
    ("2 held-out examples are too few to judge by", "--data moons --n 8", "--data moons --n 50"),
    ("Next: more examples, 50 or more: --n 200", "--data moons --n 8", "--data moons --n 50"),
    (
        "Next: more examples, 50 or more: leave --n out",
        "--data digits --n 20 --epochs 3",
        "--data digits --n 100 --epochs 3",
    ),
    ("50 or more: so few decide nothing", "--data CSV --epochs 2 --validation 0.1", "--data CSV --epochs 2"),
    ("a problem that no straight line solves", "--epochs 20", "--lr 1e-6 --epochs 20"),
    (
        "Stopped early, as the validation loss no longer fell",
        f"{MOONS} --patience 1",
        f"{MOONS} --patience 9 --epochs 9",
    ),
    ("its weights were kept", f"{MOONS} --patience 1", f"{MOONS} --epochs 9"),
    ("against overfitting", f"{DROPOUT} --seed 3", f"{DROPOUT} --seed 3 --epochs 3"),
    ("the loss was still falling", ON_QUICK, f"{MOONS} --lr 0.1 --epochs 60"),
    ("a hidden layer can bend the line", "--data moons --net 2-1", "--data two_lines --net 2-1"),
    ("one layer: --activation relu", "--data moons --net 2-9-1 --activation linear", "--data moons --net 2-1"),
    ("find a learning rate that works", f"{MOONS} --optimizer sgd --lr 1e30", f"{MOONS} --optimizer sgd --epochs 20"),
    ("lr=0.01,0.02,0.1,1", f"{MOONS} --optimizer sgd --lr 0.02", f"{MOONS} --optimizer sgd --lr 0.1"),
    ("see what the learning rate does", f"{MOONS} --lr 0.1 --epochs 60", f"{MOONS} --lr 0.1 --epochs 60 --n 8"),
]
COMPARE = [
    ("lr=1e-6 crawled", f"lr=1e-6,0.05 {ON_QUICK}", f"lr=0.2,0.05 {ON_QUICK}"),
    ("it needs larger steps, or many more", f"lr=0.001,0.002 {ON_QUICK}", f"lr=0.01,0.2 {ON_QUICK}"),
    ("it needs smaller steps, or many more", f"lr=0.01,0.2 {ON_QUICK}", f"lr=0.01,0.02 {ON_QUICK} --epochs 30"),
    ("it needs more epochs, or larger steps", "lr=0.001,0.1 --n 200 --net 2-16-1", "lr=0.01,0.1 --n 200 --net 2-16-1"),
    ("its loss reached", "lr=0.001,0.1,10 --n 200 --net 2-16-1", "lr=0.01,0.1 --n 200 --net 2-16-1"),
    ("lr=1e-7 got stuck", "lr=1e-7,0.1 --data xor --epochs 12", "lr=0.01,0.1 --data xor --epochs 12"),
    ("lr=0.001 is still learning", "lr=0.001,0.1 --n 200 --net 2-16-1", "lr=0.01,0.1 --n 200 --net 2-16-1"),
    ("net=2-1 levelled off", "net=2-1,2-16-1 --n 300 --lr 0.05", "net=2-8-1,2-16-1 --n 300 --lr 0.05"),
    ("dropout=0 overfitted", f"dropout=0,0.5 {DROPOUT}", f"dropout=0,0.5 {DROPOUT} --epochs 5"),
    ("lr=1e30 blew up", f"lr=0.1,1e30 {ON_QUICK} --optimizer sgd", f"lr=0.1,0.2 {ON_QUICK} --optimizer sgd"),
    ("All of them blew up", f"lr=1e29,1e30 {ON_QUICK} --optimizer sgd", f"lr=0.1,1e30 {ON_QUICK} --optimizer sgd"),
    ("None of them learned much", f"lr=1e-9,1e-8 {ON_QUICK}", "lr=0.05,0.1 --n 60 --net 2-4-1 --epochs 30"),
    ("own by heart", "lr=0.02,0.01 --data xor --n 60 --noise 3 --net 2-200-200-1", "lr=0.02,0.01 --data xor --n 60"),
    ("made no difference", f"patience=1,2 {ON_QUICK}", f"l2=0,1 {ON_QUICK}"),
    ("Take dropout=0.5: on 1,000 fresh examples", f"dropout=0,0.5 {DROPOUT}", f"dropout=0.45,0.5 {DROPOUT}"),
    (" tie: ", f"dropout=0.45,0.5 {DROPOUT}", f"dropout=0,0.5 {DROPOUT}"),
    ("differ by nothing that matters", "l2=0,1e-9 --data xor --n 60 --lr 0.1", f"dropout=0.45,0.5 {DROPOUT}"),
    ("more seeds can tell more", f"dropout=0.3,0.5 {DROPOUT}", f"dropout=0,0.5 {DROPOUT}"),
    ("differ too little", f"lr=0.2,0.22 {ON_QUICK} --seeds 1", f"lr=0.2,0.3 {ON_QUICK} --seeds 1"),
    (" is worse.", "lr=0.0001,0.05,0.1 --n 200 --net 2-16-1", f"lr=0.2,0.3 {ON_QUICK} --seeds 1"),
    ("in 2 of 3 seeds", f"dropout=0,0.5 {DROPOUT}", f"dropout=0,0.5 {DROPOUT} --seeds 1"),
    (
        "made 144 updates of the weights, and batch-size=full 3",
        f"batch-size=1,full {ON_QUICK}",
        "batch-size=1,full --data moons --n 60 --net 2-4-1 --updates 96",
    ),
    ("One seed each", f"lr=0.01,0.2 {ON_QUICK} --epochs 30 --seeds 1", f"lr=0.01,0.2 {ON_QUICK} --epochs 30"),
    ("different problems", f"seed=0,1 {ON_QUICK}", f"lr=0.1,0.2 {ON_QUICK}"),
    ("on 1 held-out example, ", "n=80,4 --data CSV --epochs 5", "n=80,60 --data CSV --epochs 5"),
    ("33.3% right: too few examples to tell", "n=4,80 --data CSV --epochs 5", "n=60,80 --data CSV --epochs 5"),
    ("1 held-out example is too few to judge by", "lr=0.1,0.2 --data CSV --n 4", "lr=0.1,0.2 --data CSV --epochs 5"),
    (
        "16 held-out examples are few: an accuracy that is measured on them is easily off by 7%",
        "lr=0.001,0.2 --data CSV --epochs 5",
        "lr=0.01,0.2 --data CSV --validation 0.5 --data moons --epochs 5",
    ),
]
LONG = [case for case in COMPARE if ON_QUICK not in case[1] and "CSV" not in case[1]]
CASES = [
    *[("train", *case) for case in TRAIN],
    *[pytest.param("compare", *case, marks=[pytest.mark.lectures] if case in LONG else []) for case in COMPARE],
]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a run says, on one line; each is made once."""
    folder, known = tmp_path_factory.mktemp("advice"), {}
    path, rare = folder / "marks.csv", folder / "rare.csv"
    rare.write_text("hours,lectures,kind\n1,2,rare\n" + "5,3,often\n4,1,often\n" * 30)
    path.write_text("hours,lectures,passed\n" + "1,2,no\n5,3,yes\n4,1,yes\n3,4,no\n" * 20)

    def run(capsys, command: str, typed: str) -> str:
        if (command, typed) not in known:
            main([command, *typed.replace("CSV", str(path)).replace("RARE", str(rare)).split()])
            known[command, typed] = " ".join(capsys.readouterr().out.split())
        return known[command, typed]

    return run


@pytest.mark.parametrize(("command", "sentence", "provoked", "near"), CASES)
def test_said_where_it_is_so_and_nowhere_else(capsys, said, command, sentence, provoked, near):
    assert sentence in said(capsys, command, provoked)
    assert sentence not in said(capsys, command, near)
