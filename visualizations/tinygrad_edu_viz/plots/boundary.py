"""What a classifier of points in the plane answers, everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_edu.data.dataset import Dataset
from tinygrad_edu.errors import ArgumentError, ShapeError
from tinygrad_edu.graph.modes import no_grad
from tinygrad_edu.nn.module import Module
from tinygrad_edu.tensors.tensor import Tensor

from . import figure

MARGIN = 0.1  # of the range of the points, around them
FAINT = 0.35  # how opaque the regions of classes are


def decision_boundary(model: Any, x: Any, y: Any = None, ax: Any = None, resolution: int = 200) -> Any:
    """Draw the regions in which a classifier gives each answer, and the points that it was asked about.

    Args:
        model: a network that gives logits, shape (rows, 1) or (rows, classes); what has `predict_proba`, as
            `tg.load(path)` and scikit-learn's classifiers do; or a function from (rows, 2) to such logits.
        x: points, shape (n, 2), or a data set, which has its own y.
        y: the class of each point, from 0 on; None draws no points.
        ax: matplotlib's axes to draw on; None for a new figure.
        resolution: how many places are asked along each side.
    Returns:
        the axes.
    Raises:
        ShapeError: points that are not in the plane, or a model that answers in another shape.
        ArgumentError: no points.
        MissingMatplotlib: the extra `plots` is not installed.
    """
    names: tuple[str, ...] = ("x1", "x2")
    words: tuple[str, ...] = ()
    if isinstance(x, Dataset):
        names, words, x, y = x.feature_names, x.target_names, x.x, x.y if y is None else y
    points = np.asarray(x.numpy() if isinstance(x, Tensor) else x, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(f"decision_boundary: points in the plane have the shape (n, 2), not {points.shape}")
    if not len(points):
        raise ArgumentError("decision_boundary: there are no points to draw around")
    low, high = points.min(axis=0), points.max(axis=0)
    around = MARGIN * np.where(high > low, high - low, 1.0)
    sides = [np.linspace(low[k] - around[k], high[k] + around[k], resolution) for k in range(2)]
    across, up = np.meshgrid(*sides)
    shares = _probabilities(model, np.column_stack([across.ravel(), up.ravel()]))
    ax = figure.axes(ax)
    _regions(ax, across, up, shares.reshape(resolution, resolution, -1))
    if y is not None:
        labels = np.asarray(y.numpy() if isinstance(y, Tensor) else y).reshape(-1)
        for k, label in enumerate(np.unique(labels)):
            shown = points[labels == label]
            colour, marker = _look(int(label) if label == int(label) and label >= 0 else k)
            name = words[int(label)] if words else f"{label:g}"
            ax.scatter(*shown.T, color=colour, marker=marker, edgecolors="#111111", linewidths=0.6, s=36, label=name)
        ax.legend(fontsize=figure.LETTERS)
    return figure.labelled(ax, "decision boundary", *names)


def _look(number: int) -> tuple[str, str]:
    return figure.CLASSES[number % len(figure.CLASSES)], figure.MARKERS[number % len(figure.MARKERS)]


def _probabilities(model: Any, places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the model gives each class at some places, shape (places, classes)."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(places), dtype=float)
    logits = np.asarray(_logits(model, places), dtype=float)
    if logits.ndim not in (1, 2) or len(logits) != len(places):
        raise ShapeError(f"decision_boundary: the model gives {logits.shape} for points of shape {places.shape}")
    logits = logits.reshape(len(places), -1)
    if logits.shape[1] == 1:
        logits = np.column_stack([np.zeros(len(logits)), logits])
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _logits(model: Module | Callable[[Any], Any], places: np.ndarray[Any, Any]) -> Any:
    if not isinstance(model, Module):
        found = model(places)
        return found.numpy() if isinstance(found, Tensor) else found
    parameters = list(model.parameters())
    dtype, device = (parameters[0].dtype, parameters[0].device) if parameters else ("float32", "cpu")
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            return model(Tensor(places.astype(dtype), device=device)).numpy()
    finally:
        model.train(was_training)


def _regions(ax: Any, across: Any, up: Any, shares: np.ndarray[Any, Any]) -> None:
    """Fill where each class is the likeliest: the surer, the more opaque; and a line where two are equal."""
    likeliest = shares.argmax(axis=2)
    picture = np.zeros((*likeliest.shape, 4))
    for label in np.unique(likeliest):
        colour = figure.CLASSES[int(label) % len(figure.CLASSES)]
        picture[likeliest == label, :3] = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    least = 1 / shares.shape[2]
    picture[..., 3] = 0.12 + (FAINT - 0.12) * (shares.max(axis=2) - least) / (1 - least)
    extent = (across.min(), across.max(), up.min(), up.max())
    ax.imshow(picture, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    for label in np.unique(likeliest):
        others = np.delete(shares, label, axis=2).max(axis=2)
        ahead = shares[..., label] - others
        if ahead.min() < 0 < ahead.max():
            ax.contour(across, up, ahead, levels=[0.0], colors="#111111", linewidths=1.2)
