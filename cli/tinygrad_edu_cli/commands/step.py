"""tinygrad-edu step: a forward and a backward pass, step by step."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from .. import completion, output
from .export_options import export_options, shot_options
from .source_options import level_option, set_option, source_argument
from .update_options import given, update_options


@click.command()
@source_argument
@set_option
@click.option("--tui", is_flag=True, help="Fill the screen, and step with keys (the default at a terminal).")
@click.option("--plain", is_flag=True, help="Print all steps as lines of text (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each step.")
@click.option(
    *("--break", "breakpoints"),
    multiple=True,
    metavar="NODE|op:NAME|update:NODE",
    shell_complete=completion.breakpoints,
    help="Stop at a node, at an operation, or at the update of a weight, on the key c; the lines of --plain mark these "
    "steps. Repeatable.",
)
@click.option(
    "--predict",
    is_flag=True,
    help="Ask for each gradient (and, with --updates, for each new weight) before it is shown, and explain mistakes.",
)
@click.option("--order", type=click.Choice(["naive"]), help="Show why order matters: a wrong, recursive backward pass.")
@level_option
@click.option(
    "--apart",
    metavar="NODE[I,J]",
    shell_complete=completion.breakpoints,
    help="Take one operation apart into numbers, or one element of its result.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Print all numbers of arrays in the lines of --plain, not only their range, and all terms of long sums; with "
    "--updates, all steps of each pass.",
)
@update_options
@export_options
@shot_options
@click.option("--replay", is_flag=True, help="Of --html: a page of what was recorded, whose numbers do not change.")
def step(
    source: str | None,
    settings: tuple[str, ...],
    tui: bool,
    plain: bool,
    as_json: bool,
    breakpoints: tuple[str, ...],
    predict: bool,
    order: str | None,
    level: str,
    apart: str | None,
    full: bool,
    save: Path | None,
    html: Path | None,
    gif: Path | None,
    png_series: Path | None,
    outputs: tuple[Path, ...],
    steps: tuple[int, int] | None,
    seconds: float | None,
    width: int | None,
    theme: str | None,
    replay: bool,
    **update_settings: Any,
) -> None:
    """Step through the forward and the backward pass of an expression, and through the updates of its weights.

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
      tinygrad-edu step "sum(relu(W @ x))" --set W=[[1,2],[3,4]] --set x=[1,-1] --level scalar
      tinygrad-edu step --break b --break op:multiply
      tinygrad-edu step --predict
      tinygrad-edu step --order naive
      tinygrad-edu step --updates 3
      tinygrad-edu step "(w*x - y)**2" --set w=1 --set x=2 --set y=3 --optimizer adam --lr 0.1 --updates 3
      tinygrad-edu step "(sigmoid(w*x + b) - y)**2" --set w=1 --set x=2 --set b=0 --set y=1 --html page.html
      tinygrad-edu step "a*b + a" --set a=2 --set b=-3 --html page.html --replay --gif steps.gif
      tinygrad-edu step --optimizer adam --updates 3 --html course.html --gif course.gif

    An expression has names, numbers, + - * / ** @, ( ), [ ], comparisons inside where(...), and the functions of
    tinygrad_edu. One that begins with "-" goes into parentheses: "(-x)".
    """
    files = [path for path in (save, html, gif, *outputs) if path is not None]
    if tui + plain + as_json + predict + bool(order) > 1:
        raise click.UsageError(_("--tui, --plain, --json, --predict and --order exclude each other: choose one"))
    if tui and not (output.can_redraw() and sys.stderr.isatty()):
        raise click.UsageError(_("--tui needs a terminal to draw on, and a keyboard: leave it out, or give --plain"))
    updates = given(update_settings)
    if order and (breakpoints or apart or full or level != "auto" or files or png_series or updates):
        raise click.UsageError(_("--order prints two tables, and takes only --set beside it"))
    if updates and (apart or level == "scalar"):
        asked_for = "--apart" if apart else "--level scalar"
        raise click.UsageError(
            _("{asked_for} takes a single pass apart into numbers: leave out --{next}").format(
                asked_for=asked_for, next=next(iter(updates))
            )
        )
    if full and (tui or as_json or predict):
        raise click.UsageError(
            _("--full is for --plain; --json has all recorded numbers, the screen opens them with Enter")
        )
    shots = png_series is not None or any(path.suffix.lower() == ".gif" for path in files)
    pictures = shots or any(path.suffix.lower() != ".json" for path in files)
    if (steps or seconds or width) and not shots:
        raise click.UsageError(_("--steps, --seconds and --width are for --gif FILE.gif and --png-series FOLDER"))
    if theme and not pictures:
        raise click.UsageError(_("--theme is for --gif, --png-series and --html"))
    if replay and not any(path.suffix.lower() in (".html", ".htm") for path in files):
        raise click.UsageError(_("--replay is for --html PAGE.html"))
    from .. import faces  # brings NumPy, which `--help` need not wait for

    if order:
        faces.show_orders(source, settings)
        return
    subject, player = faces.opened(source, settings, level, apart, breakpoints, updates)
    faces.write_files(subject, player, files, png_series, steps, seconds, width, theme, replay)
    if pictures and not (tui or plain or full or as_json or predict):
        return  # a file was what was wanted
    chosen: dict[faces.Face, bool] = {"predict": predict, "json": as_json, "tui": tui, "plain": plain or full}
    faces.show(subject, player, next((face for face, wanted in chosen.items() if wanted), None), full)
