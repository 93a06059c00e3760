"""What all optimizers share: parameter groups, flat arrays, the step, and their state.

An optimizer is a formula, `rule(xp, w, *state, g, **numbers)`, that gives the new weights and the new state from the
old ones and the gradient `g`. This file brings weights and gradients to it:

All parameters of a group lie side by side in one flat array, their gradients in another, and so does each state (a
running mean, say). The parameters become views of the flat array. So a step is one call on a few long arrays, however
many parameters there are, and its result is written into the arrays that are there already: a step that made new ones
would spend its time with page faults.

Who owns what: the flat arrays belong to the optimizer. A parameter's `data` and, after a backward pass, its `grad` are
views of them, which later passes and steps overwrite: `.numpy()` or `.data.copy()` gives what stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any, ClassVar

from ..errors import ArgumentError, GraphError, StateError
from ..fuse import Program
from ..node import Node
from .flat import Flat, FlatValues

Group = dict[str, Any]


class Optimizer:
    """Base of all optimizers.

    Args:
        params: leaf tensors (or Values) that require gradients, or a list of groups: dictionaries with "params" and
            settings of their own, such as `{"params": model.parameters(), "lr": 0.01}`.
        settings: the settings of the groups that do not say otherwise, `lr` among them.
    Raises:
        ArgumentError: no parameters, one of them twice, or a setting out of its range; the message names it.
        GraphError: a parameter is no leaf that requires gradients.
    """

    rule: ClassVar[Callable[..., Any]]

    def __init__(self, params: Iterable[Any], **settings: Any):
        params = list(params)
        groups = params if params and isinstance(params[0], dict) else [{"params": params}]
        self.defaults = settings
        self.groups: list[Group] = []
        self._flats: list[list[Flat]] = []
        for group in groups:
            self.add_group(group)

    def add_group(self, group: Group) -> None:
        """Add parameters with settings of their own, `{"params": [...], "lr": 0.01}`."""
        unknown = set(group) - set(self.defaults) - {"params"}
        if unknown:
            raise ArgumentError(
                f"{type(self).__name__}: unknown setting {min(unknown)!r} of a group; there are: "
                f"params, {', '.join(self.defaults)}"
            )
        params = [group["params"]] if isinstance(group["params"], Node) else list(group["params"])
        group = {**self.defaults, **group, "params": params}
        self._check_parameters(params)
        self.check(group)
        self.groups.append(group)
        kinds = groupby(
            params, key=lambda p: (type(p).__name__, getattr(p, "device", ""), str(getattr(p, "dtype", "")))
        )
        blocks = [list(block) for _, block in kinds]
        state = self.state_names(group)
        self._flats.append([(Flat if hasattr(b[0], "backend") else FlatValues)(b, state) for b in blocks])

    @property
    def lr(self) -> float:
        """The learning rate of the first group; assigning it sets that of all groups."""
        return self.groups[0]["lr"]

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self.groups:
            group["lr"] = lr

    @property
    def parameters(self) -> list[Any]:
        """The parameters of all groups."""
        return [p for group in self.groups for p in group["params"]]

    def zero_grad(self) -> None:
        """Forget the gradients: without it the next backward pass adds to them."""
        for flats in self._flats:
            for flat in flats:
                flat.forget_gradients()

    def step(self) -> None:
        """Update every parameter that has a gradient; one without is left as it is, and so is its state."""
        for group, flats in zip(self.groups, self._flats, strict=True):
            for flat in flats:
                for part in flat.parts_with_gradient():
                    numbers, fixed = self.numbers(group, part.steps)
                    program = _program(type(self).rule, len(part.arrays), tuple(numbers), tuple(fixed.items()))
                    flat.backend.update(program, part.arrays, numbers, part.scratch)

    # --- what a kind of optimizer says ---

    def state_names(self, group: Group) -> tuple[str, ...]:
        """The names of the state arrays that the rule takes after `w`; they start as zeros."""
        return ()

    def check(self, group: Group) -> None:
        """Refuse settings out of their ranges."""
        check_at_least(self, group, 0, "lr", "weight_decay")

    def numbers(self, group: Group, t: int) -> tuple[dict[str, float], dict[str, Any]]:
        """The rule's arguments in step `t` (1 is the first): numbers, which may change from step to step, and fixed
        settings, which decide what is computed. A number that is 0 counts as fixed: what it multiplies is left out."""
        given = {name: value for name, value in group.items() if name != "params"}
        given["t"] = t
        numbers = {name: value for name, value in given.items() if value and not isinstance(value, bool)}
        return numbers, {name: value for name, value in given.items() if name not in numbers}

    # --- state ---

    def state_dict(self) -> dict[str, Any]:
        """All that a later step depends on besides the weights: settings, step counters, and state arrays (copies, on
        the host, flat in the order of the parameters)."""
        return {
            "kind": type(self).__name__,
            "groups": [
                {
                    "settings": {name: value for name, value in group.items() if name != "params"},
                    "steps": [t for flat in flats for t in flat.steps],
                    "state": [flat.state() for flat in flats],
                }
                for group, flats in zip(self.groups, self._flats, strict=True)
            ],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another optimizer of the same kind, with parameters of the same shapes, stopped.

        Raises:
            StateError: the state is of another kind of optimizer or of other parameters; nothing has changed then.
        """
        name, kind = type(self).__name__, state.get("kind")
        if kind != name:
            raise StateError(f"the state is that of {kind}, this optimizer is {name}")
        if len(state["groups"]) != len(self.groups):
            raise StateError(f"{name}: the state has {len(state['groups'])} parameter groups, not {len(self.groups)}")
        for saved, flats in zip(state["groups"], self._flats, strict=True):
            if len(saved["state"]) != len(flats):
                raise StateError(f"{name}: the state is that of other parameters")
            for flat, arrays in zip(flats, saved["state"], strict=True):
                flat.check_state(arrays, name)
        for group, saved, flats in zip(self.groups, state["groups"], self._flats, strict=True):
            group.update(saved["settings"])
            steps = iter(saved["steps"])
            for flat, arrays in zip(flats, saved["state"], strict=True):
                flat.load(arrays, [int(next(steps)) for _ in flat.params])

    def __repr__(self) -> str:
        lines = []
        for group in self.groups:
            settings = ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            lines.append(f"{type(self).__name__}({len(group['params'])} parameters, {settings})")
        return "\n".join(lines)

    def _check_parameters(self, params: list[Any]) -> None:
        name = type(self).__name__
        if not params:
            raise ArgumentError(f"{name}: no parameters to optimize; give model.parameters()")
        known = {id(p) for p in self.parameters} if self.groups else set()
        for k, p in enumerate(params):
            if not isinstance(p, Node) or p.op is not None or not p.requires_grad:
                what = p.describe() if isinstance(p, Node) else type(p).__name__
                raise GraphError(
                    f"{name}: parameter {k} is a {what}; an optimizer updates leaves that require gradients, "
                    "tg.Tensor(..., requires_grad=True)"
                )
            if id(p) in known:
                raise ArgumentError(f"{name}: parameter {k}, a {p.describe()}, is there twice")
            known.add(id(p))


@cache
def _program(rule: Any, arrays: int, names: Sequence[str], fixed: tuple[tuple[str, Any], ...]) -> Program:
    return Program(rule, arrays, names, dict(fixed))


def check_at_least(optimizer: Optimizer, group: Group, low: float, *names: str) -> None:
    """Raise ArgumentError where a setting is below `low`, or no number at all."""
    for name in names:
        value = group.get(name, low)
        if not isinstance(value, (int, float)) or not value >= low or value == float("inf"):
            raise ArgumentError(f"{type(optimizer).__name__}: {name} must be a number of at least {low}, not {value!r}")


def check_fraction(optimizer: Optimizer, group: Group, *names: str) -> None:
    """Raise ArgumentError where a setting is not in [0, 1)."""
    for name in names:
        value = group.get(name, 0)
        for fraction in value if isinstance(value, (tuple, list)) else [value]:
            if not 0 <= fraction < 1:
                raise ArgumentError(f"{type(optimizer).__name__}: {name} must lie in [0, 1), not {value!r}")
