"""Gradient descent on an expression: its trails, and the curve or the surface that they lie on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import numpy as np

from tinygrad_edu import Tensor, Value
from tinygrad_edu_viz.landscapes.landscape import COARSE, Landscape, survey
from tinygrad_edu_viz.landscapes.trail import MOST_POINTS, THINNED, Trail, finite, flat
from tinygrad_edu_words import _, grouped, ngettext

from .. import optimizers
from ..errors import CommandError, ExpressionError
from ..expressions.expression import evaluate
from ..phrases import nearest, some
from ..training.config import RunConfig
from ..updating import LEARNED, RATE, RATES

Array = np.ndarray[Any, Any]

UPDATES = 50
TOGETHER = 500  # places that are evaluated at once


class Descent:
    """An expression of which some names are learned, and the others stay as they were set.

    Args:
        text: as of `evaluate`.
        settings: the numbers of all names.
        learned: names; None for those that begin with w, W, b or θ, and if there are none, for all.
    Raises:
        CommandError: an expression that cannot be read, a name that it has not, or more than two numbers to learn.
    """

    def __init__(self, text: str, settings: dict[str, Any], learned: Sequence[str] | None):
        self.text, self.settings = text.strip(), settings
        found = evaluate(text, settings)
        self.tensors = any(isinstance(leaf, Tensor) for leaf in found.leaves.values())
        for name in found.unused:
            click.echo(
                _("warning: --set {name} is not used: the expression has no such name").format(name=name), err=True
            )
        self.learned = _chosen(list(found.leaves), learned)
        fixed = [name for name in found.leaves if name not in self.learned]
        stays = ngettext("{fixed} stays as set", "{fixed} stay as set", len(fixed)).format(fixed=some(fixed))
        self.notes = [
            _("learned: {learned}; {stays} (--learn says what is learned)").format(
                learned=", ".join(self.learned), stays=stays
            )
        ]
        if learned is not None or not fixed:
            self.notes = []
        self.shapes = {name: np.shape(settings[name]) for name in self.learned}
        self.names = [label for name in self.learned for label in _labels(name, self.shapes[name])]
        if len(self.names) > 2:
            others = [name for name in found.leaves if name not in self.learned]
            raise CommandError(
                _("{n} numbers are to be learned ({names}), and a picture has two directions").format(
                    n=grouped(len(self.names)), names=some(self.names)
                ),
                _("say which two (or one), and the others stay as they are: --learn {names}").format(
                    names=",".join(self.names[:2])
                )
                if all(shape == () for shape in self.shapes.values())
                else _("learn one or two numbers: --learn NAME,NAME   (also: {names})").format(
                    names=some([*self.learned, *others])
                ),
            )

    def losses(self, weights: Array) -> Array:
        """The values (m,) of the expression where what is learned is (m, n); nan where it has none."""
        try:
            if not self.tensors:
                parts = range(0, len(weights), TOGETHER)
                return np.concatenate([self._together(weights[k : k + TOGETHER]) for k in parts])
        except ExpressionError:  # so many numbers at once are more than an expression may have
            pass
        return np.array([self._at(row) for row in weights])

    def _together(self, weights: Array) -> Array:
        """The same in one evaluation: what is made of numbers, number by number, may be made of rows of them."""
        rows = {name: weights[:, k].tolist() for k, name in enumerate(self.learned)}
        found = evaluate(self.text, {**self.settings, **rows}, one=False).root
        return np.broadcast_to(np.asarray(found.data, dtype=float), len(weights))

    def _at(self, row: Array) -> float:
        try:
            return float(np.asarray(evaluate(self.text, self._settings(row)).root.data).item())
        except ExpressionError:  # beyond what its functions take
            return float("nan")

    def _settings(self, row: Array) -> dict[str, Any]:
        found, start = dict(self.settings), 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape, dtype=int))
            part = row[start : start + size]
            found[name] = part.reshape(shape).tolist() if shape else float(part[0])
            start += size
        return found

    def trail(self, label: str, config: RunConfig, updates: int) -> Trail:
        """The trail of an optimizer, from where the numbers were set."""
        weights = [self._leaf(self.settings[name]) for name in self.learned]
        settings = {name: getattr(config, name) for name in optimizers.SETTINGS}
        lr = config.lr or RATES.get(config.optimizer, RATE)
        optimizer = optimizers.make(config.optimizer, weights, lr, settings)
        points, stride = [flat(weights)], 1
        for _update in range(updates):
            self._learn(weights, optimizer)
            points.append(flat(weights))
            if not np.isfinite(points[-1]).all():
                break
        while len(points) > MOST_POINTS * stride:
            stride *= THINNED
        kept = [*range(0, len(points) - 1, stride), len(points) - 1]
        return finite(Trail(label, np.array(points)[kept], np.array(kept)))

    def _learn(self, weights: list[Any], optimizer: Any) -> None:
        """One update, by the gradients of the expression as it is evaluated anew."""
        root, leaves, _constants = evaluate(self.text, self._settings(flat(weights)))
        with np.errstate(all="ignore"):
            root.backward()
            for name, weight in zip(self.learned, weights, strict=True):
                weight.grad = leaves[name].grad
            optimizer.step()

    def _leaf(self, number: Any) -> Any:
        return Tensor(number, requires_grad=True, dtype="float64") if self.tensors else Value(number)


def surveyed(
    text: str,
    settings: dict[str, Any],
    learned: Sequence[str] | None,
    name: str,
    values: dict[str, Any],
    options: dict[str, Any],
    updates: int | None,
) -> Landscape:
    """Let an optimizer go down an expression for each value of a setting, and look at the expression around.

    Raises:
        CommandError: as `Descent`, or settings that do not go together.
    """
    descent = Descent(text, settings, learned)
    configs = {label: RunConfig(**{**options, "data": "", name: value}) for label, value in values.items()}
    configs = {label: config.without_foreign(configs.values()) for label, config in configs.items()}
    trails = []
    for label, config in configs.items():
        config.check()
        trails.append(descent.trail(label, config, updates or UPDATES))
    return survey(trails, descent.losses, COARSE, descent.names, descent.notes, descent.text)


def _chosen(names: list[str], learned: Sequence[str] | None) -> list[str]:
    """The names that are learned, in the order of the expression."""
    if learned is None:
        return [name for name in names if name.startswith(LEARNED)] or names
    for name in learned:
        if name not in names:
            near = nearest(name, names)
            raise CommandError(
                _("--learn {name}: the expression has no such name").format(name=name),
                _("did you mean {near}?").format(near=near) if near else _("it has {names}").format(names=some(names)),
            )
    return [name for name in names if name in learned]


def _labels(name: str, shape: tuple[int, ...]) -> list[str]:
    """What the numbers of a name are called: "w", or "w[0]", "w[1]"."""
    if shape == ():
        return [name]
    return [f"{name}[{', '.join(map(str, index))}]" for index in np.ndindex(*shape)]
