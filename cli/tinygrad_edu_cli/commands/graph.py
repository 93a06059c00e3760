"""tinygrad-edu graph: a picture of what a result was computed from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .. import output
from ..source_options import level_option, set_option, source_argument

if TYPE_CHECKING:
    from tinygrad_edu_viz import Trace

    from ..subject import Subject

FORMATS = ("svg", "png", "pdf", "html", "json", "dot", "txt")


class Looks(NamedTuple):
    """The options that only pictures have."""

    rankdir: str
    values: bool
    grads: bool
    legend: bool
    theme: str


_DEFAULT = Looks("LR", True, True, True, "light")


@click.command()
@source_argument
@set_option
@click.option(
    *("-o", "--output", "path"),
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Write to FILE, which ends in .{', .'.join(FORMATS)}; without it the drawing is printed.",
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
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours of a picture."
)
def graph(source: str | None, settings: tuple[str, ...], path: Path | None, level: str, **looks: Any) -> None:
    """Draw the graph of an expression, with values and gradients.

    Without SOURCE: the perceptron of the first lecture. Without -o the drawing is made of characters, and printed.

    \b
    Examples:
      tinygrad-edu graph "a*b + a" --set a=2 --set b=-3
      tinygrad-edu graph "tanh(w1*x1 + w2*x2 + b)" --set w1=-3 --set x1=2 ... -o neuron.svg
      tinygrad-edu graph "sum(relu(W @ x))" --set W=[[1,2],[3,4]] --set x=[1,-1] --level scalar -o scalars.svg
      tinygrad-edu graph neuron.py:loss --level layer --rankdir TB -o loss.png
    """
    format = "txt" if path is None else path.suffix[1:].lower()
    if format not in FORMATS:
        raise click.UsageError(f"-o {path}: unknown format {format!r}; FILE ends in .{', .'.join(FORMATS)}")
    if format in ("txt", "json") and Looks(**looks) != _DEFAULT:
        options = "--rankdir, --no-values, --no-grads, --no-legend and --theme"
        raise click.UsageError(f"{options} are for pictures: give -o FILE.svg")
    from ..scalar_level import at_level  # brings NumPy, which `--help` need not wait for
    from ..subject import open_source

    subject, level = at_level(open_source(source, settings), level)
    if path is None:
        output.say(_characters(subject.trace, level, output.is_ascii()))
    else:
        _write(path, _content(subject, format, level, Looks(**looks)))


def _content(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    if format == "txt":
        return f"{_characters(subject.trace, level)}\n".encode()
    if format == "json":
        from tinygrad_edu_viz.pictures.graph_files import graph_json
        from tinygrad_edu_viz.views.levels import view

        return graph_json(subject.trace, view(subject.trace, level, limit=None)).encode()
    return _picture(subject, format, level, looks)


def _characters(trace: Trace, level: str, ascii: bool = False) -> str:
    from tinygrad_edu_viz.text.terminal import draw
    from tinygrad_edu_viz.views.levels import view

    return "\n".join(line.rstrip() for line in draw(trace, ascii=ascii, view=view(trace, level)).splitlines())


def _picture(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    from tinygrad_edu_viz.pictures.dot_binary import MissingDot, render
    from tinygrad_edu_viz.pictures.draw import draw_graph
    from tinygrad_edu_viz.pictures.graph_files import graph_page

    from ..errors import MissingPieceError

    drawing = draw_graph(subject.trace, level, **looks._asdict())
    if drawing.note:
        click.echo(f"note: {drawing.note}", err=True)
    try:
        if format == "html":
            return graph_page(drawing, subject.title, looks.theme).encode()
        return render(drawing, format)
    except MissingDot as error:
        what, _, hint = str(error).partition(": ")
        raise MissingPieceError(what, hint) from None


def _write(path: Path, data: bytes) -> None:
    from ..files import replacing

    with replacing(path) as temporary:
        temporary.write_bytes(data)
    click.echo(f"wrote {path}", err=True)
