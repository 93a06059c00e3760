"""tinygrad-edu compare: the same run with one setting changed, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import N_, _

from .. import completion, output
from ..errors import INTERRUPTED, CommandError
from ..training.help_sections import SectionedCommand
from ..training.options import Number, run_options, unknown
from .export_options import PICTURE_OPTIONS, asked_for, picture_options
from .typed import was_typed

CAN_BE_OFF = ("schedule", "patience", "clip_norm", "clip_value")  # if "none" is given for them
OWN = ("seeds", "updates", "as_json", "settings", "learn", "plain", *PICTURE_OPTIONS)  # no options of a run
_HOW = N_("for example: tinygrad-edu compare lr=0.001,0.1,10 --data moons")


@click.command(cls=SectionedCommand)
@click.argument("what", nargs=-1, metavar="SETTING=A,B,... | DIR DIR ...", shell_complete=completion.compared)
@run_options
@click.option(
    "--seeds",
    type=Number(1, 100, whole=True),
    help="Train each with so many seeds, and show the spread.  [default: 3, where that takes seconds]",
)
@click.option(
    "--updates",
    type=Number(1, whole=True),
    help="Let each run make about so many updates of the weights, instead of equal epochs.  [default for batch-size: "
    "1000]",
)
@picture_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each run, and one with the verdict.")
@click.pass_context
def compare(
    context: click.Context,
    /,
    what: tuple[str, ...],
    seeds: int | None,
    updates: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train several times from the same seeds with one setting changed, or put recorded runs side by side.

    SETTING is the name of an option, without its dashes; all other options are as in `train`, for all runs alike
    (--data is moons if not given). Where optimizers, schedules or losses are compared, an option that only some of them
    have goes to these. The table has a small curve of each validation loss, all on one scale; "noise" says how far the
    loss of a batch lies from the middle between its neighbours (standard deviation).

    Which is better is judged by the weights that a run ends with, on 1,000 fresh examples where the data are made, else
    on the held-out part. What the seeds cannot tell apart (Student's paired t-test at 95 %) is called a tie.

    \b
    Examples:
      tinygrad-edu compare lr=0.001,0.1,10 --data moons --net 2-16-1
      tinygrad-edu compare optimizer=sgd,adam --momentum 0.9 --data spirals
      tinygrad-edu compare betas=0.9:0.999,0.5:0.999 --data spirals
      tinygrad-edu compare batch-size=1,32,full --data moons
      tinygrad-edu compare dropout=0,0.5 --data moons --n 100 --noise 0.3 --net 2-200-200-1
      tinygrad-edu compare lr=0.001,0.1,10 --data moons --png rates.png --html rates.html
      tinygrad-edu compare run1 run2
    """
    pictures = asked_for(options)
    if not what:
        raise CommandError(_("compare what? Name a setting and its values, or two recorded runs"), _(_HOW))
    with_setting = ["=" in word and not Path(word).is_dir() for word in what]
    if not any(with_setting):
        _refuse_options(context)
    elif len(what) > 1:
        raise CommandError(
            _("compare changes one setting at a time: else nobody knows what made the difference"), _(_HOW)
        )
    changed = read_setting(context, what[0]) if any(with_setting) else None
    from ..training import comparison, table  # bring NumPy, which `--help` need not wait for

    keep = None
    if pictures.paths:
        from ..training import exports

        exports.check(pictures.paths, pictures.size)
        keep = exports.Kept
    if changed is not None:
        _refuse_both(context, changed[0], seeds, updates)
        found = comparison.trained(*changed, options, seeds, updates, keep)
    else:
        with output.english(as_json):
            found = comparison.recorded([Path(word) for word in what])
    if as_json and found.candidates:
        with output.english(True):
            for line in table.to_json(found):
                click.echo(json.dumps(line, allow_nan=False))
    elif found.candidates:
        for text in table.table(found):
            output.say(text)
    if pictures.paths:
        shown = exports.compared([Path(word) for word in what] if changed is None else [], found)
        lines = "\n".join(table.table(found)) if found.candidates else ""
        words = what if changed is not None else [run.label for run in shown]
        looks = exports.Looks(f"compare {' '.join(words)}", pictures.theme, pictures.size, lines)
        exports.write_all(pictures.paths, shown, looks)
    if found.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


def read_setting(context: click.Context, text: str, least: int = 2) -> tuple[str, dict[str, Any]]:
    """ "lr=0.1,1" as the name of the setting, and its values by how they were written.

    Args:
        least: as few values there may be.
    Raises:
        CommandError: an unknown setting, a single value, the same value twice.
        click.BadParameter: a value that the option does not take.
    """
    written, listed = text.partition("=")[::2]
    name = written.strip().lstrip("-").replace("-", "_")
    params = {str(p.name): p for p in context.command.params if isinstance(p, click.Option) and p.name not in OWN}
    if name not in params:
        known = [param.replace("_", "-") for param in params]
        raise CommandError(f"{context.info_name}: {unknown(written.strip(), known, joined='-')}", _how(context))
    param = params[name]
    if was_typed(context, name):
        raise CommandError(
            _("--{written} is what is compared: it cannot be given to all runs").format(written=written),
            _("leave out --{written}").format(written=written),
        )
    shown = param.opts[0].lstrip("-")
    values: dict[str, Any] = {}
    for word in (word.strip() for word in listed.split(",")):
        if not word:
            raise CommandError(
                _("{info_name}: a value is missing in {text}").format(info_name=context.info_name, text=text),
                _how(context),
            )
        off = word.lower() == "none" and name in CAN_BE_OFF
        value = None if off else _value(word, param, context)
        if value in values.values():
            raise CommandError(
                _("{info_name}: {shown} has the value {word} twice").format(
                    info_name=context.info_name, shown=shown, word=word
                ),
                _("give values that differ"),
            )
        values[f"{shown}={word}"] = value
    if len(values) < least:
        raise CommandError(
            _("{info_name}: {text} is one value, and comparing takes two or more").format(
                info_name=context.info_name, text=text
            ),
            _how(context),
        )
    return name, values


def _value(word: str, param: click.Option, context: click.Context) -> Any:
    """A value of the list: "0.1", or a pair of numbers with a colon between, as commas part the values."""
    if param.nargs == 1:
        return param.type.convert(word, param, context)
    parts = word.split(":")
    if len(parts) != param.nargs:
        raise CommandError(
            _("{info_name}: {word} is not a value of {opts}, which takes {nargs} numbers").format(
                info_name=context.info_name, word=word, opts=param.opts[0], nargs=param.nargs
            ),
            _("write them with a colon between: tinygrad-edu {info_name} betas=0.9:0.999,0.5:0.999").format(
                info_name=context.info_name
            ),
        )
    return tuple(param.type.convert(part.strip(), param, context) for part in parts)


def _how(context: click.Context) -> str:
    return _(_HOW).replace("compare", context.info_name or "compare")


def _refuse_both(context: click.Context, name: str, seeds: int | None, updates: int | None) -> None:
    """Two ways to say how long, or with which seeds."""
    if seeds is not None and name == "seed":
        raise CommandError(_("--seeds: seeds are what is compared"), _("leave --seeds out, or compare another setting"))
    if updates is not None and (was_typed(context, "epochs") or name == "epochs"):
        raise CommandError(_("--updates and --epochs both say how long a run goes on"), _("give one of them"))


def _refuse_options(context: click.Context) -> None:
    """Recorded runs have their settings."""
    for param in context.command.params:
        if was_typed(context, param.name) and param.name not in ("what", "as_json", *PICTURE_OPTIONS):
            raise CommandError(
                _("recorded runs have their own settings: {opts} cannot change them").format(opts=param.opts[0]),
                _("leave it out, or train anew; {how}").format(how=_(_HOW)),
            )
