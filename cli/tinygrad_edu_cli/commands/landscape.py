"""tinygrad-edu landscape: the loss as a map, and the trails of optimizers on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import N_, _

from .. import completion, output
from ..errors import INTERRUPTED, CommandError
from ..training.help_sections import SectionedCommand
from ..training.options import Number, run_options
from .compare import read_setting
from .source_options import set_option
from .typed import was_typed

MOST = 7  # trails on one map
FORMATS = (".png", ".svg", ".html", ".htm")
FIRST = "optimizer=sgd,adam"
_LISTED = re.compile(r"[\w-]+=[\w.:-]*(,[\w.:-]*)*")  # a setting, if perhaps none that we know
_HOW = N_("for example: tinygrad-edu landscape optimizer=sgd,adam --data moons")
_OWN = ("settings", "learn", "updates", "outputs", "plain", "as_json", "theme", "size")  # options of `landscape` itself
_OF_EXPRESSIONS = (  # the options of a run that an expression takes, too
    *("optimizer", "lr", "momentum", "nesterov", "betas", "alpha", "rho", "eps", "weight_decay"),
)
_PATH: Any = click.Path(path_type=Path)


@click.command(cls=SectionedCommand)
@click.argument("what", nargs=-1, metavar="[SETTING=A,B,...] [EXPRESSION]", shell_complete=completion.compared)
@run_options
@set_option
@click.option(
    "--learn",
    metavar="NAME,NAME",
    help="Of an expression: what is learned.  [default: w..., W..., b..., θ..., else all]",
)
@click.option(
    "--updates",
    type=Number(1, 10_000, whole=True),
    help="How many updates of the weights.  [default: 50 for an expression; else --epochs says it]",
)
@click.option(
    *("-o", "--output", "outputs"),
    type=_PATH,
    metavar="FILE",
    multiple=True,
    help="Write the map to FILE: .png or .svg, or .html, a page with a surface to turn; repeatable.",
)
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    help="Colours of the file.  [default: light; of a page, the reader's]",
)
@click.option(
    "--size", metavar="slide|paper|WxH", help="Of .png and .svg: for a slide, a paper, or in pixels.  [default: slide]"
)
@click.option("--plain", is_flag=True, help="Print the facts as text (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each trail, and one for the map.")
@click.pass_context
def landscape(
    context: click.Context,
    /,
    what: tuple[str, ...],
    settings: tuple[str, ...],
    learn: str | None,
    updates: int | None,
    outputs: tuple[Path, ...],
    theme: str | None,
    size: str | None,
    plain: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Draw the loss as a landscape, and the ways that optimizers went down it.

    SETTING is optimizer, lr, momentum, batch-size or another option of `train`, without its dashes; all runs begin with
    the same weights. The map is the plane among all weights that holds most of their trails' movement; how much that
    is, and how far the trails run beside it, stands below. Without SETTING: --optimizer alone, or sgd and adam.

    With an EXPRESSION of one or two learned numbers (--set NAME=NUMBER) the map is the expression itself: a curve, or a
    surface, from where the numbers are set.

    \b
    Examples:
      tinygrad-edu landscape optimizer=sgd,adam --data moons
      tinygrad-edu landscape lr=0.01,0.1,1 --optimizer sgd --data moons -o map.png -o map.html
      tinygrad-edu landscape optimizer=sgd,adam --data pass_class --no-standardize --batch-size full --lr 0.3
      tinygrad-edu landscape optimizer=sgd,adam "x**2/20 + 9.5*y**2" --set x=-7 --set y=1 --lr 0.1 --updates 100
      tinygrad-edu landscape "(sigmoid(w*x + b) - y)**2" --set w=2 --set b=1 --set x=1 --set y=0 --lr 2
      tinygrad-edu landscape momentum=0,0.9 "w**4 - 3*w**2 + w" --set w=2 --optimizer sgd --lr 0.02
    """
    if plain and as_json:
        raise click.UsageError(_("--plain and --json exclude each other: choose one"))
    for path in outputs:
        if path.suffix.lower() not in FORMATS:
            raise click.UsageError(
                _("-o {path}: the map is written as {formats}").format(path=path, formats=", ".join(FORMATS[:3]))
            )
    if size and not any(path.suffix.lower() not in (".html", ".htm") for path in outputs):
        raise click.UsageError(_("--size is for pictures: give -o FILE.png"))
    if theme and not outputs:
        raise click.UsageError(_("--theme is for files: give -o FILE.png"))
    changed, expression = _operands(context, what)
    if expression is None:
        _refuse(
            context, ("settings", "learn"), _("is for an expression, and there is none"), _('give one, as in "a*b + a"')
        )
    else:
        beside = [str(param.name) for param in context.command.params if param.name not in (*_OWN, *_OF_EXPRESSIONS)]
        _refuse(context, beside, _("is for networks, and an expression has no data"), _("leave it out"))
    if was_typed(context, "updates") and was_typed(context, "epochs"):
        raise CommandError(_("--updates and --epochs both say how long a run goes on"), _("give one of them"))
    name, values = _compared(context, changed, expression, options)
    from ..landscapes import show  # brings NumPy, which `--help` need not wait for

    looks = show.Looks(outputs, theme, size or "slide", plain, as_json)
    if expression is None:
        with output.english(as_json):
            interrupted = show.networks(looks, name, values, options, updates)
    else:
        learned = None if learn is None else [word.strip() for word in learn.split(",") if word.strip()]
        if learned == []:
            raise CommandError(_("--learn names nothing to be learned"), _("give one or two names: --learn w,b"))
        with output.english(as_json):
            show.expression(looks, expression, settings, learned, name, values, options, updates)
        interrupted = False
    if interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


def _operands(context: click.Context, what: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The setting and the expression among the operands."""
    options = {str(param.name) for param in context.command.params if isinstance(param, click.Option)} - {*_OWN}
    texts: list[list[str]] = [[], []]
    for word in what:
        name = word.partition("=")[0].strip().lstrip("-").replace("-", "_")
        known = "=" in word and ";" not in word and name in options
        texts[not (known or _LISTED.fullmatch(word))].append(word)
    takes_one = (
        _("landscape takes one setting at a time, not {found}"),
        _("landscape takes one expression, not {found}"),
    )
    for complaint, found in zip(takes_one, texts, strict=True):
        if len(found) > 1:
            raise CommandError(
                complaint.format(found=f" {_('and')} ".join(found)),
                _("put an expression in quotes; {how}").format(how=_(_HOW)),
            )
    setting, expression = (found[0] if found else None for found in texts)
    return setting, expression


def _compared(
    context: click.Context, changed: str | None, expression: str | None, options: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """What differs between the runs, and its values by what the trails are called."""
    given = was_typed(context, "optimizer")
    if expression is not None and not given:
        options["optimizer"] = "sgd"  # what the first lecture means by gradient descent
    if changed is None and expression is None and not given:
        click.echo(
            _("The same as: tinygrad-edu landscape {first} --data {options}").format(
                first=FIRST, options=options["data"] or "moons"
            ),
            err=True,
        )
        changed = FIRST
    if changed is None:
        return "optimizer", {options["optimizer"]: options["optimizer"]}
    name, values = read_setting(context, changed, least=1)
    if len(values) > MOST:
        raise CommandError(
            _("landscape: {n} trails are too many to tell apart").format(n=len(values)),
            _("give {most} at most").format(most=MOST),
        )
    if name == "optimizer":
        values = {value: value for value in values.values()}
    return name, values


def _refuse(context: click.Context, names: Any, why: str, hint: str) -> None:
    for param in context.command.params:
        if param.name in names and param.name != "what" and was_typed(context, param.name):
            raise CommandError(f"{param.opts[-1]} {why}", hint)
