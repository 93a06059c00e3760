"""Figures, asked for as people do: what is drawn is read back from matplotlib's axes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, ShapeError, StateError

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib: pip install --group test")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

OLD_RUN = Path(__file__).parents[1] / "old_files" / "run"


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def history() -> tg.train.History:
    found = tg.train.History(epoch=[1, 2, 3], train_loss=[1.0, 0.5, 0.25], validation_loss=[1.1, 0.6, 0.7])
    found.train_accuracy = [0.5, 0.75, 1.0]
    return found


def test_a_learning_curve_in_axes_of_ones_own():
    _, mine = pyplot.subplots()
    ax = history().plot(ax=mine)
    assert ax is mine and ax.get_yscale() == "log"
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert lines["training"].get_ydata().tolist() == [1.0, 0.5, 0.25]
    assert lines["validation"].get_ydata().tolist() == [1.1, 0.6, 0.7]
    assert lines["best: epoch 2"].get_xdata() == [2, 2]
    assert lines["training"].get_linestyle() != lines["validation"].get_linestyle(), "not by colour alone"
    assert min(label.get_fontsize() for label in (ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels())) >= 11


def test_other_metrics():
    ax = history().plot("accuracy")
    assert ax.get_ylabel() == "accuracy" and ax.get_yscale() == "linear"
    regression = history()
    regression.validation_r2 = [0.2, 0.4, 0.3]
    ax = regression.plot("r2")
    assert ax.get_ylabel() == "R²" and ax.get_title() == "R² by epoch"
    with pytest.raises(ArgumentError, match="the run has no r2; it has loss, accuracy"):
        history().plot("r2")
    with pytest.raises(ArgumentError, match="one of loss, accuracy, r2, not 'f1'"):
        history().plot("f1")
    with pytest.raises(ArgumentError, match="no epoch has ended"):
        tg.train.History().plot()


def test_a_recorded_run(tmp_path):
    read = tg.train.History.read(OLD_RUN)
    assert len(read) == 3 and read.train_loss[0] == 1.033024549484253 and len(read.validation_loss) == 3
    assert read.plot().get_title() == "loss by epoch"
    lines = (OLD_RUN / "metrics.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "metrics.jsonl").write_text(lines[0].replace("1.033024549484253", '"much"') + lines[1])
    with pytest.raises(StateError, match=r"line 1.*train_loss"):
        tg.train.History.read(tmp_path)


@pytest.mark.parametrize("way", ["module", "function", "predict_proba"])
def test_the_boundary_of_a_line_is_that_line(way):
    """x1 + 2 x2 = 1, in float64."""
    net = tg.nn.Sequential(tg.nn.Dense(2, 1, dtype="float64"))
    net[0].weight.data, net[0].bias.data = np.array([[1.0], [2.0]]), np.array([-1.0])

    class Sklearn:
        def predict_proba(self, x):
            yes = 1 / (1 + np.exp(1 - x @ [1.0, 2.0]))
            return np.column_stack([1 - yes, yes])

    model = {"module": net, "function": lambda x: x @ np.array([1.0, 2.0]) - 1, "predict_proba": Sklearn()}[way]
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, -1.0]])
    ax = tg.plots.decision_boundary(model, x, [0, 1, 0])
    contours = [c for c in ax.collections if hasattr(c, "allsegs")]
    points = np.concatenate([segment for c in contours for level in c.allsegs for segment in level])
    assert len(points) > 10 and np.abs(points @ [1.0, 2.0] - 1).max() < 1e-6  # of a range of 3
    markers = [c for c in ax.collections if not hasattr(c, "allsegs")]
    assert [len(c.get_offsets()) for c in markers] == [2, 1]
    assert not np.array_equal(markers[0].get_paths()[0].vertices, markers[1].get_paths()[0].vertices)


def test_the_boundary_of_a_data_set_with_several_classes():
    data = tg.data.load("spirals", n=60, seed=0)
    net = tg.nn.mlp([2, 8, max(2, len(data.target_names))], dropout=0.5, rng=0)
    net.train()
    ax = tg.plots.decision_boundary(net, data, resolution=20)
    assert net.training, "it is as it was"
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == list(data.target_names) and ax.get_xlabel() == data.feature_names[0]
    with pytest.raises(ShapeError, match="the shape"):
        tg.plots.decision_boundary(net, np.ones((3, 4)))


def test_a_confusion_matrix_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install --group test")
    rng = np.random.default_rng(0)
    for kinds in (np.arange(4), np.array(["cat", "dog", "emu"])):
        true, predicted = rng.choice(kinds, 50), rng.choice(kinds, 50)
        ax = tg.plots.confusion_matrix(true, predicted)
        drawn = np.zeros((len(kinds), len(kinds)), int)
        for text in ax.texts:
            column, row = text.get_position()
            drawn[row, column] = int(text.get_text())
        assert np.array_equal(drawn, metrics.confusion_matrix(true, predicted))
        assert [label.get_text() for label in ax.get_yticklabels()] == [str(kind) for kind in kinds]
        assert f"{np.mean(true == predicted):.1%}" in ax.get_title()
    with pytest.raises(ShapeError, match="one shape"):
        tg.plots.confusion_matrix([0, 1], [0])
    with pytest.raises(ArgumentError, match="2 classes, and 3 names"):
        tg.plots.confusion_matrix([0, 1], [0, 1], names=["a", "b", "c"])


def test_without_matplotlib_nothing_breaks_until_a_figure_is_asked_for():
    code = """
import sys
sys.modules["matplotlib"] = None
import tinygrad_edu as tg
tg.plots
assert "matplotlib.pyplot" not in sys.modules
try:
    tg.train.History([1], [0.5]).plot()
except tg.plots.MissingMatplotlib as error:
    print(error)
"""
    paths = {"PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=paths, check=True)
    assert "pip install 'tinygrad-edu[plots]'" in ran.stdout
