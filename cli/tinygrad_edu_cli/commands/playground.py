"""tinygrad-edu playground: a page on which a network is trained, in the browser, with the numbers of Python."""

from __future__ import annotations

import shlex
import webbrowser
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from ..errors import CommandError
from .train import train
from .typed import was_typed

_PATH: Any = click.Path(path_type=Path)


@click.command()
@click.option(
    *("-o", "--output"),
    type=_PATH,
    default=Path("play.html"),
    show_default=True,
    metavar="FILE.html",
    help="Write the page to FILE.html.",
)
@click.option(
    "--data",
    type=_PATH,
    metavar="FILE.csv",
    help="Begin with this data: two inputs and a class or a number, or one and a number.",
)
@click.option("--like", metavar='"train ..."', help="Begin with the settings of a command train.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--theme", type=click.Choice(["light", "dark"]), help="Colours of the page.  [default: the reader's]")
def playground(output: Path, data: Path | None, like: str | None, opens: bool, theme: str | None) -> None:
    """Write a page to play with: train a network in the browser, step by step, and take steps back.

    One file of 250 kB that needs no network: send it to a class as it is. The same seed gives the same numbers as in
    Python, and its button "Copy as Python" gives the script that prints them. Data, inputs, layers, units, activation,
    loss, optimizer, rates and schedules can all be changed there, in one run or in two side by side, and points be
    drawn; a link keeps all of it.

    What the page cannot do: inputs are not standardized, toy sets have 500 examples, and of a file it takes 5,000 rows,
    two inputs and four classes at most. It draws 6 hidden layers of 10 units at most, and has no early stopping, no
    clipping, no label smoothing, and no schedules one after the other. What --like asks for and the page cannot do is
    named.

    \b
    Examples:
      tinygrad-edu playground --open
      tinygrad-edu playground -o own.html --data own.csv
      tinygrad-edu playground --like "train --data spirals --net 2-8-8-1 --optimizer adam --lr 0.01"
      tinygrad-edu playground --like "train --no-standardize --optimizer sgd --momentum 0.8 --schedule cosine"
    """
    if output.suffix.lower() not in (".html", ".htm"):
        raise CommandError(
            _("-o {output}: the playground is a page").format(output=output),
            _("write -o {with_suffix}").format(with_suffix=output.with_suffix(".html")),
        )
    context = None if like is None else _train(like)
    from ..training import playground_page  # brings NumPy, which `--help` need not wait for

    settings: dict[str, Any] = {}
    if context is not None:
        given = {name for name in context.params if was_typed(context, name)}
        settings, left_out = playground_page.settings_like(context.params, given)
        if left_out:
            click.echo(
                _("The playground has none of these, and leaves them out: {left_out}").format(
                    left_out=", ".join(left_out)
                ),
                err=True,
            )
        if context.params["standardize"]:
            click.echo(
                _(
                    "The playground takes the inputs as they are: its numbers are those of train "
                    "--no-standardize, of 500 examples in float64."
                ),
                err=True,
            )
    click.echo(playground_page.write(output, data, settings, theme))
    if opens and not webbrowser.open(output.resolve().as_uri()):
        click.echo(_("no browser was found: open {file} yourself").format(file=output), err=True)


def _train(text: str) -> click.Context:
    """A command train, read and not run."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CommandError(f"--like: {error}".lower(), _('write --like "train --data moons --lr 0.1"')) from None
    if words[:1] == ["tinygrad-edu"]:
        words = words[1:]
    if words[:1] != ["train"]:
        raise CommandError(
            _("--like takes a command train, and this is none"), _('write --like "train --data moons --lr 0.1"')
        )
    if {"-h", "--help"} & {*words}:
        raise CommandError(_("--like takes settings, and --help is none"), _("see: tinygrad-edu train --help"))
    return train.make_context("train", words[1:])
