"""Optimizers as JavaScript: each rule as a loop over flat arrays, printed when a page is made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from itertools import product
from typing import Any

from tinygrad_edu import Value, optim
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.tapes.javascript_code import noted, write
from tinygrad_edu.tapes.tape import Tape, Tracer, operands_of

from .settings import limits
from .tables import Table, table

ON = 0.5  # for a setting that is on, any number but 0


class _Setting(Tracer):
    """A setting that is not 0, and notes that somebody asks whether it is."""

    __slots__ = ("asked",)
    asked: bool

    def __bool__(self) -> bool:
        self.asked = True
        return True


class _LaterStep(Tracer):
    """The number of a step that is not the first, and notes that somebody asks which it is."""

    __slots__ = ("asked",)
    asked: bool

    def __eq__(self, other: object) -> bool:
        self.asked = True
        return False

    __hash__ = Tracer.__hash__


def optimizers(kinds: Iterable[type[Optimizer]] | None = None) -> Table:
    """`OPTIMIZERS`: of each kind what it is `about`, its `settings`, their `Limits`, `switches` and `forms`.

    A rule leaves out what a setting that is 0 or False multiplies, and may then have no state for it. Such settings are
    `switches`, and there is a form for each combination of those that are on, with their names as its key:

        { states(s), step(w, g, states, s, t), first }

    `s` are the settings. `states` gives the numbers that the state arrays start with; `step` overwrites the arrays w
    and those in `states`; `first`, where there is one, does so in step 1.
    """
    found = [getattr(optim, name) for name in optim.__all__] if kinds is None else list(kinds)
    found = [kind for kind in found if isinstance(kind, type) and issubclass(kind, Optimizer) and kind is not Optimizer]
    return table("OPTIMIZERS", [(kind.__name__, partial(_optimizer, kind)) for kind in found])


def _optimizer(kind: type[Optimizer]) -> str:
    settings = kind([Value(0.0)]).defaults
    switches = _Reading(kind, settings, {}).switches
    forms = []
    for states in product((False, True), repeat=len(switches)):
        on = dict(zip(switches, states, strict=True))
        try:
            kind([Value(0.0)], **{k: is_on if isinstance(settings[k], bool) else is_on * ON for k, is_on in on.items()})
        except ArgumentError:  # these do not go together
            continue
        key = " ".join(name for name in switches if on[name])
        forms.append(f"      {json.dumps(key)}: {_form(kind, settings, on)}")
    about = (kind.__doc__ or "").partition("\n")[0]
    head = {"about": about, "settings": settings, **limits(kind)._asdict(), "switches": switches}
    lines = [f"{name}: {json.dumps(value)},\n    " for name, value in head.items()]
    return f"{{ {''.join(lines)}forms: {{\n" + ",\n".join(forms) + " } }"


def _form(kind: type[Optimizer], settings: dict[str, Any], on: dict[str, bool]) -> str:
    later, first = _Reading(kind, settings, on), ""
    if later.asks_for_the_first and (text := _Reading(kind, settings, on, first=True).step) != later.step:
        first = f", first{text}"
    return f"{{ states(s) {{ return {later.start}; }}, step{later.step}{first} }}"


class _Reading:
    """An optimizer's rule, read in the first step or a later one, with settings that are on unless `on` says no."""

    def __init__(self, kind: type[Optimizer], settings: dict[str, Any], on: dict[str, bool], first: bool = False):
        self.tape = Tape(computes=False)
        self.names: dict[int, str] = {}  # of the numbers, by their places
        self.group = {name: self._setting(name, value, on.get(name, True)) for name, value in settings.items()}
        self.t = 1 if first else self._number(_LaterStep, "t")
        optimizer = kind([Value(0.0)])
        self.states = optimizer.initial_state(self.group)
        self.arrays = [self.tape.input(None) for _ in range(2 + len(self.states))]
        rule = lambda xp, *arrays: kind.rule(xp, *arrays, **optimizer.arguments(self.group, self.t))  # noqa: E731
        self.results = noted(self.tape, rule, *self.arrays)

    def _number(self, kind: type[Tracer], name: str) -> Any:
        number = kind(self.tape, self.tape.input(float).place, float)
        number.asked = False  # type: ignore[attr-defined]
        self.names[number.place] = name
        return number

    def _setting(self, name: str, value: Any, on: bool) -> Any:
        if isinstance(value, bool):
            return on
        if isinstance(value, (tuple, list)):
            return tuple(self._setting(f"{name}[{k}]", part, on) for k, part in enumerate(value))
        return self._number(_Setting, f"s.{name}") if on else 0.0

    @property
    def switches(self) -> list[str]:
        """The settings of which it was asked whether they are 0, and those that are True or False."""
        return [name for name, x in self.group.items() if isinstance(x, bool) or getattr(x, "asked", False)]

    @property
    def asks_for_the_first(self) -> bool:
        return getattr(self.t, "asked", False)

    @property
    def start(self) -> str:
        """The numbers that the states start with, as an object."""
        starts = write(self.tape, self.names, list(self.states.values())).texts
        return f"{{{', '.join(f'{name}: {text}' for name, text in zip(self.states, starts, strict=True))}}}"

    @property
    def step(self) -> str:
        """Parameters and body. What depends on numbers alone is computed before the loop."""
        numbers = self._numbers()
        before = write(self.tape, self.names, [self.tape.arrays[place] for place in numbers], "n")
        arrays = ["w", *[f"states.{name}" for name in self.states], "g"]
        names = {x.place: f"a{k}[i]" for k, x in enumerate(self.arrays)}
        within = write(self.tape, {**names, **{place: f"c{k}" for k, place in enumerate(numbers)}}, self.results)
        outside = [
            *before.lines,
            *[f"const c{k} = {text};" for k, text in enumerate(before.texts)],
            *[f"const a{k} = {array};" for k, array in enumerate(arrays)],
        ]
        inside = [
            *within.lines,
            *[f"const r{k} = {text};" for k, text in enumerate(within.texts)],
            *[f"a{k}[i] = r{k};" for k in range(len(within.texts))],
        ]
        loop = f"for (let i = 0; i < w.length; i++) {{ {' '.join(inside)} }}"
        return f"(w, g, states, s, t) {{ {' '.join(outside)} {loop} }}"

    def _numbers(self) -> list[int]:
        """The places of the numbers that calls on arrays read."""
        found: set[int] = set()
        waiting, seen = operands_of(self.results), set()
        while waiting:
            x = waiting.pop()
            if x.is_number:
                found.add(x.place)
            elif x.place not in seen:
                seen.add(x.place)
                waiting += operands_of(self.tape.calls[x.place])
        return sorted(found)
