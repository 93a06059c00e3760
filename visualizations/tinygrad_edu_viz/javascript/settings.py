"""Which settings an optimizer takes, found out by asking its class: so a page refuses what Python refuses."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

from tinygrad_edu import Value
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.optim import Optimizer

TINY, ON = 1e-300, 0.5


class Limits(NamedTuple):
    """What the settings of a kind of optimizer may be.

    Attributes:
        bounds: of each number, [0, 1] for one that is at least 0 and below 1; None where there is no bound. A number of
            a pair is called `betas[0]`.
        refused: by the names, with spaces between them, of those `together` that are on (True, or not 0), why these do
            not go together.
        together: the settings of which this depends.
    """

    bounds: dict[str, list[float | None]]
    refused: dict[str, str]
    together: list[str]


def limits(kind: type[Optimizer]) -> Limits:
    """Those of a kind of optimizer, for numbers between their bounds."""
    settings = kind([Value(0.0)]).defaults
    paths = [(name, k) for name, value in settings.items() for k in _places(value)]
    numbers = [path for path in paths if not isinstance(settings[path[0]], bool)]
    bounds = {_text(path): _bounds(kind, settings, path) for path in numbers}
    found = {}
    for states in product((False, True), repeat=len(settings)):
        on = dict(zip(settings, states, strict=True))
        found[states] = _refusal(kind, {name: _switched(value, on[name]) for name, value in settings.items()})
    together = [name for place, name in enumerate(settings) if _matters(found, place)]
    refused = {
        " ".join(name for name, is_on in zip(settings, states, strict=True) if is_on and name in together): why
        for states, why in found.items()
        if why
    }
    return Limits(bounds, refused, together)


def _places(value: Any) -> list[int | None]:
    return list(range(len(value))) if isinstance(value, (tuple, list)) else [None]


def _text(path: tuple[str, int | None]) -> str:
    name, place = path
    return name if place is None else f"{name}[{place}]"


def _bounds(kind: type[Optimizer], settings: dict[str, Any], path: tuple[str, int | None]) -> list[float | None]:
    refuses = lambda x: bool(_refusal(kind, _with(settings, path, x)))  # noqa: E731
    return [0.0 if refuses(-TINY) else None, 1.0 if refuses(1.0) else None]


def _with(settings: dict[str, Any], path: tuple[str, int | None], number: float) -> dict[str, Any]:
    name, place = path
    if place is None:
        return {**settings, name: number}
    return {**settings, name: tuple([number if k == place else x for k, x in enumerate(settings[name])])}


def _switched(value: Any, on: bool) -> Any:
    if isinstance(value, bool):
        return on
    if isinstance(value, (tuple, list)):
        return tuple([_switched(x, on) for x in value])
    return (value or ON) if on else 0.0


def _refusal(kind: type[Optimizer], settings: dict[str, Any]) -> str:
    try:
        kind([Value(0.0)], **settings)
    except ArgumentError as error:
        return str(error)
    return ""


def _matters(found: dict[tuple[bool, ...], str], place: int) -> bool:
    other = lambda states: (*states[:place], not states[place], *states[place + 1 :])  # noqa: E731
    return any(why != found[other(states)] for states, why in found.items())
