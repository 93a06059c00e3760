"""The curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tinygrad_edu_viz.plots.crossover import Panel, save_crossover
from tinygrad_edu_words import _

from ..files import replacing
from .report import Measured, conclusion


def write(path: Path, all_measured: Sequence[Measured]) -> None:
    """Write a PNG, with a panel for each work of which two sizes were measured, and say so."""
    panels = [
        Panel(
            _(each.work.title),
            _(each.work.unit),
            [row.size for row in each.timed],
            {device: [row.seconds[device] for row in each.timed] for device in each.devices},
            conclusion(each),
        )
        for each in all_measured
        if len(each.timed) > 1
    ]
    if not panels:
        click.echo(_("nothing to draw: no two sizes were measured"), err=True)
        return
    with replacing(path) as temporary:
        save_crossover(temporary, panels)
    click.echo(_("wrote {path}").format(path=path), err=True)
