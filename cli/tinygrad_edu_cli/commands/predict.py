"""tinygrad-edu predict: what a saved network says about the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..completion import NETWORKS, TABLES

_PATH: Any = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=_PATH, metavar="MODEL.safetensors", shell_complete=NETWORKS)
@click.argument("data", type=_PATH, metavar="DATA.csv", shell_complete=TABLES)
@click.option("-o", "--output", "out", type=_PATH, metavar="OUT.csv", help="Write there, and not to the output.")
def predict(model: Path, data: Path, out: Path | None) -> None:
    """Predict the rows of a CSV file with a network that `train --save` has saved.

    What comes out is the file with the predictions behind its columns, and for classes with their probability.
    Columns are found by their names, in whatever order; those that were not in the training are not used, and the
    target may be missing. Gaps and words are treated as they were in the training.

    \b
    Examples:
      tinygrad-edu train --data grades.csv --target passed --save grades.safetensors
      tinygrad-edu predict grades.safetensors new.csv
      tinygrad-edu predict grades.safetensors new.csv -o predicted.csv
    """
    from ..training import predictions  # bring NumPy, which `--help` need not wait for

    predictions.write(model, data, out)
