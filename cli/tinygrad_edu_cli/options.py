"""What the commands have in common: the operand, and the numbers of its names."""

import click

source_argument = click.argument("source", required=False, metavar="[EXPRESSION | FILE.py:FUNC | TRACE.json]")
set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=NUMBER", help="The number, or list, of a name; repeatable."
)
