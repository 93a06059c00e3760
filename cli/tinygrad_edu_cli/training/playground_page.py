"""The playground as a file, and a command `train` as its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.data.toys import TOYS
from tinygrad_edu_viz.pages import playground
from tinygrad_edu_viz.pages.report import Playground
from tinygrad_edu_words import _, grouped

from ..errors import CommandError, FileError, reason
from ..exporting import write_by_kind
from ..optimizers import KINDS
from .config import DEFAULTS, LEARNING_RATES, WARMUP, RunConfig, option, typed
from .run import Run, told

SAME = (  # of the same name in both
    *("noise", "l1", "l2", "weight_decay", "dropout", "seed", "activation", "loss"),
    *("momentum", "nesterov", "alpha", "rho", "eps"),
    *("schedule", "step_size", "gamma", "eta_min", "warmup", "factor", "plateau_patience"),
)
ALSO = ("data", "net", "optimizer", "lr", "batch_size", "betas")
FIXED = {"n": playground.ROWS, "validation": 0.2, "standardize": False, "drop_last": False, "accumulate": 1}
LARGEST = {"dropout": 0.9, "noise": 5.0}  # as LARGEST in playground_settings.js
MOST_LAYERS, MOST_UNITS = 6, 10  # as MOST there
EPOCHS = 100  # which `train` makes of so many examples
TIMED = ("step", "cosine", "warmup", "onecycle")  # the schedules whose curve depends on the number of epochs


def settings_like(params: Mapping[str, Any], given: set[str]) -> tuple[dict[str, Any], list[str]]:
    """The playground's settings for the options of `train`, and the options that it has nothing for.

    Args:
        params: the options' values by their names.
        given: the names of those that were given.
    Raises:
        CommandError: data or a network that the playground cannot show, or options that do not go together.
    """
    RunConfig(**{f.name: params[f.name] for f in fields(RunConfig)}).check()
    data = params["data"] or playground.SETS[0]
    name = data.strip().lower().replace("-", "_")
    if name not in playground.SETS:
        raise CommandError(
            _("--like: the playground has no data {data!r}").format(data=data),
            _("it has {sets}; a file is given by the playground's own --data FILE.csv").format(
                sets=", ".join(playground.SETS)
            ),
        )
    held = {name for name in given if name in FIXED and params[name] == FIXED[name]}
    settings = {"data": name, **{key: params[key] for key in SAME if key in given}}
    for key in [key for key in settings if key in LARGEST and settings[key] > LARGEST[key]]:
        del settings[key]
    if name in playground.FIXED_NOISE and settings.get("noise") not in (None, TOYS[name].noise):
        del settings["noise"]
    if settings.get("loss") not in (None, *playground.losses_for(name)):
        del settings["loss"]
    held |= {*settings, *ALSO}
    if "net" in given:
        settings["hidden"] = _hidden(params["net"])
        if params["net"][-1] != playground.outputs_of(name):
            held.discard("net")
    if "optimizer" in given:
        settings["optimizer"] = KINDS[params["optimizer"]].__name__
        if params["optimizer"] == "adamw":  # which has one of its own
            settings.setdefault("weight_decay", KINDS["adamw"]([tg.Value(0.0)]).defaults["weight_decay"])
    if "lr" in given or "optimizer" in given:
        settings["lr"] = params["lr"] or LEARNING_RATES[params["optimizer"]]
    if "batch_size" in given:
        settings["batch"] = playground.LEARNED if params["batch_size"] == "full" else params["batch_size"]
    if "betas" in given:
        settings["beta1"], settings["beta2"] = params["betas"]
    if params["schedule"] in TIMED:
        settings |= _timed(params)
        held.add("epochs")
    return settings, sorted(option(name) for name in given - held)


def _timed(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a schedule makes of the number of epochs."""
    epochs = params["epochs"] or EPOCHS
    match params["schedule"]:
        case "step":
            return {"step_size": params["step_size"] or max(epochs // 3, 1)}
        case "warmup":
            return {"warmup": params["warmup"] or min(WARMUP, epochs)}
    return {"epochs": epochs}


def _hidden(net: tuple[int, ...]) -> list[int]:
    hidden = list(net[1:-1])
    if len(hidden) > MOST_LAYERS or max(hidden, default=1) > MOST_UNITS:
        raise CommandError(
            _(
                "--like: the playground draws {most_layers} hidden layers of {most_units} units at "
                "most, and this net is {net}"
            ).format(most_layers=MOST_LAYERS, most_units=MOST_UNITS, net="-".join(map(str, net))),
            _("give a smaller --net"),
        )
    return hidden


NOT_SHOWN = (
    *("data", "target", "task", "n", "noise", "validation", "standardize", "net", "epochs", "seed", "device", "tf32"),
)


def of_run(run: Run, weights: Mapping[str, Any], theme: str | None) -> Playground | None:
    """A playground that begins as a run began; None where it cannot show its data or its network.

    Args:
        weights: the first ones.
    """
    config, model = run.config, run.model
    params = config.to_json() | {"data": "sine" if run.train.task == "regression" else _set_like(run.train.classes)}
    always = ("lr", "optimizer")
    given = {name for name, value in params.items() if value not in (None, DEFAULTS.get(name)) or name in always}
    first = np.concatenate([np.ravel(tg.Tensor(weights[name]).numpy()) for name, _ in model.named_parameters()])
    seeds = [layer.seed for layer in model.modules() if isinstance(layer, tg.nn.Dropout)]
    command = " ".join(["tinygrad-edu train", typed(run.asked)])
    try:
        settings, left_out = settings_like(params, given - {*NOT_SHOWN})
        batch = len(run.train) if config.batch_size == "full" else config.batch_size
        start = {**settings, "seed": config.seed, "batch": batch}
        content, pages = playground.page_of_run(
            playground.Begun(run.train, run.held_out, config.net or (), first, seeds, command), start, theme or "auto"
        )
    except (CommandError, tg.errors.ArgumentError):
        return None
    words = _("What it has nothing for is left out: {options}.").format(options=", ".join(left_out)) if left_out else ""
    return Playground(content, pages, words)


def _set_like(classes: int) -> str:
    return "moons" if classes == 2 else "blobs"


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
            raise FileError(_("cannot read {path}: {why}").format(path=data, why=reason(error))) from None
        if len(own) > playground.MOST_ROWS:
            left_out = len(own) - playground.MOST_ROWS
            click.echo(
                _("The page takes {most_rows} rows: {left_out} of {data} are left out.").format(
                    most_rows=grouped(playground.MOST_ROWS), left_out=grouped(left_out), data=data
                ),
                err=True,
            )

    def page(file: Path) -> str:
        file.write_text(playground.page(own, str(data), settings, theme or "auto"), encoding="utf-8")
        return ""

    return write_by_kind(output, dict.fromkeys((".html", ".htm"), page))
