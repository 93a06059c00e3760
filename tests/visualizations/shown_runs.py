"""Runs of a moment with all that is shown of them, for the tests of figures and reports."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu_viz.training.answers import picture_of
from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_viz.training.shown import Shown
from tinygrad_edu_viz.training.snapshots import EvenSnapshots

LOSSES = {"moons": "binary_cross_entropy", "blobs": "cross_entropy", "iris": "cross_entropy", "digits": "cross_entropy"}
ROWS = {"moons": 40, "blobs": 45, "sine": 40, "diabetes": 60}


def shown(name: str = "moons", epochs: int = 3, lr: float = 0.05, label: str = "", n: int | None = None) -> Shown:
    """A run on moons, blobs (three classes), iris or digits (a confusion matrix), sine (a curve) or diabetes."""
    data = tg.data.load(name, n=n or ROWS.get(name), seed=0)
    train, held_out = data.split(0.25, seed=0)
    standardizer = tg.data.Standardizer.fit(train)
    train, held_out = standardizer.apply(train), standardizer.apply(held_out)
    outputs = data.classes if data.classes > 2 else 1
    model = tg.nn.mlp([train.x.shape[1], 5, outputs], rng=0)
    loss = LOSSES.get(name, "mse")
    progress, snapshots = Progress(f"{name} & <friends>", epochs), EvenSnapshots()
    snapshots.keep(0, model.state_dict())
    optimizer = tg.optim.Adam(model.parameters(), lr=lr)
    run: dict[str, Any] = {"validation": held_out, "epochs": epochs, "batch_size": 8, "seed": 0}
    for event in tg.train.fit(model, train, loss, optimizer, **run):
        progress.watch(event)
        if event.kind in ("validation", "best"):
            snapshots.keep(event.epoch, model.state_dict(), best=event.kind == "best")
    picture = picture_of(model, data, train, held_out, loss, standardizer)
    return Shown(progress, picture, snapshots, label, f"tinygrad-edu train --data {name}")
