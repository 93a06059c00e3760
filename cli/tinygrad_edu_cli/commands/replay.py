"""tinygrad-edu replay: a recorded run once more, as a film."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from .. import live, output
from ..errors import INTERRUPTED, CommandError
from .export_options import asked_for, picture_options

_PATH: Any = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, type=_PATH, metavar="DIR [DIR]")
@click.option("--plain", is_flag=True, help="Print lines of text only (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each event.")
@picture_options
def replay(folders: tuple[Path, ...], plain: bool, as_json: bool, **options: Any) -> None:
    """Show a recorded run again, faster, slower and backwards, or two of them in lock step.

    DIR is what `train --record DIR` wrote. Nothing is trained: what is seen is what was recorded. (For --gif and --html
    the run is trained anew, with the same numbers, as its record has no weights of earlier epochs.)

    \b
    Examples:
      tinygrad-edu train --data moons --record run1
      tinygrad-edu replay run1
      tinygrad-edu replay run1 run2
      tinygrad-edu replay run1 --gif run1.gif --html run1.html
      tinygrad-edu compare run1 run2        # and where they part, and why
    """
    if plain and as_json:
        raise click.UsageError(_("--plain and --json exclude each other: choose one"))
    if not 1 <= len(folders) <= 2:
        raise CommandError(
            _("replay shows one recorded run, or two in lock step, and several folders were given")
            if folders
            else _("replay shows one recorded run, or two in lock step, and no folders were given"),
            _("record one: tinygrad-edu train --data moons --record run1"),
        )
    if len(folders) == 2 and folders[0].resolve() == folders[1].resolve():
        raise CommandError(_("the run {folders} is given twice").format(folders=folders[0]), _("give runs that differ"))
    pictures = asked_for(options)
    from ..live import replaying  # brings NumPy, which `--help` need not wait for

    recordings = [replaying.Recording.read(path) for path in folders]
    if pictures.paths:
        replaying.write(recordings, pictures.paths, pictures.theme, pictures.size)
    is_shown = not (as_json or plain or pictures.paths) and live.is_welcome()
    for missing in (recording.folder.missing_end() for recording in recordings):
        if missing and not is_shown:  # the screen says it itself
            click.echo(missing, err=True)
    if as_json:
        for found in replaying.objects(recordings):
            click.echo(json.dumps(found, allow_nan=False))
    elif pictures.paths and not plain:
        return
    elif is_shown:
        if not replaying.show(recordings):
            raise click.exceptions.Exit(INTERRUPTED)
    elif len(recordings) == 1:
        replaying.print_lines(recordings[0])
    else:
        for line in replaying.pair_lines(*recordings):
            output.say(line)
