"""The optimizers by the names that the options have for them, and which settings each takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tinygrad_edu import optim
from tinygrad_edu_words import _

from .errors import CommandError
from .phrases import either

KINDS = {
    **{"sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW, "nadam": optim.NAdam},
    **{"adagrad": optim.Adagrad, "adadelta": optim.Adadelta, "rmsprop": optim.RMSprop},
}
SETTINGS = ("momentum", "nesterov", "betas", "alpha", "rho", "eps", "weight_decay")
WITH: dict[str, tuple[str, ...]] = {  # the settings that some optimizers lack
    "momentum": ("sgd", "rmsprop"),
    "nesterov": ("sgd",),
    "betas": ("adam", "adamw", "nadam"),
    "alpha": ("rmsprop",),
    "rho": ("adadelta",),
    "eps": ("adam", "adamw", "nadam", "adagrad", "adadelta", "rmsprop"),
}


def check(kind: str, given: Mapping[str, Any]) -> None:
    """Refuse settings that an optimizer lacks.

    Args:
        given: settings by their names; None and False where nothing was said.
    Raises:
        CommandError: see there.
    """
    for name, kinds in WITH.items():
        if is_given(given.get(name)) and kind not in kinds:
            raise CommandError(
                _("--{name} is a setting of {kinds}, and the optimizer is {kind}").format(
                    name=name.replace("_", "-"), kinds=either(kinds), kind=kind
                ),
                _("leave it out, or choose --optimizer {kind}").format(kind=kinds[0]),
            )
    if given.get("nesterov") and not given.get("momentum"):
        raise CommandError(_("--nesterov looks ahead along the momentum, and there is none"), _("add --momentum 0.9"))


def make(kind: str, parameters: Iterable[Any], lr: float, given: Mapping[str, Any]) -> optim.Optimizer:
    """An optimizer, with the class's own defaults for what was not said."""
    settings = {name: given[name] for name in SETTINGS if is_given(given.get(name))}
    return KINDS[kind](parameters, lr=lr, **settings)


def is_given(value: Any) -> bool:
    """Whether something was said of a setting; 0 is something."""
    return value is not None and value is not False
