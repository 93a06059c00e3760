"""The state of a run as a screen of some width and height: the same state is always the same screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tinygrad_edu_viz.canvas.axes import figures
from tinygrad_edu_viz.canvas.chart import Curve, Mark, axis_end, chart
from tinygrad_edu_viz.canvas.grid import BOLD, COLOUR, Grid, Look, Style
from tinygrad_edu_viz.canvas.inks import BLACK, BLUE, CHANGED, FAINT, GREEN, GREY, NOTED, ORANGE, PINK, QUIET
from tinygrad_edu_viz.cells import cell_width, part
from tinygrad_edu_viz.training.notices import notice_text
from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_words import N_, _

from ..terminal_width import wrap
from ..training.wording import percent
from .layer_table import layer_table
from .live import Live

Picture = Callable[[int, int], Grid]

BAR, BAR_STRONG = Style(0xE8EAED, 0x26303A), Style(0xE8EAED, 0x26303A, True)
NAMES = {"running": N_("running"), "paused": N_("paused"), "ended": N_("ended"), "replay": N_("replay")}
STATUS = {"running": GREEN, "paused": ORANGE, "ended": BLUE, "replay": PINK}
KEYS = [
    *[("space", N_("pause")), (".", N_("update")), (",", N_("epoch")), ("s", N_("step into")), ("[ ]", N_("rate"))],
    *[("u", N_("undo")), ("h", N_("hidden units")), ("l", N_("lin/log")), ("o", N_("optimizer"))],
    *[("b", N_("batch size")), ("r", N_("restart")), ("- +", N_("speed")), ("e", N_("export"))],
    *[("d", N_("lines")), ("?", N_("help")), ("q", N_("quit"))],
]
ENDED_KEYS = [key for key in KEYS if key[0] in ("u", "h", "l", "r", "- +", "e", "?", "q")]
_MISSED = ("q", "?", "space", ".", "s", ",", "u", "[ ]", "h", "e", "l", "o", "b", "r", "- +", "d")  # the most, first
PICTURE_WIDTH, PICTURE_HEIGHT = 60, 16  # of a screen that has a picture, and the layers
WIDE, TALL = 120, 28  # with room for two curves above each other, and for more layers and notices
LEAST_MAIN = 8  # rows of the curves
LEAST_TITLE = 8  # cells


def compose(live: Live, width: int, height: int, picture: Picture | None, look: Look = COLOUR) -> Grid:
    """Draw the screen.

    Args:
        picture: what the model answers, drawn in a width and a height; None where there is nothing to show.
    """
    grid = Grid(width, height, look)
    title_bar(grid, live)
    if width < PICTURE_WIDTH or height < PICTURE_HEIGHT:
        _small(grid, live)
    else:
        number_rows(grid, live.progress, 1)
        _large(grid, live, picture)
    if height > 2:
        key_bar(grid, live)
    return grid


def title_bar(grid: Grid, live: Live, trained: str = "") -> None:
    """The command, what is trained, and whether it goes on, in the first row."""
    trained = trained or live.progress.title
    status = f" {_(NAMES[live.status]).upper()} "
    room = grid.width - len(status)
    grid.block(0, 0, grid.width, 1, " ", BAR)
    title = f"tinygrad-edu {live.command}   {trained}"
    if cell_width(title) + 2 > room:
        title = trained
    if room >= LEAST_TITLE:
        grid.put(1, 0, cut(title, room - 2, grid.look), BAR)
    grid.put(max(room - 1, 0), 0, status if room > 0 else status.strip(), Style(BLACK, STATUS[live.status], True))


def _small(grid: Grid, live: Live) -> None:
    """Of a small screen: the numbers in as many lines as they take, and the losses where there is room."""
    y, end = 1, grid.height - (grid.height > 2)
    most = max(end - y - 6, 1) if end - y >= 6 and grid.width >= 20 else end - y
    y = number_rows(grid, live.progress, y, lines=min(most, 3) if most < end - y else most)
    if end - y >= 5 and grid.width >= 20:
        grid.paste(losses(live, grid.width - 1, end - y, grid.look), 1, y)


def _large(grid: Grid, live: Live, picture: Picture | None) -> None:
    width, look = grid.width, grid.look
    wide, tall = width >= WIDE, grid.height >= TALL
    top = 3 if grid.height >= 20 else 2
    room = grid.height - 1 - top - LEAST_MAIN
    rows = min(len(live.layers), 6 if tall else 3, max(room - 2, 0))
    room -= rows + 2 if rows else 0
    said = _said(live, width - 2, 2 if tall else 1, min(4 if tall else 2, max(room - 1, 0)), look)
    main = grid.height - 1 - top - (rows + 2 if rows else 0) - (len(said) + 1 if said else 0)
    right = 0 if picture is None else (2 * width // 5 if wide else width // 2 - 1)
    left = width - 1 - right - (2 if right else 1)
    measured = live.progress.train_accuracy or live.progress.validation_accuracy or live.progress.validation_r2
    if wide and main >= 20 and measured:
        upper = main * 3 // 5
        grid.paste(losses(live, left, upper, look), 1, top)
        grid.paste(rightness(live, left, main - upper, look), 1, top + upper)
    else:
        grid.paste(losses(live, left, main, look), 1, top)
    if picture is not None:
        grid.paste(picture(right, main), width - right, top)
    y = top + main
    if rows:
        grid.block(0, y, width, 1, "─", Style(FAINT))
        grid.paste(layer_table(live.layers, width - 2, rows, look), 1, y + 1)
        y += rows + 2
    if said:
        grid.block(0, y, width, 1, "─", Style(FAINT))
        for k, (text, style) in enumerate(said):
            grid.put(1, y + 1 + k, text, style)


def _said(live: Live, width: int, most: int, rows: int, look: Look) -> list[tuple[str, Style]]:
    """How the run ended, and the last notices, the newest first; with dots where a notice has no room."""
    lines = [(_("The run has ended: {why}.").format(why=live.end), BOLD)] if live.end else []
    for epoch, text in reversed(live.progress.notices[-most:]):
        where = f"{_('epoch {n}:').format(n=epoch)} " if epoch else ""
        lines += [(line, Style(PINK)) for line in wrap(f"! {where}{notice_text(text)}", width, indent=2)]
    if 0 < rows < len(lines) and lines[rows][0].startswith("  "):  # it goes on there
        text, style = lines[rows - 1]
        lines[rows - 1] = cut(f"{text} {lines[rows][0].strip()}", width, look), style
    return lines[:rows]


def number_rows(grid: Grid, progress: Progress, y: int, lines: int = 1) -> int:
    """The numbers in at most so many lines, those that are missed least left out; returns the row after them."""
    short = grid.width < 100
    gap = 2 if short else 3
    pairs = numbers(progress, short)
    rows = _broken(pairs, grid.width, gap)
    while len(rows) > lines and pairs:
        pairs.remove(max(pairs, key=lambda pair: pair[2]))
        rows = _broken(pairs, grid.width, gap)
    for row in rows:
        x = 1
        for name, value in row:
            start = grid.put(x, y, name, QUIET) + 1 if name else x
            x = grid.put(start, y, value, BOLD) + gap
        y += 1
    return y


def _broken(pairs: list[tuple[str, str, int]], width: int, gap: int) -> list[list[tuple[str, str]]]:
    """The numbers in lines that fit; where a name has no room, its number stands alone."""
    rows: list[list[tuple[str, str]]] = []
    x = width
    for name, value, _missed in pairs:
        name = name if cell_width(name) + cell_width(value) + 2 < width else ""
        size = cell_width(name) + bool(name) + cell_width(value)
        if x + size >= width:
            rows.append([])
            x = 1
        rows[-1].append((name, value))
        x += size + gap
    return rows


def numbers(progress: Progress, short: bool) -> list[tuple[str, str, int]]:
    """What was measured last: name, value, and how little it would be missed."""
    p = progress
    found = [(_("epoch"), f"{p.epoch}/{p.epochs}" if p.epochs else str(p.epoch), 0)]
    if np.isfinite(p.lr):
        found.append((_("rate"), figures(p.lr), 4))
    if p.train_loss:
        found.append((_("loss"), figures(p.train_loss[-1]), 1))
    if p.validation_loss:
        found.append((_("val") if short else _("validation"), figures(p.validation_loss[-1]), 2))
    shares = [percent(part[-1]).rstrip("%") for part in (p.train_accuracy, p.validation_accuracy) if part]
    if shares:
        found.append((_("right"), "/".join(shares) + " %", 3))
    if p.validation_r2:
        found.append(("R²", f"{p.validation_r2[-1]:.3f}", 3))
    if p.best:
        epoch, loss = p.best
        waited = f"{max(p.epoch - epoch, 0)}/{p.patience}"
        patience = ", " + _("patience {n}").format(n=waited) if p.patience else ""
        found.append((_("best"), f"{figures(loss)} @ {epoch}{patience}", 6))
    if p.batch:
        found.append((_("batch"), f"{p.batch}/{p.of}: {figures(p.batch_loss)}", 7))
    return [*found, (_("update"), str(p.step), 5)] if p.step else found


def losses(live: Live, width: int, height: int, look: Look) -> Grid:
    """The losses of the epochs, the band of their batches, what was undone, and what happened when."""
    p = live.progress
    curves = [Curve(_("undone"), values, GREY, "pale", start) for start, values in p.ghosts]
    curves.append(Curve(_("train"), p.train_loss, BLUE))
    if p.validation_loss:
        curves.append(Curve(_("validation"), p.validation_loss, ORANGE, "dotted"))
    title = _("loss (log)") if live.log else _("loss")
    return chart(
        *(width, height, curves), title=title, band=p.band, log=live.log, marks=marks(p), end=_end(p), look=look
    )


def rightness(live: Live, width: int, height: int, look: Look) -> Grid:
    """The share of right answers, or of regressions R²: from 1 down."""
    p = live.progress
    if p.validation_r2:
        curves, title, least = [Curve(_("validation"), p.validation_r2, ORANGE, "dotted")], "R²", -1.0
    else:
        curves = [Curve(_("train"), p.train_accuracy, BLUE)] if p.train_accuracy else []
        if p.validation_accuracy:
            curves.append(Curve(_("validation"), p.validation_accuracy, ORANGE, "dotted"))
        title, least = _("right"), 0.0
    values = np.concatenate([curve.values for curve in curves])
    finite = values[np.isfinite(values)]
    low = float(finite.min()) if finite.size else 0.0
    limits = max(low - max(0.1 * (1 - low), 0.01), least), 1.0
    return chart(width, height, curves, title=title, limits=limits, percent=not p.validation_r2, end=_end(p), look=look)


def marks(progress: Progress) -> list[Mark]:
    """What happened at which epoch: settings changed by hand, the best loss, notices."""
    changes = [Mark(epoch, "η", CHANGED) for epoch, _what in progress.changes]
    best = [Mark(progress.best[0], "▲", BOLD)] if progress.best else []
    return [*changes, *best, *(Mark(epoch, "!", NOTED) for epoch, _what in progress.notices if epoch)]


def _end(progress: Progress) -> int:
    seen = [len(progress.train_loss), *(start + len(values) - 1 for start, values in progress.ghosts)]
    return axis_end(max(seen), progress.epochs)


def key_bar(grid: Grid, live: Live) -> None:
    """The message, or the keys, of which those that are missed least are left out."""
    y = grid.height - 1
    grid.block(0, y, grid.width, 1, " ", BAR)
    if live.message:
        grid.put(1, y, cut(live.message, grid.width - 2, grid.look), BAR_STRONG)
        return
    x = 1
    for key, does in shown_keys(live, grid.width):
        x = grid.put(grid.put(x, y, key, BAR_STRONG) + 1, y, does, BAR) + 2


def shown_keys(live: Live, width: int) -> list[tuple[str, str]]:
    """The keys that have room, each with what it does in this state."""
    keys: Sequence[tuple[str, str]] = live.keys or (ENDED_KEYS if live.status == "ended" else KEYS)
    found = [(_(key), _("go on") if key == "space" and live.status == "paused" else _(does)) for key, does in keys]
    given = [key for key, _does in live.keys if key not in "?q"]
    order = [*reversed(given), "?", "q"] if live.keys else [*reversed(_MISSED)]
    for least in order:
        if 1 + sum(cell_width(key) + cell_width(does) + 3 for key, does in found) - 2 <= width:
            break
        found = [pair for pair in found if pair[0] != _(least)]
    return found


def cut(text: str, width: int, look: Look) -> str:
    """A text in at most `width` cells, with dots where it is cut."""
    if cell_width(text) <= width:
        return text
    dots = "..." if look.ascii else "…"
    return part(text, 0, max(width - len(dots), 0)) + dots[: max(width, 0)]
