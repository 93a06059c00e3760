"""tinygrad-edu graph: a picture of what a result was computed from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import output
from .options import set_option, source_argument

if TYPE_CHECKING:
    from .source import Subject

FORMATS = ("svg", "png", "pdf", "dot", "txt")


@click.command()
@source_argument
@set_option
@click.option(
    *("-o", "--output", "path"),
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Write to FILE, which ends in .{', .'.join(FORMATS)}; without it the drawing is printed.",
)
@click.option(
    "--rankdir",
    type=click.Choice(["LR", "TB"]),
    default="LR",
    show_default=True,
    help="Left to right, or top to bottom.",
)
@click.option("--no-values", is_flag=True, help="Leave the values out.")
@click.option("--no-grads", is_flag=True, help="Leave the gradients out.")
def graph(
    source: str | None, settings: tuple[str, ...], path: Path | None, rankdir: str, no_values: bool, no_grads: bool
) -> None:
    """Draw the graph of an expression, with values and gradients.

    Without SOURCE: the perceptron of the first lecture. Without -o the drawing is made of characters, and printed.

    \b
    Examples:
      tinygrad-edu graph "a*b + a" --set a=2 --set b=-3
      tinygrad-edu graph "tanh(w1*x1 + w2*x2 + b)" --set w1=-3 --set x1=2 ... -o neuron.svg
      tinygrad-edu graph neuron.py:loss --rankdir TB -o loss.png
    """
    format = "txt" if path is None else path.suffix[1:].lower()
    if format not in FORMATS:
        raise click.UsageError(f"-o {path}: unknown format {format!r}; FILE ends in .{', .'.join(FORMATS)}")
    if format == "txt" and (rankdir != "LR" or no_values or no_grads):
        raise click.UsageError("--rankdir, --no-values and --no-grads are for pictures: give -o FILE.svg")
    from .source import open_source  # brings NumPy, which `--help` need not wait for

    subject = open_source(source, settings)
    if path is None:
        output.say(_characters(subject, output.is_ascii()))
    elif format == "txt":
        _write(path, f"{_characters(subject)}\n".encode())
    else:
        _write(path, _picture(subject, format, rankdir, not no_values, not no_grads))


def _characters(subject: Subject, ascii: bool = False) -> str:
    from tinygrad_edu_viz.terminal import draw

    return "\n".join(line.rstrip() for line in draw(subject.trace, ascii=ascii).splitlines())


def _picture(subject: Subject, format: str, rankdir: str, values: bool, grads: bool) -> bytes:
    from tinygrad_edu_viz.dot_binary import MissingDot, render
    from tinygrad_edu_viz.draw import draw_graph

    from .errors import MissingPieceError

    try:
        return render(draw_graph(subject.trace, rankdir=rankdir, values=values, grads=grads), format)
    except MissingDot as error:
        what, _, hint = str(error).partition(": ")
        raise MissingPieceError(what, hint) from None


def _write(path: Path, data: bytes) -> None:
    from .files import replacing

    with replacing(path) as temporary:
        temporary.write_bytes(data)
    click.echo(f"wrote {path}", err=True)
