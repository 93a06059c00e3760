"""Every preset of the playground and back: its script prints its losses, and a command train that asks for the same
gives the page these settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.core import ParameterSource

from browser.test_playground import printed
from tinygrad_edu_cli.commands.train import train
from tinygrad_edu_cli.optimizers import KINDS
from tinygrad_edu_cli.training.playground_page import settings_like
from tinygrad_edu_viz.pages.playground import outputs_of, page

pytestmark = pytest.mark.browser

COMMANDS = {kind.__name__: name for name, kind in KINDS.items()}
OPTIONS = ("data", "noise", "loss", "lr", "l1", "l2", "dropout", "seed")  # of the same name in both


def command_of(settings: dict[str, Any]) -> list[str]:
    """The options of `train` for settings of the page that these can say."""
    words = [word for name in OPTIONS for word in (f"--{name}", str(settings[name]))]
    inputs = 1 if settings["data"] == "sine" else 2
    net = [inputs, *settings["hidden"], outputs_of(settings["data"])]
    words += ["--net", "-".join(map(str, net)), "--batch-size", str(settings["batch"])]
    words += ["--optimizer", COMMANDS[settings["optimizer"]]]
    return words + (["--activation", settings["activations"][0]] if settings["activations"] else [])


def test_every_preset_goes_to_python_and_back(visit: Callable[..., Any]) -> None:
    tab = visit(page()).tab
    like = 0
    for k, (title, *_) in enumerate(tab.evaluate("tinygrad.presets")):
        tab.select_option("#presets", str(k))
        tab.click("#epoch")
        losses = tab.evaluate("String(tinygrad.losses().test)"), printed(tab.evaluate("tinygrad.python()"))[:1]
        np.testing.assert_allclose(float(losses[0].replace("Infinity", "inf")), losses[1][0], rtol=1e-6, err_msg=title)
        settings = tab.evaluate("tinygrad.settings()")
        plain = settings["features"] == ["x1", "x2"][: 1 if settings["data"] == "sine" else 2]
        if not plain or len({*settings["activations"]}) > 1:
            continue  # what no command train can say
        context = train.make_context("train", command_of(settings))
        given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        found, left_out = settings_like(context.params, given)
        if "activation" in found:
            found["activations"] = [found.pop("activation")] * len(found["hidden"])
        assert left_out == [] and found == {name: settings[name] for name in found}, title
        like += 1
    assert like >= 10
