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

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..checks import is_within
from ..errors import ArgumentError, GraphError, StateError
from ..graph.node import Node
from ..tapes.cuda.language import read_by_people
from ..tapes.kernel import Kernel, written
from ..tensors.value import Value
from ..vocabulary import CheckedKeywords, checked_keywords
from .flat import Flat, flat_of
from .state import state_of

Group = dict[str, Any]


class ParameterState(NamedTuple):
    """A parameter as an optimizer sees it, between two updates.

    Attributes:
        settings: those of its group, at this moment.
        updates: how many it has had.
        weights: a copy of its numbers, on the host; of float16 the float32 ones that are updated in its place.
        states: copies of the optimizer's states, each of the shape of the parameter.
    """

    parameter: Any
    settings: Group
    updates: int
    weights: np.ndarray
    states: dict[str, np.ndarray]


class Optimizer(CheckedKeywords):
    """Base of all optimizers.

    Args:
        params: leaf tensors (or Values) that require gradients, or a list of groups: dictionaries with "params" and
            settings of their own, such as `{"params": model.parameters(), "lr": 0.01}`.
        settings: the settings of the groups that do not say otherwise. Each kind has `lr`, the learning rate, and
            `weight_decay`: weight_decay · w is added to g first, where w is a weight and g its gradient. Many have
            `eps`, which keeps the step finite where they divide by 0.
    Raises:
        ArgumentError: no parameters, one of them twice, or a setting out of its range; the message names it.
        GraphError: a parameter is no leaf that requires gradients.
    """

    rule: ClassVar[Callable[..., Any]]
    not_negative: ClassVar[tuple[str, ...]] = ("lr", "weight_decay")  # settings that are numbers of at least 0
    fractions: ClassVar[tuple[str, ...]] = ()  # ... and in [0, 1)
    scheduled_by: tuple[object, str] = (None, "")  # the schedule that made the last step, and its name

    def __init__(self, params: Iterable[Any], **settings: Any):
        params = _listed(self, params)
        groups = params if params and isinstance(params[0], dict) else [{"params": params}]
        self.defaults = settings
        self.groups: list[Group] = []
        self._flats: list[list[Flat]] = []
        for group in groups:
            self.add_group(group)

    def add_group(self, group: Group) -> None:
        """Add parameters with settings of their own, `{"params": [...], "lr": 0.01}`."""
        if not isinstance(group, dict) or "params" not in group:
            raise ArgumentError(f'{type(self).__name__}: a group is a dictionary with "params", not {group!r}')
        unknown = set(group) - set(self.defaults) - {"params"}
        if unknown:
            raise ArgumentError(
                f"{type(self).__name__}: unknown setting {min(unknown)!r} of a group; there are: "
                f"params, {', '.join(self.defaults)}"
            )
        params = _listed(self, group["params"])
        settings = {**self.defaults, **group, "params": params}
        group = {name: x.item() if isinstance(x, np.generic) else x for name, x in settings.items()}
        self._check_parameters(params)
        self.check(group)
        self.groups.append(group)
        blocks = [list(block) for _, block in groupby(params, key=_kind)]
        self._flats.append([flat_of(block[0])(block) for block in blocks])

    @property
    def lr(self) -> float:
        """The learning rate of the first group; assigning it sets that of all groups.

        Where there is a schedule, it scales what the schedule gives from then on; see `schedules.py`.
        """
        return self.groups[0]["lr"]

    @lr.setter
    def lr(self, lr: float) -> None:
        lr = lr.item() if isinstance(lr, np.generic) else lr
        check_range(self, "lr", lr)
        for group in self.groups:
            group["lr"] = float(lr)

    @property
    def parameters(self) -> list[Any]:
        """The parameters of all groups."""
        return [p for group in self.groups for p in group["params"]]

    @checked_keywords
    def zero_grad(self) -> None:
        """Forget the gradients: without it the next backward pass adds to them."""
        for flats in self._flats:
            for flat in flats:
                flat.forget_gradients()

    def step(self) -> None:
        """Update every parameter that has a gradient; one without is left as it is, and so is its state."""
        for group, flats in zip(self.groups, self._flats, strict=True):
            for flat in flats:
                flat.backend.run(self._update, group, flat)

    def _update(self, group: Group, flat: Flat) -> None:
        self._apply(group, flat, flat.gather(), flat.backend.language)

    def _apply(self, group: Group, flat: Flat, ready: Sequence[int], language: str) -> None:
        for arrays, t in flat.parts(ready, self.initial_state(group)):
            arguments = self.arguments(group, t)
            flat.arguments["t"] = t
            if arguments != flat.arguments:  # a setting is another one than in the last update
                flat.arguments, flat.kernel = arguments, self.kernel(len(arrays), arguments)
            code = written(flat.kernel, language)
            flat.backend.update(code, arrays, flat.kernel.parameters_of(arguments), flat.scratch)
        flat.bring_back(ready)

    def holds(self, params: Iterable[Any]) -> bool:
        """Whether these are all parameters, and `spend` can update them: they and their gradient buffers lie in flat
        arrays, and `step` is that of this class."""
        kind = type(self)
        own = kind.step is Optimizer.step and kind._update is Optimizer._update and "step" not in vars(self)
        same = {id(p) for p in params} == {id(p) for p in self.parameters}
        return own and same and all(flat.holds() for flats in self._flats for flat in flats)

    def spend(self) -> None:
        """`step`, where each parameter's gradient lies in its buffer and nobody is going to read it: it is overwritten.

        Only if `holds` said so of the parameters.
        """
        for group, flats in zip(self.groups, self._flats, strict=True):
            for flat in flats:
                language = "spending" if flat.backend.is_host else flat.backend.language
                self._apply(group, flat, range(len(flat.params)), language)

    def kernel(self, arrays: int, arguments: dict[str, Any]) -> Kernel:
        """The rule as a kernel of so many arrays, and of the numbers among its arguments.

        A number that is 0 is fixed in the kernel, so that what it multiplies is left out; there is another kernel for
        when it is not.
        """
        fixed = {name: value for name, value in arguments.items() if not value or value is True}
        names = tuple(name for name in arguments if name not in fixed)
        return _kernel(type(self).rule, arrays, names, tuple(fixed.items()))

    @property
    def source(self) -> str:
        """The code of the next update: Python, which may overwrite the gradients (see `spend`); on a GPU CUDA, for the
        elements of one place."""
        found = []
        for group, flats in zip(self.groups, self._flats, strict=True):
            arrays = ["w", *self.initial_state(group), "g"]
            kernel = self.kernel(len(arrays), self.arguments(group, max(flats[0].steps) + 1))
            on_gpu = flats[0].backend.language == "cuda"
            found.append(read_by_people(kernel, arrays) if on_gpu else written(kernel, "spending").text(arrays))
        told = f"# {type(self).__name__}: an update of all weights w side by side, their gradients g in one array\n"
        return told + "\n\n".join(dict.fromkeys(found))

    # --- what a kind of optimizer says ---

    def initial_state(self, group: Group) -> dict[str, float]:
        """The state arrays that the rule takes after `w`, in its order, each with the number that it starts with."""
        return {}

    def arguments(self, group: Group, t: int) -> dict[str, Any]:
        """The rule's arguments after the arrays, in step `t` (1 is the first)."""
        arguments = {**group, "t": t}
        for name in ("params", "initial_lr"):  # the latter is a schedule's
            arguments.pop(name, None)
        return arguments

    def check(self, group: Group) -> None:
        """Refuse settings out of their ranges."""
        for name in self.not_negative:
            check_range(self, name, group.get(name, 0))
        for name in self.fractions:
            check_range(self, name, group[name], below=1)

    # --- state ---

    def parameter_states(self) -> Iterator[ParameterState]:
        """Each parameter, with copies of its numbers and of its states."""
        for group, flats in zip(self.groups, self._flats, strict=True):
            settings, initial = {**group}, self.initial_state(group)
            for flat in flats:
                arrays = flat.state()
                for p, where, updates in zip(flat.params, flat.slices, flat.steps, strict=True):
                    of_p = {name: array[where].reshape(getattr(p._data, "shape", ())) for name, array in arrays.items()}
                    weights = of_p.get("weights", np.array(flat.backend.asnumpy(p._data)))
                    states = {name: of_p.get(name, np.full(weights.shape, start)) for name, start in initial.items()}
                    yield ParameterState(p, settings, updates, weights, states)

    def state_dict(self) -> dict[str, Any]:
        """All that a later step depends on besides the weights: settings, step counters, and state arrays (copies, on
        the host, flat in the order of the parameters)."""
        return {
            "kind": type(self).__name__,
            "groups": [
                {
                    "settings": {name: value for name, value in group.items() if name != "params"},
                    "steps": [list(flat.steps) for flat in flats],
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
            raise StateError(f"the state is that of {str(kind)[:40]}, this optimizer is {name}")
        try:
            state = state_of(self.defaults)(state)
            for saved, flats in zip(state["groups"], self._flats, strict=True):
                self._check_state(saved, flats)
        except (LookupError, TypeError, ValueError) as error:
            raise StateError(f"{name}: the state is that of other parameters, or damaged ({error})") from error
        for group, saved, flats in zip(self.groups, state["groups"], self._flats, strict=True):
            group.update(saved["settings"])
            for flat, steps, arrays in zip(flats, saved["steps"], saved["state"], strict=True):
                flat.load(arrays, steps)

    def _check_state(self, saved: dict[str, Any], flats: list[Flat]) -> None:
        """Raise one of several errors where the saved state of a group does not fit."""
        settings = saved["settings"]
        self.check(settings)
        for flat, steps, arrays in zip(flats, saved["steps"], saved["state"], strict=True):
            if len(steps) != len(flat.params):
                raise ValueError(f"{len(steps)} step counters for {len(flat.params)} parameters")
            for name in {**arrays, **(self.initial_state(settings) if any(steps) else {})}:
                if np.shape(arrays[name]) != (flat.size,):
                    raise ValueError(f"{name} has shape {np.shape(arrays[name])}, not {(flat.size,)}")

    def __repr__(self) -> str:
        lines = []
        for group in self.groups:
            settings = ", ".join(f"{name}={group[name]}" for name in self.defaults)
            lines.append(f"{type(self).__name__}({len(group['params'])} parameters, {settings})")
        return "\n".join(lines)

    def _check_parameters(self, params: list[Any]) -> None:
        name = type(self).__name__
        if not params:
            raise ArgumentError(f"{name}: no parameters to optimize; give model.parameters()")
        known = {id(p) for p in self.parameters}
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


def _listed(optimizer: Optimizer, params: Any) -> list[Any]:
    """Parameters, or groups of them, as a list.

    Raises:
        ArgumentError: they are a model, a dictionary, or nothing that has items.
    """
    name = type(optimizer).__name__
    if isinstance(params, Node):
        return [params]
    if isinstance(params, dict):
        raise ArgumentError(
            f'{name}: give model.parameters(), or groups as a list, [{{"params": ...}}], not a dictionary'
        )
    known = isinstance(params, Iterable) and not isinstance(params, str)
    listed = list(params) if known else []
    for item in (params, *listed):
        if callable(getattr(item, "parameters", None)):
            raise ArgumentError(f"{name}: give model.parameters(), not the model itself, a {type(item).__name__}")
    if not known:
        what = f"a {type(params).__name__}" if callable(params) else repr(params)
        raise ArgumentError(f"{name}: the parameters must be model.parameters(), or a list of tensors, not {what}")
    return listed


def _kind(parameter: Any) -> tuple[str, ...]:
    """What parameters in one flat array have in common."""
    return () if isinstance(parameter, Value) else (parameter.device, str(parameter.dtype))


@cache
def _kernel(rule: Any, arrays: int, names: Sequence[str], fixed: tuple[tuple[str, Any], ...]) -> Kernel:
    return Kernel(rule, arrays, names, dict(fixed))


def check_range(optimizer: Optimizer, name: str, value: Any, below: float = math.inf) -> None:
    """Raise ArgumentError where a setting is no number in [0, below)."""
    if not is_within(value, 0, below):
        must = "be a number of at least 0" if below == math.inf else f"lie in [0, {below})"
        raise ArgumentError(f"{type(optimizer).__name__}: {name} must {must}, not {value!r}")
