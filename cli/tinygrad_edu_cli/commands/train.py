"""tinygrad-edu train: a network learns from data, and says how it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import N_, _

from .. import live as screen
from ..completion import NETWORKS
from ..errors import INTERRUPTED, NEGATIVE, CommandError
from ..training.help_sections import SectionedCommand
from ..training.options import Number, run_options
from .export_options import PICTURE_OPTIONS, Pictures, asked_for, picture_options
from .typed import was_typed

_PATH: Any = click.Path(path_type=Path)
FIRST_DATA = "pass_class"
FIRST_WORDS = N_("The question of the first lecture: will I pass this class? A perceptron learns it from two numbers.")


@click.command(cls=SectionedCommand)
@run_options
@picture_options
@click.option("--save", type=_PATH, metavar="FILE", help="Save the trained network as FILE.safetensors.")
@click.option(
    "--load", type=_PATH, metavar="FILE", shell_complete=NETWORKS, help="Begin with the weights of a saved network."
)
@click.option("--record", type=_PATH, metavar="DIR", help="Keep config, metrics and checkpoints in a new folder.")
@click.option("--resume", type=_PATH, metavar="DIR", help="Go on with a recorded run, where it stopped.")
@click.option(
    *("--step", "stepwise"),
    is_flag=True,
    help="Step through the first updates in place of training: batch by batch; also as a page (--html), or moving "
    "picture (--gif).",
)
@click.option(
    "--updates", type=Number(1, 200, whole=True), metavar="N", help="With --step: how many updates.  [default: 3]"
)
@click.option("--live", is_flag=True, help="Fill the screen (the default at a terminal).")
@click.option("--plain", is_flag=True, help="Print lines of text only (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each event.")
@click.option("--batches", is_flag=True, help="With --json: also one for each batch.")
@click.pass_context
def train(
    context: click.Context,
    /,
    save: Path | None,
    load: Path | None,
    record: Path | None,
    resume: Path | None,
    live: bool,
    stepwise: bool,
    updates: int | None,
    plain: bool,
    as_json: bool,
    batches: bool,
    **options: Any,
) -> None:
    """Train a network, and see how it learns.

    Without --data: the question of the first lecture, "will I pass this class?", and a single perceptron. Every
    option has a default that fits the data; Ctrl-C ends a run early, and keeps what was learned. At a terminal it fills
    the screen: space pauses, s steps into the next update's backpropagation, u goes back in time, ? tells all keys.

    \b
    Examples:
      tinygrad-edu train
      tinygrad-edu train --data moons
      tinygrad-edu train --data moons --net 2-1
      tinygrad-edu train --data spirals --net 2-32-32-1 --activation tanh --optimizer sgd --lr 0.1 --momentum 0.9
      tinygrad-edu train --data digits --net 64-64-10 --dropout 0.2 --patience 10 --record run1
      tinygrad-edu train --resume run1 --epochs 100
      tinygrad-edu train --data moons --step
      tinygrad-edu train --data grades.csv --target passed --save grades.safetensors
      tinygrad-edu train --data spirals --png run.png --gif run.gif --html report.html
      tinygrad-edu predict grades.safetensors new.csv
    """
    if live + plain + as_json > 1:
        raise click.UsageError(_("--live, --plain and --json exclude each other: choose one"))
    if batches and not as_json:
        raise click.UsageError(_("--batches is for --json: add it"))
    if updates is not None and not stepwise:
        raise click.UsageError(_("--updates is for --step: add it; --epochs says how long to train"))
    pictures = asked_for(options)
    if stepwise:
        if live:
            raise click.UsageError(_("--live watches the training, and --step looks at its first updates: choose one"))
        if save or record or resume:
            raise click.UsageError(
                _("--step looks at the first updates, and keeps nothing of them: leave out the files")
            )
        if pictures.size or any(path.suffix.lower() in (".png", ".svg") for path in pictures.paths):
            raise click.UsageError(
                _(
                    "--png, --svg and --size draw the curves of a run, and --step looks at its first "
                    "updates: give --html or --gif"
                )
            )
        _step({**options, "data": options["data"] or FIRST_DATA}, load, updates or 3, plain, as_json, pictures)
        return
    if live and not screen.is_possible():
        raise click.UsageError(_("--live needs a terminal to draw on, and a keyboard: leave it out, or give --plain"))
    if resume is not None:
        _refuse_others(context)
    from ..training import config, reports, summary  # bring NumPy, which `--help` need not wait for
    from ..training import session as sessions

    if save is not None:
        sessions.check_save(save)
    if pictures.paths:
        from ..training import exports  # brings what draws

        exports.check(pictures.paths, pictures.size)
    if resume is not None:
        session = sessions.resumed(resume, options["epochs"])
    else:
        session = sessions.started(config.RunConfig(**{**options, "data": options["data"] or FIRST_DATA}), record, load)
    if resume is None and not was_typed(context, "data"):
        same = _("The same as: {command}").format(command=f"tinygrad-edu train --data {FIRST_DATA}")
        click.echo(f"{_(FIRST_WORDS)}\n{same}\n", err=True)
    if as_json:
        for line in summary.accounted(session.run):
            click.echo(line, err=True)
    kept = exports.Kept(session.run, session.history) if pictures.paths else None
    if kept is not None:
        session.watchers.append(kept.watch)
    if live or (not (plain or as_json) and screen.is_welcome()):
        from ..live.report import LiveReport

        report = LiveReport(session)
        stopped = sessions.train(session, report, report.drive)
    else:
        stopped = sessions.train(session, reports.report(session, plain, as_json, batches))
    if save is not None and stopped != "diverged":
        sessions.save(session, save)
    if kept is not None:
        pages = any(path.suffix.lower() in (".html", ".htm") for path in pictures.paths)
        playground = kept.playground(pictures.theme) if pages and load is None else None
        looks = exports.Looks(theme=pictures.theme, size=pictures.size, playground=playground)
        exports.write_all(pictures.paths, [kept.shown(load=load)], looks)
    if stopped in ("diverged", "interrupted"):
        raise click.exceptions.Exit(NEGATIVE if stopped == "diverged" else INTERRUPTED)


def _step(
    options: dict[str, Any], load: Path | None, updates: int, plain: bool, as_json: bool, pictures: Pictures
) -> None:
    """Step through the first updates of a run, or write them into files."""
    from tinygrad_edu_viz.courses.course_player import CoursePlayer  # with what follows, brings NumPy, as above

    from .. import faces
    from ..training import config, first_updates
    from ..training import session as sessions

    session = sessions.started(config.RunConfig(**options), None, load)
    subject = first_updates.first_updates(session.run, updates)
    assert subject.course is not None
    player = CoursePlayer(subject.course)
    faces.write_files(subject, player, pictures.paths, None, None, None, None, pictures.theme)
    if not pictures.paths or plain or as_json:
        faces.show(subject, player, "plain" if plain else "json" if as_json else None, full=False)


def _refuse_others(context: click.Context) -> None:
    """A resumed run goes on with its own settings."""
    free = {"resume", "epochs", "save", "live", "plain", "as_json", "batches", *PICTURE_OPTIONS}
    given = [
        param.opts[0] for param in context.command.params if param.name not in free and was_typed(context, param.name)
    ]
    if given:
        raise CommandError(
            _("--resume goes on with the settings of the recorded run: {given} cannot be given beside it").format(
                given=given[0]
            ),
            _("leave it out (--epochs may be given, --save, and pictures), or start a new run with --record"),
        )
