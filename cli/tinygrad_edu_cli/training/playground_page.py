"""The playground as a file, and a command `train` as its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu_viz.pages import playground

from ..errors import CommandError, FileError
from ..exporting import write_by_kind
from ..optimizers import KINDS
from .config import LEARNING_RATES
from .run import told

NUMBERS = ("noise", "l1", "l2", "weight_decay", "dropout", "seed", "activation", "loss")  # of the same name in both
ALSO = ("data", "net", "optimizer", "lr", "batch_size", "momentum", "nesterov")
MOST_LAYERS, MOST_UNITS = 6, 10  # as MOST in playground_run.js


def settings_like(params: Mapping[str, Any], given: set[str]) -> tuple[dict[str, Any], list[str]]:
    """The playground's settings for the options of `train`, and the options that it has nothing for.

    Args:
        params: the options' values by their names.
        given: the names of those that were given.
    Raises:
        CommandError: data or a network that the playground cannot show.
    """
    data = params["data"] or playground.SETS[0]
    name = data.strip().lower().replace("-", "_")
    if name not in playground.SETS:
        raise CommandError(
            f"--like: the playground has no data {data!r}",
            f"it has {', '.join(playground.SETS)}; a file is given by the playground's own --data FILE.csv",
        )
    settings = {"data": name, **{key: params[key] for key in NUMBERS if key in given}}
    if "net" in given:
        settings["hidden"] = _hidden(params["net"])
    if "optimizer" in given:
        settings["optimizer"] = _optimizer(params)
    if "lr" in given or "optimizer" in given:
        settings["lr"] = params["lr"] or LEARNING_RATES[params["optimizer"]]
    if "batch_size" in given:
        settings["batch"] = playground.ROWS if params["batch_size"] == "full" else params["batch_size"]
    known = {*NUMBERS, *ALSO} if params["standardize"] else {*NUMBERS, *ALSO, "standardize"}
    return settings, sorted(f"--{key.replace('_', '-')}" for key in given - known)


def _hidden(net: tuple[int, ...]) -> list[int]:
    hidden = list(net[1:-1])
    if len(hidden) > MOST_LAYERS or max(hidden, default=1) > MOST_UNITS:
        raise CommandError(
            f"--like: the playground draws {MOST_LAYERS} hidden layers of {MOST_UNITS} units at most, and this net is "
            f"{'-'.join(map(str, net))}",
            "give a smaller --net",
        )
    return hidden


def _optimizer(params: Mapping[str, Any]) -> str:
    """What the page calls an optimizer: it has SGD with a momentum of 0.9, too."""
    name = KINDS[params["optimizer"]].__name__
    if name != "SGD" or not params["momentum"]:
        return name
    return "SGD, Nesterov" if params["nesterov"] else "SGD, momentum"


def write(output: Path, data: Path | None, settings: dict[str, Any], theme: str | None) -> str:
    """Write the page; what was written is returned.

    Raises:
        CommandError: data that the playground cannot draw.
        FileError: a file cannot be read or written.
    """
    own = None
    if data is not None:
        try:
            with told():
                own = tg.data.read_csv(data)
        except OSError as error:
            raise FileError(f"cannot read {data}: {error.strerror or error}") from None

    def page(file: Path) -> str:
        file.write_text(playground.page(own, str(data), settings, theme or "auto"), encoding="utf-8")
        return ""

    return write_by_kind(output, dict.fromkeys((".html", ".htm"), page))
