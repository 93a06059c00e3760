"""A run's curves as SVG that stands in a page, without matplotlib: read by a browser in light and dark, and printed."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_edu_words import _

from ..training.notices import notice_text
from ..training.progress import Progress

LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 16.0, 22.0  # around the curves, in units of the picture
WIDTH = 360.0
MOST = 500  # points of a curve; of more, the lowest and the highest of each piece are drawn
BELOW = 8  # how far a logarithmic scale goes below the lowest curve, at most
SHORT = 1.7  # powers of ten; a shorter scale has 2 and 5 between them, one of up to twice as many 3


@dataclass(frozen=True)
class Scale:
    """Where numbers and epochs lie in the picture."""

    low: float
    high: float
    is_log: bool
    epochs: int
    height: float

    @classmethod
    def around(cls, numbers: Sequence[float], epochs: int, height: float, log: bool = False) -> Scale:
        """All finite numbers, with some room."""
        found = [n for n in numbers if math.isfinite(n)] or [0.0, 1.0]
        low, high = min(found), max(found)
        if log and low > 0:
            return cls(low / 1.15, high * 1.15, True, epochs, height)
        room = 0.06 * (high - low) or 0.5
        return cls(low - room, high + room, False, epochs, height)

    def y(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        if self.is_log:
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return TOP + (1 - share) * (self.height - TOP - BOTTOM)

    def x(self, epoch: float) -> float:
        """At the left end is what was before the first epoch."""
        return LEFT + epoch / self.epochs * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        """Round numbers, between 2 and 7."""
        found: list[float] = []
        if self.is_log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            decades = math.log10(self.high) - math.log10(self.low)
            parts = (1, 2, 5) if decades < SHORT else (1, 3) if decades < 2 * SHORT else (1,)
            step = max(round(decades / 5), 1)
            found = [k * 10.0**power for power in range(first, last + 1, step) for k in parts]
            found = [tick for tick in found if self.low <= tick <= self.high]
        if len(found) < 2:
            about = (self.high - self.low) / 4
            power = 10.0 ** math.floor(math.log10(about))
            size = power * min((1, 2, 5, 10), key=lambda k: abs(math.log(k * power / about)))
            found = [size * k for k in range(math.floor(self.low / size), math.ceil(self.high / size) + 1)]
        return [tick for tick in found if self.low <= tick <= self.high]


def loss_scale(runs: Sequence[Progress], height: float, epochs: int = 0) -> Scale:
    """One scale for the losses of all runs. What was nearly perfect, or blew up, does not decide it.

    Args:
        epochs: that the axis has room for; 0 for those of the longest run.
    """
    curves = [n for run in runs for n in (*run.train_loss, *run.validation_loss) if math.isfinite(n)]
    firsts = [run.train_loss[0] for run in runs if run.train_loss and math.isfinite(run.train_loss[0])]
    top = 10 * min(firsts) if len(runs) > 1 and firsts else math.inf
    ghosts = [n for run in runs for _first, losses in run.ghosts for n in losses]
    batches = [n for run in runs for band in run.band for n in band]
    is_log = bool(curves) and min(curves) > 0
    least = min(curves) / BELOW if is_log else -math.inf
    shown = [min(max(n, least), top) for n in (*curves, *ghosts, *batches) if math.isfinite(n)]
    return Scale.around(shown, epochs or longest(runs), height, log=is_log)


def longest(runs: Sequence[Progress]) -> int:
    """The epochs that an axis has room for: those of the longest run, and what was undone of it."""
    return max([1, *(len(run.train_loss) for run in runs), *(k + len(v) - 1 for run in runs for k, v in run.ghosts)])


def loss_svg(progress: Progress, scale: Scale, others: Sequence[tuple[Progress, float]] = ()) -> str:
    """The loss of each epoch, with the band of its batches, what was undone, and the curves of other runs behind.

    Args:
        others: other runs, and how many epochs of this one are as long as one of theirs.
    """
    parts = [*_axes(scale, _("loss"))]
    parts += [_line(other.losses, scale, "other", stretch=stretch) for other, stretch in others]
    parts += [_band(progress, scale)]
    parts += [_line(losses, scale, "ghost", first) for first, losses in progress.ghosts]
    parts += [_line(progress.train_loss, scale, "train"), _line(progress.validation_loss, scale, "validation")]
    parts += [*_marks(progress, scale)]
    return _svg(parts, scale, _("loss over {n} epochs").format(n=len(progress.train_loss)))


def measure_svg(progress: Progress, metric: str, scale: Scale) -> str:
    """Accuracy, R² or the learning rate of each epoch."""
    name = {"accuracy": _("accuracy"), "r2": "R²", "rates": _("learning rate")}[metric]
    parts = [*_axes(scale, name, percent=metric == "accuracy")]
    if metric == "rates":
        parts.append(_line(progress.rates, scale, "rate"))
    else:
        for part in ("train", "validation"):
            parts.append(_line(getattr(progress, f"{part}_{metric}", []), scale, part))
    if progress.best and len(progress.train_loss) > 1:
        parts.append(_upright(scale, progress.best[0], "best"))
    return _svg(parts, scale, _("{name} over {n} epochs").format(name=name, n=len(progress.train_loss)))


def _svg(parts: list[str], scale: Scale, about: str) -> str:
    moving = _upright(scale, 0, "now")
    frame = f'viewBox="0 0 {WIDTH:g} {scale.height:g}" role="img" aria-label="{html.escape(about)}"'
    data = f'data-left="{LEFT:g}" data-right="{WIDTH - RIGHT:g}" data-epochs="{scale.epochs}"'
    return f"<svg {frame} {data}>{''.join(parts)}{moving}</svg>"


def _axes(scale: Scale, name: str, percent: bool = False) -> list[str]:
    bottom = scale.height - BOTTOM
    parts = []
    for tick in scale.ticks():
        y = scale.y(tick)
        word = f"{100 * tick:.4g} %" if percent else f"{tick:.4g}"
        parts.append(f'<line class="grid" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 4:g}" y="{y + 4:.1f}">{html.escape(word)}</text>')
    parts.append(f'<line class="axis" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{bottom:g}" y2="{bottom:g}"/>')
    parts.append(f'<text class="name" x="2" y="10">{html.escape(name)}</text>')
    parts.append(f'<text x="{LEFT:g}" y="{bottom + 14:g}">{_("epoch {n}").format(n=0)}</text>')
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT:g}" y="{bottom + 14:g}">{scale.epochs}</text>')
    return parts


def _line(values: Sequence[float], scale: Scale, kind: str, first: int = 1, stretch: float = 1.0) -> str:
    """A curve, interrupted where it is no number; a single epoch is a dot."""
    pieces: list[list[str]] = [[]]
    for epoch, value in _thinned(values, first):
        if math.isfinite(value):
            pieces[-1].append(f"{scale.x(stretch * epoch):.1f},{scale.y(value):.1f}")
        elif pieces[-1]:
            pieces.append([])
    found = ""
    for piece in filter(None, pieces):
        if len(piece) == 1:
            x, y = piece[0].split(",")
            found += f'<circle class="{kind}" cx="{x}" cy="{y}" r="3"/>'
        else:
            found += f'<polyline class="{kind}" points="{" ".join(piece)}"/>'
    return found


def _thinned(values: Sequence[float], first: int) -> list[tuple[int, float]]:
    found = [(first + k, value) for k, value in enumerate(values)]
    if len(found) <= MOST:
        return found
    size = math.ceil(2 * len(found) / MOST)
    kept: list[tuple[int, float]] = []
    for start in range(0, len(found), size):
        piece = sorted(found[start : start + size], key=lambda point: point[1])
        kept += sorted({piece[0], piece[-1]})
    return kept


def _band(progress: Progress, scale: Scale) -> str:
    known = [(epoch, *band) for epoch, band in enumerate(progress.band, 1) if all(map(math.isfinite, band))]
    if not known or all(low == high for _epoch, low, high in known):
        return ""
    known = known[:: math.ceil(len(known) / MOST)]
    if len(known) == 1:
        epoch, low, high = known[0]
        x = scale.x(epoch)
        height = scale.y(low) - scale.y(high)
        return f'<rect class="band" x="{x - 3:.1f}" y="{scale.y(high):.1f}" width="6" height="{height:.1f}"/>'
    upper = [f"{scale.x(epoch):.1f},{scale.y(high):.1f}" for epoch, _low, high in known]
    lower = [f"{scale.x(epoch):.1f},{scale.y(low):.1f}" for epoch, low, _high in reversed(known)]
    return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _marks(progress: Progress, scale: Scale) -> list[str]:
    """On the axis: ▲ the best epoch, ! a notice, η what was set by hand, × an epoch whose loss is no number."""
    bottom, parts = scale.height - BOTTOM, []
    if progress.best and len(progress.train_loss) > 1:
        epoch, loss = progress.best
        parts.append(
            _upright(
                scale,
                epoch,
                "best",
                _("best: epoch {epoch}, validation loss {loss}").format(epoch=epoch, loss=f"{loss:.4g}"),
            )
        )
        parts.append(_sign(scale.x(epoch), bottom - 2, "▲", "best"))
    for k, epoch in enumerate(sorted({epoch for epoch, _text in progress.notices}), 1):
        said = " ".join(notice_text(text) for at, text in progress.notices if at == epoch)
        parts.append(_upright(scale, epoch, "notice", f"{_('epoch {n}:').format(n=epoch)} {said}"))
        parts.append(_sign(scale.x(epoch), TOP - 3, f"!{k}", "notice"))
    for epoch, what in progress.changes:
        parts.append(_upright(scale, epoch, "steered", f"{_('epoch {n}:').format(n=epoch)} {what}"))
        parts.append(_sign(scale.x(epoch), TOP - 3, "η", "steered"))
    lost = [epoch for epoch, loss in enumerate(progress.losses, 1) if not math.isfinite(loss)][:MOST]
    return parts + [_sign(scale.x(epoch), bottom + 4, "×", "notice") for epoch in lost]


def _upright(scale: Scale, epoch: int, kind: str, about: str = "") -> str:
    x, bottom = scale.x(epoch), scale.height - BOTTOM
    title = f"<title>{html.escape(about)}</title>" if about else ""
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" y2="{bottom:g}">{title}</line>'


def _sign(x: float, y: float, sign: str, kind: str) -> str:
    return f'<text class="sign {kind}" x="{x:.1f}" y="{y:.1f}">{sign}</text>'
