"""A run as a figure for a slide or for a paper, and several of them side by side."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _, pgettext

from ..training.answers import Boundary, Confusion, FittedCurve, Mistake, Picture
from ..training.notices import notice_text
from ..training.progress import Progress
from ..training.shown import Shown, told
from . import boundary, confusion, figure, learning, numbers
from .confusion import shortened
from .figure import Format, Look

NOTES = 4  # lines of notices below a figure
IN_A_ROW = 4  # runs side by side
MISTAKES = 6  # images below a confusion matrix
RESOLUTION = 200  # places that are asked along each side of a plane
SMALL = 0.7  # points of a picture beside others
NEEDED = 0.14, 0.125  # inches of width and height that an axes needs, for each point of its letters
LINE = 1.45  # height of a line as a share of the size of its letters
LETTER = 0.54  # width of a letter as a share of its size


def save_figure(
    path: str | PathLike[str],
    runs: Sequence[Shown],
    kind: str,
    title: str = "",
    theme: str = "light",
    size: str = "slide",
) -> None:
    """Write a run, or several side by side, as a figure.

    Args:
        kind: "png" or "svg", whatever the file is called.
        title: above the figure; the title of the run if left out.
        theme: "light" or "dark".
        size: "slide", "paper" or pixels such as "1600x900".
    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
        ArgumentError: another theme or size, or no run with an epoch.
        OSError: the file cannot be written.
    """
    form, look = figure.format_of(size), look_of(theme)
    with styled(look, form, words_of(runs, title)):
        made = draw_runs(runs, form, look, title)
        about = title or runs[0].progress.title or _("a training run")
        metadata = {"Title": about, **({"Creator": "tinygrad-edu", "Date": None} if kind == "svg" else {})}
        if kind == "png":
            metadata["Software"] = "tinygrad-edu"
        made.savefig(path, format=kind, dpi=form.dpi, metadata=metadata)


def look_of(theme: str) -> Look:
    """The colours of a theme.

    Raises:
        ArgumentError: neither "light" nor "dark".
    """
    if theme not in figure.LOOKS:
        raise ArgumentError(f"the theme is 'light' or 'dark', not {theme!r}")
    return figure.LOOKS[theme]


def words_of(runs: Sequence[Shown], title: str = "") -> str:
    """The names of the user's that are written on a picture."""
    words = [title]
    for run in runs:
        names = ("names", "feature_names", "feature", "target")
        words += [run.label, run.progress.title, *(str(getattr(run.picture, name, "")) for name in names)]
    return "".join(words)


@contextmanager
def styled(look: Look, form: Format, words: str = "") -> Iterator[None]:
    """matplotlib draws in these colours and sizes inside, with fonts that have the letters of some words."""
    with figure.needing_matplotlib():
        import matplotlib
    ink = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor")
    paper = ("figure.facecolor", "axes.facecolor", "legend.facecolor", "savefig.facecolor")
    settings: dict[Any, Any] = {
        **dict.fromkeys(ink, look.ink),
        **dict.fromkeys(paper, look.paper),
        **{"grid.color": look.grid, "legend.edgecolor": look.grid, "svg.hashsalt": "tinygrad-edu"},
        **{"font.family": _families(words), "text.parse_math": False},  # a dollar is a dollar
        **{"font.size": form.letters, "axes.spines.top": False, "axes.spines.right": False},
        **{"legend.fontsize": form.letters - 1, "legend.framealpha": 0.85, "legend.borderpad": 0.3},
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+")  # who writes the file says so, in words
        yield


def _families(words: str) -> list[str]:
    if words.isascii():
        return ["DejaVu Sans"]
    from ..pictures.fonts import families

    return families(words)


def draw_runs(runs: Sequence[Shown], form: Format, look: Look, title: str = "") -> Any:
    """A matplotlib figure of a run, or of several side by side."""
    runs = [run for run in runs if run.progress.train_loss]
    if not runs:
        raise ArgumentError("no epoch has ended, so there is nothing to draw")
    from matplotlib.figure import Figure  # without pyplot, which opens windows and keeps what it draws

    made = Figure(figsize=form.inches, layout="constrained")
    if len(runs) == 1:
        notes = notes_of(runs[0].progress, int(form.inches[0] * 72 / (form.letters - 1) / LETTER))
        upper: Any = made
        if notes:
            below = len(notes) * (form.letters - 1) * LINE / 72
            halves: Any = made.subfigures(2, 1, height_ratios=[form.inches[1] - below, below])
            upper, lower = halves
            lower.text(0.01, 0.95, "\n".join(notes), va="top", fontsize=form.letters - 1, color=look.notice)
        _one(upper, runs[0], form.letters, look)
    else:
        upper = made
        blocks = math.ceil(len(runs) / IN_A_ROW)
        letters = max(form.letters * (0.8 if blocks == 1 else 0.65), figure.LEAST_LETTERS + 1)
        rows = _rows_with_room(runs, blocks, form, letters)
        _side_by_side(upper, runs, blocks, rows, letters, look)
    upper.suptitle(title or runs[0].progress.title, fontsize=form.letters + 2)
    return made


def _one(made: Any, run: Shown, letters: float, look: Look) -> None:
    """The loss, the accuracy or R² and a learning rate that varies at the left; what the model answers at the right."""
    progress = run.progress
    metrics = measured(progress)
    rates = learning.has_varying_rate(progress)
    heights = [3.0, *(1.6 for _ in metrics), *([1.1] if rates else [])]
    grid = made.add_gridspec(len(heights), 2 if run.picture is not None else 1, height_ratios=heights)
    rows = [made.add_subplot(grid[0, 0])]
    rows += [made.add_subplot(grid[row, 0], sharex=rows[0]) for row in range(1, len(heights))]
    for ax, metric in zip(rows, ["loss", *metrics], strict=False):
        learning.draw_progress(ax, progress, look, metric, letters)
        ax.set_ylabel(_(learning.NAMES[metric]))
    if rates:
        learning.draw_rates(rows[-1], progress, look)
        rows[-1].set_ylabel(_("rate"))
    for ax in rows:
        ax.grid(axis="y")
        ax.tick_params(labelbottom=ax is rows[-1])
    rows[-1].set_xlabel(_("epoch"))
    made.legend(*rows[0].get_legend_handles_labels(), loc="outside lower left", ncols=5, frameon=False)
    if run.picture is not None:
        picture, right = run.picture, None
        if isinstance(picture, Confusion) and picture.side and (surest := picture.mistakes(MISTAKES)):
            right = grid[:, 1].subgridspec(2, 1, height_ratios=[5, 1])
            _mistakes(made, right[1], surest, picture.names, letters)
        answers = made.add_subplot(grid[:, 1] if right is None else right[0])
        draw_picture(answers, picture, look, letters)
        if run.restored:
            answers.set_title(
                _("{title}\nwith the weights of epoch {n}").format(title=answers.get_title(), n=run.restored),
                fontsize=letters,
            )


def _mistakes(made: Any, place: Any, surest: list[Mistake], names: Sequence[str], letters: float) -> None:
    """Images that were taken for something else, the surest first."""
    row = place.subgridspec(1, MISTAKES)
    for k, mistake in enumerate(surest):
        ax = made.add_subplot(row[k])
        ax.imshow(mistake.image, cmap="gray")
        true, answer = (shortened(names[number], 6) for number in (mistake.true, mistake.answer))
        ax.set_title(f"{true} → {answer}", fontsize=max(letters - 2, figure.LEAST_LETTERS))
        ax.axis("off")


def _side_by_side(made: Any, runs: list[Shown], blocks: int, rows: int, letters: float, look: Look) -> None:
    """A column for each run: its loss on the scale of all, with the others' behind it, and what its model answers."""
    columns = math.ceil(len(runs) / blocks)
    grid = made.add_gridspec(blocks * rows, columns)
    shared, equal = None, len({run.updates for run in runs}) == 1
    longest = max(len(run.progress.train_loss) * run.updates for run in runs)
    for k, run in enumerate(runs):
        row, column = rows * (k // columns), k % columns
        ax = made.add_subplot(grid[row, column], sharex=shared if equal else None, sharey=shared)
        shared = shared or ax
        draw_among(ax, run, runs, look, letters, is_first=column == 0)
        if not equal:  # as wide as the run that makes most updates
            ax.set_xlim(0, 1.04 * longest / run.updates)
        if rows > 1 and run.picture is not None:
            draw_below(made.add_subplot(grid[row + 1, column]), run.picture, look, letters, is_first=column == 0)
    handles, labels = shared.get_legend_handles_labels() if shared else ([], [])
    chosen = {label: handle for handle, label in zip(handles, labels, strict=True) if not label.startswith("best")}
    made.legend(chosen.values(), chosen.keys(), loc="outside lower center", ncols=4, frameon=False)


def _rows_with_room(runs: Sequence[Shown], blocks: int, form: Format, letters: float) -> int:
    """2 if curves and pictures have room, 1 if there is only room for the curves."""
    width = math.ceil(len(runs) / blocks) * NEEDED[0] * letters
    for rows in (2, 1) if any(run.picture is not None for run in runs) else (1,):
        height = (blocks * rows + 0.5) * NEEDED[1] * letters
        if width <= form.inches[0] and height <= form.inches[1]:
            return rows
    pixels = "x".join(str(math.ceil(inches * figure.PIXELS_PER_INCH / 10) * 10) for inches in (width, height))
    raise ArgumentError(f"{len(runs)} runs have no room in this size: give {pixels} or more, or 'slide'")


def draw_among(ax: Any, run: Shown, runs: list[Shown], look: Look, letters: float, is_first: bool) -> None:
    """The loss of a run, before the pale curves of the others, on a scale for all."""
    for other in runs:
        if other is not run:
            losses, stretch = other.progress.losses, other.updates / run.updates
            epochs = [stretch * epoch for epoch in range(1, len(losses) + 1)]
            ax.plot(epochs, losses, color=look.quiet, alpha=0.4, linewidth=1.2, zorder=0)
    learning.draw_progress(ax, Progress(**_curves(run.progress)), look, letters=letters)
    ax.set_ylim(*scale_of(runs))
    figure.labelled(ax, run.label, _("epoch"), _("loss") if is_first else "", letters)
    ax.title.set_weight("bold")
    ax.tick_params(labelleft=is_first)
    ax.grid(axis="y")


def draw_below(
    ax: Any, picture: Picture, look: Look, letters: float, is_first: bool, resolution: int = RESOLUTION
) -> None:
    """What one of several models answers; what is equal for all stands at the first."""
    draw_picture(ax, picture, look, letters, True, SMALL, resolution)
    if isinstance(picture, Boundary):
        ax.tick_params(labelleft=is_first)
        ax.set(xlabel="", ylabel=ax.get_ylabel() if is_first else "")


def _curves(progress: Progress) -> dict[str, Any]:
    """What is drawn of a run that stands beside others: no notices."""
    names = ("train_loss", "validation_loss", "band", "changes", "ghosts", "_bests")
    return {name: getattr(progress, name) for name in names}


def scale_of(runs: Sequence[Shown]) -> tuple[float, float]:
    """A range of the losses of all runs; one that blows up does not press the others flat.

    Its top is ten times the highest first loss.
    """
    losses = np.concatenate([[*run.progress.train_loss, *run.progress.validation_loss] for run in runs])
    losses = losses[np.isfinite(losses)]
    firsts = [run.progress.train_loss[0] for run in runs if math.isfinite(run.progress.train_loss[0])]
    if not len(losses):
        return 0.0, 1.0
    high = min(losses.max(), 10 * min(firsts)) if firsts else losses.max()
    low = losses.min()
    if low > 0:
        return low / 1.15, max(high, low) * 1.15
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def measured(progress: Progress) -> list[str]:
    """The metrics beside the loss."""
    found = []
    if progress.train_accuracy or progress.validation_accuracy:
        found.append("accuracy")
    if np.isfinite(progress.validation_r2).any():
        found.append("r2")
    return found


def draw_picture(
    ax: Any,
    picture: Picture,
    look: Look,
    letters: float,
    brief: bool = False,
    points: float = 1.0,
    resolution: int = RESOLUTION,
) -> None:
    """What a model answers, with a title that says how often it is right.

    Args:
        brief: for a small picture beside others: no legend, and a short title.
        points: how large the points are, beside the letters.
        resolution: how many places of a plane are asked along each side.
    """
    title = ""
    if isinstance(picture, Boundary):
        boundary.draw_boundary(ax, picture, look, resolution, letters * points)
        across, up = picture.feature_names
    elif isinstance(picture, Confusion):
        confusion.draw_counts(ax, picture.counts, picture.names, look, letters - 1)
        across, up = _("answered"), pgettext("a class that is", "true")
    elif isinstance(picture, FittedCurve):
        known = numbers.draw_fit(ax, picture, look, letters)
        title = _("the fitted curve") if known else _("the network answers no number")
        across, up = picture.feature, picture.target
    else:
        numbers.draw_truth(ax, picture, look, letters)
        title, across, up = _("prediction over truth"), _("true {target}").format(target=picture.target), _("predicted")
    if not brief and ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best")
    figure.labelled(ax, title or told(picture, brief), across, up, letters)


def notes_of(progress: Progress, width: int) -> list[str]:
    """The notices, by the numbers that the curve has, in a few lines."""
    found: list[str] = []
    for number, epoch in enumerate(learning.notice_epochs(progress), 1):
        for text in (text for at, text in progress.notices if at == epoch):
            found += textwrap.wrap(
                f"!{number} {_('epoch {n}:').format(n=epoch)} {notice_text(text)}",
                width,
                subsequent_indent="     ",
            )
    if len(found) > NOTES:
        return [*found[: NOTES - 1], f"{found[NOTES - 1][: width - 2]} …"]
    return found
