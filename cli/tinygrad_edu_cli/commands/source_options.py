"""What the commands have in common: the operand, the numbers of its names, and how much a box stands for."""

import click

from .. import completion

source_argument = click.argument(
    "source",
    required=False,
    metavar="[EXPRESSION | FILE.py:FUNC | TRACE.json]",
    shell_complete=completion.sources,
)
set_option = click.option(
    *("--set", "settings"),
    multiple=True,
    metavar="NAME=NUMBER",
    shell_complete=completion.settings,
    help="The number, or list, of a name; repeatable.",
)
level_option = click.option(
    "--level",
    type=click.Choice(["auto", "scalar", "op", "layer"]),
    default="auto",
    show_default=True,
    help="A box for each number, operation or layer; auto is op, or layer where that would be too much.",
)
