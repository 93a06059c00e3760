"""tinygrad-edu evaluate: how good a saved network is on the rows of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from .. import output
from ..completion import NETWORKS, TABLES

_PATH: Any = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=_PATH, metavar="MODEL.safetensors", shell_complete=NETWORKS)
@click.argument("data", type=_PATH, metavar="DATA.csv", shell_complete=TABLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(model: Path, data: Path, as_json: bool) -> None:
    """Measure a saved network on a CSV file that has the answers.

    For classes: the accuracy, the confusion matrix, and the calibration: of the answers that are given with a
    probability of 80 to 90 %, as many should be right. For numbers: R², the errors, and the calibration: the means of
    what was predicted and of what is true. Measure on rows that the network was not trained on.

    \b
    Examples:
      tinygrad-edu train --data grades.csv --target passed --save grades.safetensors
      tinygrad-edu evaluate grades.safetensors later.csv
    """
    from ..training import application, evaluation  # bring NumPy, which `--help` need not wait for

    applied = application.Application.of(model, data, with_answers=True)
    if applied.is_of_the_training:
        click.echo(
            _(
                "{name}: the network was trained on rows of this file, and knows them: rows that it "
                "has not seen tell how good it is"
            ).format(name=data.name),
            err=True,
        )
    measured = evaluation.evaluated(applied)
    if as_json:
        click.echo(json.dumps(evaluation.to_json(applied, measured), allow_nan=False))
        return
    for line in evaluation.lines(applied, measured):
        output.say(line)
