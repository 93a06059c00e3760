"""tinygrad-edu graph: a picture of what a result was computed from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from .source_options import level_option, set_option, source_argument

FORMATS = ("svg", "png", "pdf", "html", "json", "dot", "txt")
_DEFAULTS = {"rankdir": "LR", "values": True, "grads": True, "legend": True, "theme": None}


@click.command()
@source_argument
@set_option
@click.option(
    *("-o", "--output", "paths"),
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help=f"Write to FILE, which ends in .{', .'.join(FORMATS)}; repeatable; without it the drawing is printed.",
)
@level_option
@click.option(
    "--rankdir",
    type=click.Choice(["LR", "TB"]),
    default="LR",
    show_default=True,
    help="Left to right, or top to bottom.",
)
@click.option("--values/--no-values", default=True, help="Write the values, or leave them out.")
@click.option("--grads/--no-grads", default=True, help="Write the gradients, or leave them out.")
@click.option("--legend/--no-legend", default=True, help="Explain colours and outlines, or not.")
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    help="Colours: light; of a page, those that the reader's system has.",
)
def graph(source: str | None, settings: tuple[str, ...], paths: tuple[Path, ...], level: str, **looks: Any) -> None:
    """Draw the graph of an expression, with values and gradients.

    Without SOURCE: the perceptron of the first lecture. Without -o the drawing is made of characters, and printed.

    \b
    Examples:
      tinygrad-edu graph "a*b + a" --set a=2 --set b=-3
      tinygrad-edu graph "tanh(w1*x1 + w2*x2 + b)" --set w1=-3 --set x1=2 ... -o neuron.svg
      tinygrad-edu graph "sum(relu(W @ x))" --set W=[[1,2],[3,4]] --set x=[1,-1] --level scalar -o scalars.svg
      tinygrad-edu graph neuron.py:loss --level layer --rankdir TB -o loss.png
    """
    formats = [path.suffix[1:].lower() for path in paths]
    for path, format in zip(paths, formats, strict=True):
        if format not in FORMATS:
            raise click.UsageError(
                _("-o {path}: unknown format {format!r}; FILE ends in .{formats}").format(
                    path=path, format=format, formats=", .".join(FORMATS)
                )
            )
    changed = [name for name, value in looks.items() if value != _DEFAULTS[name]]
    if {*formats} <= {"txt", "json"} and changed:
        raise click.UsageError(
            _("--rankdir, --no-values, --no-grads, --no-legend and --theme are for pictures: give -o FILE.svg")
        )
    if {*formats} == {"html"} and {"values", "grads", "legend"} & {*changed}:
        raise click.UsageError(_("--no-values, --no-grads and --no-legend are for pictures: give -o FILE.svg"))
    from .. import drawing  # brings NumPy, which `--help` need not wait for

    drawing.show(source, settings, paths, level, drawing.Looks(**looks))
