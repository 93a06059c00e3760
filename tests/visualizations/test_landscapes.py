"""The plane that trails lie in, and the loss around them: known answers, and NumPy's in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.train.examples import Examples
from tinygrad_edu.train.metrics import measure
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_viz.landscapes import words
from tinygrad_edu_viz.landscapes.bands import COUNT, Bands
from tinygrad_edu_viz.landscapes.landscape import FINE, Landscape, NothingMoved, survey
from tinygrad_edu_viz.landscapes.model_loss import FEWEST_ROWS, ModelLoss
from tinygrad_edu_viz.landscapes.plane import plane_of
from tinygrad_edu_viz.landscapes.trail import Trail, TrailRecorder, recorded


def trail(weights, name="sgd", epochs=None) -> Trail:
    weights = np.asarray(weights, dtype=float)
    return Trail(name, weights, np.arange(len(weights)), epochs)


@np.errstate(over="ignore")
def descent(slope, start, rate: float, steps: int) -> Trail:
    """Gradient descent on Σ slope·w²/2: every weight is multiplied by 1 - rate·slope."""
    factors = 1 - rate * np.asarray(slope)
    return trail(np.asarray(start) * factors ** np.arange(steps + 1)[:, None])


def quadratic(slope):
    @np.errstate(over="ignore")
    def losses(weights):
        return (np.asarray(slope) * weights**2).sum(axis=1) / 2

    return losses


# --- the plane ---


def test_two_weights_are_the_axes():
    slope = [0.1, 19.0]
    found = survey([descent(slope, [-7, 1], 0.1, 30)], quadratic(slope), (9, 7), ["x", "y"])
    x, y = found.sides
    assert found.losses == pytest.approx(0.05 * x**2 + 9.5 * y[:, None] ** 2)
    assert found.plane.names == ("x", "y") and found.plane.share == 1.0
    walked = found.trails[0]
    assert walked.places[:, 0] == pytest.approx(-7 * 0.99 ** np.arange(31))
    assert walked.places[:, 1] == pytest.approx((-0.9) ** np.arange(31))
    assert walked.losses.tolist() == walked.below.tolist()
    assert x[0] < -7 and x[-1] > walked.places[-1, 0] and y[0] < -0.9 and y[-1] > 1
    assert "zig-zags" in words.caption(found) and "nothing is left out" in words.caption(found)


def test_one_weight_is_a_curve():
    found = survey([descent([2.0], [3.0], 0.25, 4)], quadratic([2.0]), (5, 5), ["w"])
    assert found.is_curve and found.losses == pytest.approx(found.sides[0] ** 2)
    assert found.trails[0].places[:, 0].tolist() == [3, 1.5, 0.75, 0.375, 0.1875]


def test_a_trail_in_a_plane_is_all_there():
    """In 5 dimensions, the trails lie in the plane of two directions: the share is 1, and the map has their losses."""
    rng = np.random.default_rng(0)
    across, up = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    slope = rng.uniform(0.5, 2, 5)
    rows = [rng.normal(size=(12, 2)) for _ in range(2)]
    trails = [trail(5 + part @ np.stack([across, up]), name) for part, name in zip(rows, "ab", strict=True)]
    found = survey(trails, quadratic(slope))
    assert found.plane.share == pytest.approx(1, abs=1e-12)
    for walked in found.trails:
        assert walked.below == pytest.approx(walked.losses)
    assert "holds all of the trails' movement" in words.held(found)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_plane_holds_more(seed):
    """The share is what the two largest eigenvalues of the moments have of all; and no plane by chance has more."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(9, 6)).cumsum(axis=0) for _ in range(3)]
    plane = plane_of([trail(part) for part in rows])
    moves = np.concatenate(rows) - rows[0][-1]
    moments = np.linalg.eigvalsh(moves.T @ moves)
    assert plane.share == pytest.approx(moments[-2:].sum() / moments.sum())
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2))
    places = plane.places(np.concatenate(rows))
    assert (places**2).sum() / (moves**2).sum() == pytest.approx(plane.share)
    for _ in range(20):
        other = np.linalg.qr(rng.normal(size=(6, 2)))[0]
        assert ((moves @ other) ** 2).sum() < moments[-2:].sum()


def test_a_straight_trail_is_a_line():
    start = np.arange(4.0)
    found = survey([trail([start, start + 1, start + 3])], quadratic(np.ones(4)))
    assert found.is_curve and found.plane.share == pytest.approx(1)
    assert found.trails[0].places[:, 0] == pytest.approx([-6, -4, 0])  # from its end; √4 for each unit


def test_nothing_moved():
    still = trail(np.ones((3, 4)))
    with pytest.raises(NothingMoved):
        survey([still], quadratic(np.ones(4)))
    found = survey([still, descent([1.0] * 4, [1, 2, 3, 4], 0.1, 3)], quadratic(np.ones(4)))
    assert "sgd did not move." in list(words.missing(found))
    at_rest = survey([trail(np.zeros((2, 2)))], quadratic([1.0, 1.0]), (5, 5), ["a", "b"])
    assert [side.tolist() for side in at_rest.sides] == [[-0.75, -0.375, 0, 0.375, 0.75]] * 2


@pytest.mark.parametrize("rate", [1.2, 30.0])
def test_a_run_that_blows_up_is_cut(rate):
    """Its end is no part of the map, nor of what the plane is chosen by; and that is said."""
    wild = descent([2.0] * 3, [1, 2, 3], rate, 400)
    tame = descent([0.2, 0.4, 1.0], [1, 2, 3], 0.5, 20)
    found = survey([tame, wild], quadratic([1.0, 2.0, 3.0]))
    assert np.abs(found.sides[0]).max() < 100 and np.isfinite(found.losses).all()
    assert len(found.trails[1]) < 10
    assert found.trails[1].losses == pytest.approx(quadratic([1.0, 2.0, 3.0])(wild.weights[: len(found.trails[1])]))
    (said,) = words.missing(found)
    assert said.startswith("sgd ends early on the map: its loss blows up: ") and "at update" in said


def test_refusals():
    with pytest.raises(tg.ArgumentError, match="1 to 7 runs"):
        survey([], quadratic([1.0]))
    with pytest.raises(tg.ArgumentError, match="3 and 4 weights"):
        survey([trail(np.eye(3)), trail(np.eye(4))], quadratic([1.0]))


# --- what is said ---


def test_the_map_says_where_it_lies():
    """A trail that leaves the plane: its own loss is higher than that of the map below by the part that is left out."""
    rows = np.array([[8.0, 0, 0], [4, 3, 1], [0, 0, 0], [4, -3, 1], [0, 0, 0]])
    found = survey([trail(rows, "adam")], quadratic([1.0, 1.0, 40.0]))
    walked, k = found.trails[0], found.trails[0].halfway
    outside = rows - found.plane.weights(walked.places)
    assert walked.below == pytest.approx(quadratic([1.0, 1.0, 40.0])(rows - outside))
    assert k == 2
    other = survey([trail(rows[:3], "adam")], quadratic([1.0, 1.0, 40.0]))
    assert other.plane.share == pytest.approx(1)


@pytest.mark.parametrize(
    ("share", "said"), [(0.8712, "87 %"), (0.99999, "99.9 %"), (1.0, "100 %"), (1e-9, "0.1 %"), (0.0, "0 %")]
)
def test_only_all_is_everything(share, said):
    assert words.percent(share) == said


def test_the_table_is_the_map():
    found = survey([descent([1.0, 3.0], [2, 1], 0.1, 5)], quadratic([1.0, 3.0]), FINE, ["a", "b"])
    head, *rows = words.table(found)
    assert head[1:] == [words.short(float(found.sides[0][k])) for k in (0, 10, 20, 30, 40, 50, 60)]
    for row in rows:
        for a, cell in zip(head[1:], row[1:], strict=True):
            assert float(cell) == pytest.approx(0.5 * float(a) ** 2 + 1.5 * float(row[0]) ** 2, rel=0.05, abs=0.01)


def test_bands():
    ratios = Bands.of(np.array([2.0**k for k in range(13)]), 100)
    assert ratios.log and ratios.edges == pytest.approx(2.0 ** np.arange(13))
    assert ratios.levels([1, 2, 4096, 1e9, math.inf, math.nan, 0.5]) == pytest.approx([0, 1, 12, 12, 12, 12, 0])
    steps = Bands.of(np.array([-6.0, 6.0]), 100)
    assert not steps.log and steps.edges == pytest.approx(np.arange(-6, 7)) and steps.levels(0.0) == pytest.approx(6)
    wall = Bands.of(np.append(np.linspace(1, 5, 99), 1e30))
    assert wall.high < 6  # one place outside does not take all bands
    assert Bands.of(np.array([0.0, 10.0]), 100).low == pytest.approx(1e-3)
    for losses in ([3.0, 3.0], [math.nan], [], [0.0, 0.0], [-1e308, 1e308], [5e-324, 1e-320]):
        edges = Bands.of(np.array(losses)).edges
        assert len(edges) == COUNT + 1 and (np.diff(edges) > 0).all() and np.isfinite(edges).all()


# --- of models ---


def moons(n: int = 80):
    return tg.data.load("moons", n, seed=0)


def run(optimizer, lr: float, net=(2, 4, 1), epochs: int = 3, dropout: float = 0.0, **settings):
    model = tg.nn.mlp(list(net), dropout=dropout, rng=0)
    loss = "binary_cross_entropy"
    return tg.train.start(model, moons(), loss, optimizer(model.parameters(), lr=lr), epochs=epochs, **settings)


def test_runs():
    """A landscape of runs: the ends of its trails are the runs' weights, and the losses those that `measure` gives."""
    runs = {"sgd": run(tg.optim.SGD, 0.5), "adam": run(tg.optim.Adam, 0.05)}
    found = Landscape.of(runs, (7, 5))
    for walked, each in zip(found.trails, runs.values(), strict=True):
        assert walked.losses[-1] == pytest.approx(measure(each.model, each.examples, each.objective).loss)
        assert walked.moments[0] == "epoch 0" and walked.moments[-1] == "epoch 3"
        assert walked.updates[-1] == each.step == 9
    weights = np.concatenate([p.numpy().ravel() for p in runs["sgd"].model.parameters()])
    assert found.plane.centre.tolist() == weights.tolist()
    again = {"sgd": run(tg.optim.SGD, 0.5), "adam": run(tg.optim.Adam, 0.05)}
    finer = Landscape.of(again, (3, 2)).finer((7, 5))
    assert finer.losses.tolist() == found.losses.tolist()


def test_a_model_is_not_touched():
    each = run(tg.optim.Adam, 0.05, dropout=0.3)
    list(each.events())
    each.model.train()
    before = {name: array.copy() for name, array in each.model.state_dict().items()}
    loss = ModelLoss(each.model, each.examples, each.objective)
    loss(np.random.default_rng(0).normal(size=(5, loss.size)))
    assert each.model.training
    for name, array in each.model.state_dict().items():
        assert array.tolist() == before[name].tolist()


def test_the_loss_is_that_of_the_formula():
    """A single layer with the logistic loss, in NumPy by hand; and wild weights are no accident."""
    data = moons()
    model = tg.nn.Dense(2, 1, rng=0)
    objective = Objective.of("binary_cross_entropy")
    loss = ModelLoss(model, Examples(data, model, objective), objective)
    weights = np.random.default_rng(1).normal(size=(6, 3))
    logits = data.x @ weights[:, :2].T + weights[:, 2]
    wanted = (np.logaddexp(0, logits) - data.y[:, None] * logits).mean(axis=0)
    assert loss(weights) == pytest.approx(wanted, rel=1e-5)
    assert not np.isfinite(loss(np.full((1, 3), 1e39))).any()


def test_dropout_and_batch_norm_are_as_in_evaluation():
    layers = tg.nn.Dense(2, 4, rng=0), tg.nn.BatchNorm1d(4), tg.nn.Dropout(0.5), tg.nn.Dense(4, 1, rng=1)
    model = tg.nn.Sequential(*layers)
    objective, data = Objective.of("binary_cross_entropy"), moons()
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    trail = recorded("sgd", model, tg.train.fit(model, data, "binary_cross_entropy", optimizer, epochs=2))
    examples = Examples(data, model, objective)
    loss = ModelLoss(model, examples, objective)
    assert loss(trail.weights[-1:])[0] == pytest.approx(measure(model, examples, objective).loss, rel=1e-6)
    assert loss(trail.weights[-1:]) == loss(trail.weights[-1:])  # no chance in it
    assert [note.split()[0] for note in loss.notes] == ["dropout", "batch"]


def test_a_large_model_is_measured_on_a_part():
    x = np.zeros((3000, 400))
    x[:, 0] = np.arange(3000)
    model = tg.nn.mlp([400, 400, 1], rng=0)
    objective = Objective.of("mse")
    loss = ModelLoss(model, Examples((x, np.zeros(3000)), model, objective), objective)
    assert loss.rows == FEWEST_ROWS and loss.notes == ["the loss is measured on 256 of the 3,000 examples"]
    rows = np.concatenate([part[0].numpy()[:, 0] for part in loss.parts])
    assert rows[0] == 0 and rows[-1] == 2999 and (np.diff(rows) > 10).all()  # evenly spread


def test_values_have_a_landscape_too():
    model, data = tg.nn.Dense(1, 1, rng=0).scalar(), (np.array([[1.0], [2.0]]), np.array([2.0, 4.0]))
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    found = Landscape.of({"sgd": tg.train.start(model, data, "mse", optimizer, epochs=4, batch_size="full")}, (4, 3))
    w, b = found.sides
    wanted = ((w + b[:, None] - 2) ** 2 + (2 * w + b[:, None] - 4) ** 2) / 2
    assert found.losses == pytest.approx(wanted)


# --- the recorder ---


class Swinging:
    """A model whose one weight jumps to and fro."""

    def __init__(self):
        self.weight = tg.Tensor([1.0], requires_grad=True, dtype="float64")

    def parameters(self):
        return iter([self.weight])


@pytest.mark.parametrize("updates", [5, 300, 301, 2000])
def test_a_long_trail_is_thinned_and_still_swings(updates):
    model = Swinging()
    recorder = TrailRecorder(model)
    for step in range(1, updates + 1):
        model.weight.data = np.array([(-1.0) ** step])
        recorder.watch(tg.train.BatchEvent(step, 1, 1, step, 0.1, 0.0))
        recorder.watch(tg.train.EpochEvent(step, updates, 0.0, None, 0.1, 0.0))
    found = recorder.trail()
    assert len(found) <= 301 and found.updates[0] == 0 and found.updates[-1] == updates
    assert found.weights[:, 0].tolist() == ((-1.0) ** found.updates).tolist()
    assert (np.diff(found.weights[:-1, 0]) != 0).all()  # thinned by an odd number, it does not look calm


def test_weights_that_are_no_numbers_end_a_trail():
    each = run(tg.optim.SGD, 1e30, epochs=4)
    found = recorded("sgd", each.model, each.events())
    assert np.isfinite(found.weights).all() and "not finite" in found.missing
