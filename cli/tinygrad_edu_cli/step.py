"""tinygrad-edu step: a forward and a backward pass, step by step."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import output
from .errors import CommandError
from .options import set_option, source_argument
from .stepping import exports

if TYPE_CHECKING:
    from tinygrad_edu_viz.player import Player

    from .source import Subject


@click.command()
@source_argument
@set_option
@click.option("--tui", is_flag=True, help="Fill the screen, and step with keys (the default at a terminal).")
@click.option("--plain", is_flag=True, help="Print all steps as lines of text (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each step.")
@click.option(
    *("--break", "breakpoints"),
    multiple=True,
    metavar="NODE|op:NAME",
    help="Stop at a node, or at an operation, on the key c; the lines of --plain mark these steps. Repeatable.",
)
@click.option("--predict", is_flag=True, help="Ask for each gradient before it is shown, and explain mistakes.")
@click.option("--order", type=click.Choice(["naive"]), help="Show why order matters: a wrong, recursive backward pass.")
@click.option("--save", type=click.Path(path_type=Path), metavar="TRACE.json", help="Save the recorded steps.")
@exports.options
def step(
    source: str | None,
    settings: tuple[str, ...],
    tui: bool,
    plain: bool,
    as_json: bool,
    breakpoints: tuple[str, ...],
    predict: bool,
    order: str | None,
    save: Path | None,
    html: Path | None,
    gif: Path | None,
    png_series: Path | None,
) -> None:
    """Step through the forward and the backward pass of an expression.

    Without SOURCE: the perceptron of the first lecture. On a terminal of at least 80 by 20 characters, keys step to and
    fro; otherwise all steps are printed.

    \b
    Examples:
      tinygrad-edu step
      tinygrad-edu step "a*b + a" --set a=2 --set b=-3
      tinygrad-edu step "e = a*b; tanh(e + c)" --set a=2 --set b=-3 --set c=6.9
      tinygrad-edu step "sum(relu(W @ x + b))" --set W=[[1,2],[3,4]] --set x=[1,-1] --set b=[0,0.5]
      tinygrad-edu step neuron.py:loss --save neuron.json
      tinygrad-edu step neuron.json --json
      tinygrad-edu step --break b --break op:multiply
      tinygrad-edu step --predict
      tinygrad-edu step --order naive
      tinygrad-edu step "a*b + a" --set a=2 --set b=-3 --html page.html --gif steps.gif

    An expression has names, numbers, + - * / ** @, ( ), [ ], comparisons inside where(...), and the functions of
    tinygrad_edu. One that begins with "-" goes into parentheses: "(-x)".
    """
    if tui + plain + as_json + predict + bool(order) > 1:
        raise click.UsageError("--tui, --plain, --json, --predict and --order exclude each other: choose one")
    if tui and not (output.can_redraw() and sys.stderr.isatty()):
        raise click.UsageError("--tui needs a terminal to draw on, and a keyboard: leave it out, or give --plain")
    if save is not None and save.suffix.lower() != ".json":
        raise click.UsageError(f"--save {save}: a trace is saved as a file that ends in .json")
    if order:
        if breakpoints or save or html or gif or png_series:
            raise click.UsageError("--order prints two tables: there is nothing to stop at, and no file is written")
        from .stepping import order as orders

        return orders.run(source, settings)
    from .source import open_source  # brings NumPy, which `--help` need not wait for

    subject = open_source(source, settings)
    player = _player(subject, breakpoints)
    if save is not None:
        _save(subject, save)
    if exports.write(subject, html, gif, png_series) and not (tui or plain or as_json or predict):
        return  # a file was what was wanted
    if predict:
        from .stepping import predict as predicting

        predicting.run(subject, player)
    elif as_json:
        for event in subject.trace.events:
            click.echo(json.dumps(event.to_json(), allow_nan=False))
    elif tui or (not plain and _has_room()):
        from . import tui as screen

        screen.run(subject, player)
    else:
        from .stepping import plain as plain_text

        for line in plain_text.lines(subject, player):
            output.say(line)


def _player(subject: Subject, breakpoints: tuple[str, ...]) -> Player:
    from tinygrad_edu.errors import ArgumentError
    from tinygrad_edu_viz.player import Player

    player = Player(subject.trace)
    for place in dict.fromkeys(breakpoints):
        try:
            player.add_breakpoint(place)
        except ArgumentError as error:
            raise CommandError(f"--break {place}: {error}") from None
    return player


def _has_room() -> bool:
    """Whether there is a terminal that is large enough for the full screen; if it is too small, say so."""
    if not (output.is_interactive() and sys.stderr.isatty()):  # Textual draws on the standard error
        return False
    from .tui import COLUMNS, ROWS

    columns, rows = shutil.get_terminal_size()
    if columns >= COLUMNS and rows >= ROWS:
        return True
    click.echo(
        f"note: this terminal has {columns} by {rows} characters, and the full screen needs {COLUMNS} by {ROWS}: "
        "here are the steps as lines",
        err=True,
    )
    return False


def _save(subject: Subject, path: Path) -> None:
    from .files import replacing

    with replacing(path) as temporary:
        subject.trace.save(temporary)
    click.echo(f"wrote {path}", err=True)
