"""tinygrad-edu step: a forward and a backward pass, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import output
from .options import set_option, source_argument

if TYPE_CHECKING:
    from .source import Subject


@click.command()
@source_argument
@set_option
@click.option("--plain", is_flag=True, help="Print all steps as lines of text (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each step.")
@click.option("--save", type=click.Path(path_type=Path), metavar="TRACE.json", help="Save the recorded steps.")
def step(source: str | None, settings: tuple[str, ...], plain: bool, as_json: bool, save: Path | None) -> None:
    """Step through the forward and the backward pass of an expression.

    Without SOURCE: the perceptron of the first lecture. On a terminal, keys step to and fro; otherwise all steps are
    printed.

    \b
    Examples:
      tinygrad-edu step
      tinygrad-edu step "a*b + a" --set a=2 --set b=-3
      tinygrad-edu step "e = a*b; tanh(e + c)" --set a=2 --set b=-3 --set c=6.9
      tinygrad-edu step "sum(relu(W @ x + b))" --set W=[[1,2],[3,4]] --set x=[1,-1] --set b=[0,0.5]
      tinygrad-edu step neuron.py:loss --save neuron.json
      tinygrad-edu step neuron.json --json

    An expression has names, numbers, + - * / ** @, ( ), [ ], comparisons inside where(...), and the functions of
    tinygrad_edu. One that begins with "-" goes into parentheses: "(-x)".
    """
    if plain and as_json:
        raise click.UsageError("--plain and --json exclude each other: choose one")
    if save is not None and save.suffix.lower() != ".json":
        raise click.UsageError(f"--save {save}: a trace is saved as a file that ends in .json")
    from .source import open_source  # brings NumPy, which `--help` need not wait for

    subject = open_source(source, settings)
    if save is not None:
        _save(subject, save)
    if as_json:
        for event in subject.trace.events:
            click.echo(json.dumps(event.to_json(), allow_nan=False))
    elif plain or not output.is_interactive():
        from . import plain as plain_text

        for line in plain_text.lines(subject):
            output.say(line)
    else:
        from . import interactive

        interactive.run(subject)


def _save(subject: Subject, path: Path) -> None:
    from .files import replacing

    with replacing(path) as temporary:
        subject.trace.save(temporary)
    click.echo(f"wrote {path}", err=True)
