"""What a classifier of points in the plane answers, everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.data.dataset import Dataset
from tinygrad_edu.errors import ArgumentError, ShapeError
from tinygrad_edu.nn.module import Module
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_words import _

from ..training.answers import Boundary
from ..training.asking import box_around, outputs_of, places
from . import figure

MARGIN = 0.1  # of the range of the points, around them
FAINT, FAINTEST = 0.42, 0.12  # how opaque the regions of classes are, where they are surest and least sure
BANDS = 8  # of sureness: flat areas, which a moving picture stores in a tenth of the bytes


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
    labels = np.asarray(y.numpy() if isinstance(y, Tensor) else [] if y is None else y).reshape(-1)
    kinds = np.unique(labels)
    if not ((kinds == kinds.astype(int)) & (kinds >= 0)).all():  # no class indices: any numbers, in their order
        words, labels = tuple(f"{kind:g}" for kind in kinds), np.searchsorted(kinds, labels)
    words = words or tuple(str(k) for k in range(int(labels.max(initial=-1)) + 1))
    boundary = Boundary(
        model,
        _probabilities,
        lambda asked, rows: _probabilities(asked, rows).argmax(axis=1),
        box_around(points, MARGIN),
        points if len(labels) else points[:0],
        labels.astype(int),
        np.zeros(len(labels), dtype=bool),
        words,
        names,
    )
    ax = figure.axes(ax)
    draw_regions(ax, boundary, figure.LIGHT, resolution)
    for k in np.unique(boundary.labels):
        colour, marker = figure.LIGHT.of_class(int(k))
        of_class = points[boundary.labels == k]
        ax.scatter(*of_class.T, color=colour, marker=marker, edgecolors="#111111", linewidths=0.6, s=36, label=words[k])
    if len(labels):
        ax.legend(fontsize=figure.LETTERS)
    return figure.labelled(ax, _("decision boundary"), names[0], names[1])


def draw_boundary(ax: Any, boundary: Boundary, look: figure.Look, resolution: int = 200, letters: float = 12) -> None:
    """The regions and the points: those that are held out are larger, and a ring is around each wrong answer."""
    draw_regions(ax, boundary, look, resolution)
    right = boundary.right
    scale = letters / figure.LETTERS
    for k in np.unique(boundary.labels):
        colour, marker = look.of_class(int(k))
        name: str | None = boundary.names[k]
        for held_out, size in ((True, 34), (False, 12)):
            chosen = (boundary.labels == k) & (boundary.held_out == held_out)
            if chosen.any():
                ax.scatter(
                    *boundary.points[chosen].T,
                    **{"color": colour, "marker": marker, "s": size * scale**2, "label": name, "zorder": 3},
                    **{"edgecolors": look.paper if held_out else "none", "linewidths": 0.6},
                )
                name = None  # one entry for each class
    if not right.all():
        ring = {"facecolors": "none", "edgecolors": look.ink, "linewidths": 1.1, "zorder": 4}
        ax.scatter(*boundary.points[~right].T, s=110 * scale**2, label=_("wrong"), **ring)


def draw_regions(ax: Any, boundary: Boundary, look: figure.Look, resolution: int = 200) -> None:
    """Fill where each class is the likeliest: the surer, the more opaque; and a line where two are equal."""
    shares = boundary.grid(resolution, resolution)
    xs, ys = places(boundary.box, resolution, resolution)
    known = np.isfinite(shares).all(axis=2)
    likeliest = np.where(known, shares.argmax(axis=2), -1)
    picture = np.zeros((*likeliest.shape, 4))
    least = 1 / shares.shape[2]
    sure = np.where(known, (shares.max(axis=2) - least) / (1 - least), 0)
    opacity = FAINTEST + (FAINT - FAINTEST) * np.minimum(np.floor(sure * BANDS), BANDS - 1) / (BANDS - 1)
    kinds = [int(k) for k in np.unique(likeliest) if k >= 0]
    for label in kinds:
        colour, _marker = look.of_class(label)
        picture[likeliest == label, :3] = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    picture[..., 3] = np.where(known, opacity, 0)
    ax.imshow(picture, origin="upper", extent=boundary.box, aspect="auto", interpolation="nearest", zorder=0)
    for label in kinds:
        ahead = shares[..., label] - np.delete(shares, label, axis=2).max(axis=2)
        if np.nanmin(ahead) < 0 < np.nanmax(ahead):
            ax.contour(xs, ys, ahead, levels=[0.0], colors=look.ink, linewidths=1.2, zorder=2)


def _probabilities(model: Any, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the model gives each class at some places, shape (places, classes)."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows), dtype=float)
    found = outputs_of(model, rows) if isinstance(model, Module) else model(rows)
    logits = np.asarray(found.numpy() if isinstance(found, Tensor) else found, dtype=float)
    if logits.ndim not in (1, 2) or len(logits) != len(rows):
        raise ShapeError(f"decision_boundary: the model gives {logits.shape} for points of shape {rows.shape}")
    return Objective.of("cross_entropy").shares(logits.reshape(len(rows), -1))
