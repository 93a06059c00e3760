"""The trails of networks that are trained, and the training loss around them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tinygrad_edu.train.events import EndEvent, Event
from tinygrad_edu.train.examples import Examples
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_viz.landscapes.landscape import COARSE, Landscape, NothingMoved, axis_names, survey
from tinygrad_edu_viz.landscapes.model_loss import ModelLoss
from tinygrad_edu_viz.landscapes.trail import Trail, TrailRecorder
from tinygrad_edu_words import N_, _

from ..errors import CommandError, NegativeResult
from ..training.comparison import ready, tell_missing, watched
from ..training.interrupts import follow
from ..training.run import Run

ELSEWHERE = {  # what changes the function whose landscape it is, or where the trails begin
    **dict.fromkeys(("data", "target", "task", "n", "noise", "validation", "standardize"), N_("the data")),
    **dict.fromkeys(("net", "activation", "loss"), N_("the function")),
    **dict.fromkeys(("seed", "device"), N_("the data and the start")),
}


class Surveyed(NamedTuple):
    """A landscape, coarse at first; and whether Ctrl-C ended the training."""

    landscape: Landscape
    interrupted: bool = False


def surveyed(name: str, values: dict[str, Any], options: dict[str, Any], updates: int | None) -> Surveyed:
    """Train a network for each value of a setting, and look at the training loss around their trails.

    Raises:
        CommandError: a setting that changes the landscape itself, or as `Run.prepare`.
        NegativeResult: no weight moved, or all runs blew up at once.
        KeyboardInterrupt: Ctrl-C came before any weight moved.
    """
    if name in ELSEWHERE and len(values) > 1:
        raise CommandError(
            _("landscape: {name} changes {elsewhere}, and trails on one map need one landscape").format(
                name=name.replace("_", "-"), elsewhere=_(ELSEWHERE[name])
            ),
            _("vary what is done with it: optimizer=sgd,adam, lr=0.01,0.1, momentum=0,0.9, batch-size=1,32, ..."),
        )
    runs = ready(name, values, options, updates)
    trails: list[Trail] = []
    interrupted = False
    for label, run in runs.items():
        trail, interrupted = _trail(run, label, f"{len(trails) + 1}/{len(runs)} {label}")
        trails.append(trail)
        if interrupted:
            tell_missing([*runs][len(trails) :])
            break
    first = next(iter(runs.values()))
    objective = Objective.of(first.config.loss or "")
    loss = ModelLoss(first.model, Examples(first.train, first.model, objective), objective)
    notes = [*loss.notes, *_notes([run for run, _ in zip(runs.values(), trails, strict=False)])]
    try:
        found = survey(trails, loss, COARSE, axis_names(first.model), notes, _title(first))
    except NothingMoved:
        if interrupted:
            raise KeyboardInterrupt from None
        raise _no_plane(trails) from None
    return Surveyed(found, interrupted)


def _trail(run: Run, label: str, title: str) -> tuple[Trail, bool]:
    """Train a network; its trail, and whether Ctrl-C ended the run."""
    recorder = TrailRecorder(run.model, label)
    stopped = []
    with watched(title, run) as line:

        def watch(event: Event) -> None:
            recorder.watch(event)
            line.watch(event)
            if isinstance(event, EndEvent):
                stopped.append(event.stopped)

        follow(run.start().events(), watch)
    return recorder.trail(), stopped == ["interrupted"]


def _title(run: Run) -> str:
    config = run.config
    net = "-".join(map(str, config.net or ()))
    bend = "" if len(config.net or ()) == 2 else f" {config.activation}"
    return _("training loss on {name}, {net}{bend}").format(name=run.dataset.name, net=net, bend=bend)


def _notes(runs: list[Run]) -> list[str]:
    """What some runs minimize beside the loss that is shown."""
    penalties = {"l1": "--l1", "l2": "--l2", "label_smoothing": "--label-smoothing", "weight_decay": "--weight-decay"}
    given = [option for name, option in penalties.items() if any(getattr(run.config, name) for run in runs)]
    return (
        [_("the losses are without {given}, which the runs feel as well").format(given=f" {_('and')} ".join(given))]
        if given
        else []
    )


def _no_plane(trails: list[Trail]) -> NegativeResult:
    gone = [trail for trail in trails if trail.missing]
    if gone:
        return NegativeResult(
            _("{name} leaves no trail: {missing}").format(name=gone[0].name, missing=gone[0].missing),
            _("try a tenth of the learning rate: --lr"),
        )
    return NegativeResult(
        _("no weight moved, so there is no direction to look along"), _("give a larger --lr, or more --epochs")
    )
