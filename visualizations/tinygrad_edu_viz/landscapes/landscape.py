"""The loss around the trails of some runs, in the plane that these lie in best.

Goodfellow, Vinyals and Saxe, "Qualitatively characterizing neural network optimization problems" (2015); Li et al.,
"Visualizing the loss landscape of neural nets" (2018), whose plane for trajectories is this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.nn.module import Module
from tinygrad_edu_words import _

from .bands import HIGHEST, Bands
from .model_loss import ModelLoss
from .plane import Plane, plane_of
from .trail import Trail, recorded

Array = np.ndarray[Any, Any]
Loss = Callable[[Array], Array]  # from weights (m, n) to losses (m,)

COARSE, FINE = (20, 15), (61, 46)  # places across and up
CURVE = 5  # places of a line for each across
MARGIN, MARGIN_OF_CURVE = 0.25, 0.12  # of the extent of the trails, around them
NARROWEST = 0.15  # of the longer side of the map
BLOWN = 10.0  # times the loss at the start: such a run blew up
LETTERS = "ABCDEFG"  # of the trails' ends; S is the start


class NothingMoved(ArgumentError):
    """No weight changed, so that there is no direction to look along."""


@dataclass(frozen=True)
class WalkedTrail:
    """A trail as it lies in the landscape, point by point.

    Attributes:
        letter: A for the first run, B for the second, ...
        places: where it is in the plane, or what is below it, shape (points, d).
        losses: of its own weights, shape (points,).
        below: of the weights in the plane below it; the same if it lies in the plane.
        updates: how many had been made, shape (points,).
        times, unit: the same in epochs, where there are any; "epoch" or "update".
        moments: in words, "epoch 3" or "update 3".
        way, distance: how far the weights went from point to point, and how far that is from start to end.
        turns: the share of its steps that lead back, at more than a right angle to the step before; None where not all
            steps are here, or where each is of another batch, so that noise leads back and not the ground.
        missing: why its end is left out; "" if it is not.
    """

    name: str
    letter: str
    places: Array
    losses: Array
    below: Array
    updates: Array
    times: Array
    unit: str
    moments: tuple[str, ...]
    way: float
    distance: float
    turns: float | None
    missing: str = ""

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def halfway(self) -> int:
        """The point in the middle."""
        return len(self) // 2


@dataclass(frozen=True)
class Landscape:
    """A map of the loss, and the trails on it; a curve where there is one direction.

    Attributes:
        title: what was learned, and how.
        trails: see `WalkedTrail`.
        plane: see `Plane`.
        sides: the places along each axis, ascending: (nx,) and (ny,), or (nx,) alone.
        losses: shape (ny, nx), row by row from the lowest y; of a curve (nx,).
        notes: what one should know about these losses.
        loss: the function that they are of.
    """

    title: str
    trails: tuple[WalkedTrail, ...]
    plane: Plane
    sides: tuple[Array, ...]
    losses: Array
    notes: tuple[str, ...]
    loss: Loss

    @classmethod
    def of(cls, runs: Mapping[str, Any], shape: tuple[int, int] = FINE, title: str = "") -> Landscape:
        """The landscape of some runs, which are run to their end. Models and losses must be alike.

        Args:
            runs: `tg.train.start(model, ...)` by their names; none has begun.
            shape: places across and up.
        Raises:
            NothingMoved: no run changed any weight.
            ArgumentError: no runs or too many, or models whose weights differ in shape.
        """
        if not runs:
            raise ArgumentError("landscape: there are no runs")
        first = next(iter(runs.values()))
        trails = [recorded(name, run.model, run.events()) for name, run in runs.items()]
        loss = ModelLoss(first.model, first.examples, first.objective)
        return survey(trails, loss, shape, axis_names(first.model), loss.notes, title)

    @property
    def is_curve(self) -> bool:
        return len(self.sides) == 1

    @property
    def bands(self) -> Bands:
        """The heights; of a curve all are shown, of a surface not the highest walls."""
        return Bands.of(self.losses, 100.0 if self.is_curve else HIGHEST)

    @property
    def lowest(self) -> tuple[Array, float] | None:
        """Where the map is lowest, shape (d,), and the loss there; None if it has no number."""
        if not np.isfinite(self.losses).any():
            return None
        place = np.unravel_index(
            int(np.nanargmin(np.where(np.isfinite(self.losses), self.losses, np.inf))), self.losses.shape
        )
        return np.array([side[k] for side, k in zip(self.sides, reversed(place), strict=True)]), float(
            self.losses[place]
        )

    def finer(self, shape: tuple[int, int] = FINE) -> Landscape:
        """The same with other places."""
        sides = _sides(self.trails, shape)
        return replace(self, sides=sides, losses=_heights(self.loss, self.plane, sides))


def axis_names(model: Module) -> list[str]:
    """What the weights of a model are called, the shortest way: "weight", or "0.weight" if there are several."""
    names = [name for name, _ in model.named_parameters()]
    last = [name.rpartition(".")[2] for name in names]
    return last if len(set(last)) == len(last) else names


def survey(
    trails: Sequence[Trail],
    loss: Loss,
    shape: tuple[int, int] = FINE,
    names: Sequence[str] = (),
    notes: Sequence[str] = (),
    title: str = "",
) -> Landscape:
    """The landscape around trails.

    Args:
        names: of the weights; they become those of the axes where there are one or two weights.
    Raises:
        NothingMoved: no weight moved, and there are more than two.
        ArgumentError: no trails or too many, or trails of different numbers of weights.
    """
    if not 1 <= len(trails) <= len(LETTERS):
        raise ArgumentError(f"landscape: give 1 to {len(LETTERS)} runs, not {len(trails)}")
    sizes = {trail.weights.shape[1] for trail in trails}
    if len(sizes) > 1:
        raise ArgumentError(
            f"landscape: the models have {' and '.join(f'{size:,}' for size in sorted(sizes))} weights, and a plane "
            "holds models of one kind"
        )
    heights = [loss(trail.weights) for trail in trails]
    tamed = [_tamed(trail, own, heights) for trail, own in zip(trails, heights, strict=True)]
    plane = plane_of(tamed, names)
    if plane is None:
        raise NothingMoved("landscape: no weight moved, so that there is no direction to look along")
    walked = tuple(_walked(k, trail, heights[k][: len(trail)], plane, loss) for k, trail in enumerate(tamed))
    sides = _sides(walked, shape)
    return Landscape(title, walked, plane, sides, _heights(loss, plane, sides), tuple(notes), loss)


def _tamed(trail: Trail, losses: Array, all_losses: Sequence[Array]) -> Trail:
    """A trail up to where its loss explodes: beyond, it would be all that the map shows."""
    limit = BLOWN * max(abs(float(each[0])) for each in all_losses)
    with np.errstate(invalid="ignore"):
        wild = ~np.isfinite(losses) | ((np.abs(losses) > limit) & (limit > 0))
    wild[0] = False
    if not wild.any():
        return trail
    first = int(np.flatnonzero(wild)[0])
    if np.isnan(losses[first]):
        return trail.cut(first, _("its loss is not a number at {moment}").format(moment=trail.moment(first)))
    return trail.cut(
        first,
        _("its loss blows up: {losses} at {moment}").format(losses=f"{losses[first]:.3g}", moment=trail.moment(first)),
    )


def _walked(k: int, trail: Trail, losses: Array, plane: Plane, loss: Loss) -> WalkedTrail:
    places = plane.places(trail.weights)
    below = losses if plane.exact else loss(plane.weights(places))
    steps = np.diff(trail.weights, axis=0)
    return WalkedTrail(
        name=trail.name,
        letter=LETTERS[k],
        places=places,
        losses=losses,
        below=below,
        updates=trail.updates,
        times=trail.updates if trail.epochs is None else trail.epochs,
        unit="update" if trail.epochs is None else "epoch",
        moments=tuple(trail.moment(point) for point in range(len(trail))),
        way=float(np.linalg.norm(steps, axis=1).sum()),
        distance=float(np.linalg.norm(trail.weights[-1] - trail.weights[0])),
        turns=_turns(trail, steps),
        missing=trail.missing,
    )


def _turns(trail: Trail, steps: Array) -> float | None:
    """The share of steps that lead back."""
    whole = trail.epochs is None or np.array_equal(trail.epochs, trail.updates)  # an update sees all examples
    if not whole or len(steps) < 2 or len(steps) != trail.updates[-1]:
        return None
    return float(((steps[1:] * steps[:-1]).sum(axis=1) < 0).mean())


def _sides(trails: Sequence[WalkedTrail], shape: tuple[int, int]) -> tuple[Array, ...]:
    """The places along each axis, so that all trails are inside with a margin."""
    points = np.concatenate([trail.places for trail in trails])
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, NARROWEST * (high - low).max())
    if not size.any():  # nothing moved
        size = np.maximum(np.abs(low), 1.0)
    middle, half = (low + high) / 2, size * (0.5 + (MARGIN if len(size) > 1 else MARGIN_OF_CURVE))
    counts = shape if len(size) > 1 else (shape[0] * CURVE,)
    return tuple(np.linspace(m - h, m + h, n) for m, h, n in zip(middle, half, counts, strict=True))


def _heights(loss: Loss, plane: Plane, sides: tuple[Array, ...]) -> Array:
    """The loss at each place, shape (ny, nx), or (nx,)."""
    grid = np.meshgrid(*sides)
    places = np.stack([part.ravel() for part in grid], axis=1)
    return loss(plane.weights(places)).reshape(grid[0].shape)
