"""A run, or several side by side, as one HTML page: curves, answers over time, notices, the command that repeats it.

The page asks for nothing: the curves are SVG in it, and a small program, `report.js`, draws what the model answered
after each of some epochs from numbers that stand in the page. Names are the user's: they are escaped in HTML and JSON.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterator, Sequence
from string import Template
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _

from ..cells import clean
from ..javascript import assemble as javascript
from ..training.answers import Boundary, Confusion, FittedCurve, Mistake, Picture
from ..training.notices import notice_text
from ..training.progress import Progress
from ..training.shown import Shown, told
from ..training.snapshots import MOST_SNAPSHOTS
from . import curves
from .parts import head, packaged, packed, themed

GRID = 64  # fields along each side of a plane; the page draws between them
PLACES = 120  # along a fitted curve
POINTS = 300
MISTAKES = 12
LOSS, MEASURE, RATE = 230.0, 150.0, 120.0  # heights of curves, in units of the picture
LONGEST_TITLE = 500  # characters


class Playground(NamedTuple):
    """A playground inside of the report.

    Attributes:
        page, inside: see `playground.page_of_run`.
        words: what is not the same there; may be "".
    """

    page: str
    inside: Sequence[tuple[str, str]]
    words: str = ""


def report(
    runs: Sequence[Shown],
    title: str = "",
    theme: str = "auto",
    table: str = "",
    most: int = MOST_SNAPSHOTS,
    playground: Playground | None = None,
) -> str:
    """The page.

    Args:
        title: above everything; the title of the run if left out.
        theme: "light", "dark", or "auto" for what the reader's system has.
        table: lines of text about all runs, such as those of `tinygrad-edu compare`.
        most: epochs whose answers are shown.
        playground: in which the run goes on.
    Returns:
        HTML; write it in UTF-8.
    Raises:
        ArgumentError: another theme, or no run with an epoch.
    """
    style = themed(packaged("report.css"), theme)
    inside = playground or Playground("", [])
    runs = [run for run in runs if run.progress.train_loss]
    if not runs:
        raise ArgumentError("no epoch has ended, so there is nothing to report")
    script = javascript.packaged(javascript.WORDS) + packaged("report.js")
    script += packaged("report_playground.js") if playground else ""
    frames = [_frames(run, most) for run in runs]
    lines = "\n".join(map(_text, table.splitlines()))
    heading = html.escape(clean(title or runs[0].progress.title or _("A training run"))[:LONGEST_TITLE])
    return Template(packaged("report.html")).substitute(
        head=head(heading, script, style, *inside.inside),
        title=heading,
        count="many" if len(runs) > 1 else "one",
        summary="".join(f"<p>{_text(line)}</p>" for line in (runs[0].summary if len(runs) == 1 else ())),
        table=f'<pre tabindex="0">{lines}</pre>' if table else "",
        last=max(len(run["frames"]) for run in frames) - 1,
        still=" hidden" if all(len(run["frames"]) < 2 for run in frames) else "",
        runs="".join(_card(run, number, runs) for number, run in enumerate(runs)),
        legend=_legend([run.progress for run in runs]),
        about="".join(_about(run) for run in runs) + _settings(runs),
        playground=Template(packaged("report_playground.html")).substitute(words=_text(inside.words))
        if playground
        else "",
        packed=packed(script, data={"runs": frames}, **({"page": playground.page} if playground else {})),
    )


def _card(run: Shown, number: int, runs: Sequence[Shown]) -> str:
    """The curves of a run, and the place where its answers are drawn."""
    progress, everyone = run.progress, [each.progress for each in runs]
    others = [(each.progress, each.updates / run.updates) for each in runs if each is not run]
    epochs = max(math.ceil(curves.longest([each.progress]) * each.updates / run.updates) for each in runs)
    pictures = [curves.loss_svg(progress, curves.loss_scale(everyone, LOSS, epochs), others)]
    for metric in ("accuracy", "r2"):
        measured = [n for each in everyone for n in _measures(each, metric)]
        if any(map(math.isfinite, _measures(progress, metric))):
            pictures.append(curves.measure_svg(progress, metric, curves.Scale.around(measured, epochs, MEASURE)))
    if len(set(progress.rates)) > 1:
        rates = [n for each in everyone for n in each.rates]
        pictures.append(curves.measure_svg(progress, "rates", curves.Scale.around(rates, epochs, RATE, log=True)))
    heading = f'<h2 class="label">{_text(run.label)}</h2>' if run.label and len(runs) > 1 else ""
    answers = ""
    if run.picture is not None:
        answers = f'<figure class="answers" id="run-{number}"><figcaption></figcaption></figure>'
    return f'<section class="run">{heading}<div class="curves">{"".join(pictures)}</div>{answers}</section>'


def _measures(progress: Progress, metric: str) -> list[float]:
    return [*getattr(progress, f"train_{metric}", []), *getattr(progress, f"validation_{metric}", [])]


def _legend(runs: Sequence[Progress]) -> str:
    """The lines and signs that are there."""
    banded = any(math.isfinite(low) and low < high for run in runs for low, high in run.band)
    lost = any(not math.isfinite(loss) for run in runs for loss in run.losses)
    entries = [
        ("train", _("━ training"), True),
        ("validation", _("╍ validation"), any(run.validation_loss for run in runs)),
        ("train", _("▒ lowest to highest batch of the epoch"), banded),
        ("best", _("▲ best epoch"), any(run.best and len(run.train_loss) > 1 for run in runs)),
        ("notice", _("! noticed"), any(run.notices for run in runs)),
        ("notice", _("× not a number"), lost),
        ("steered", _("η set by hand"), any(run.changes for run in runs)),
        ("ghost", _("┈ undone"), any(run.ghosts for run in runs)),
        ("other", _("─ the other runs"), len(runs) > 1),
    ]
    return " ".join(f'<span class="{kind}">{words}</span>' for kind, words, is_there in entries if is_there)


def _about(run: Shown) -> str:
    """What was noticed; the command, and what was done by hand."""
    parts = [f'<h2 class="label">{_text(run.label)}</h2>' if run.label else ""]
    h = "h3" if run.label else "h2"
    numbers = {epoch: k for k, epoch in enumerate(sorted({epoch for epoch, _text in run.progress.notices}), 1)}
    if run.progress.notices:
        items = "".join(
            f"<li><b>!{numbers[epoch]}</b> {_('epoch {n}:').format(n=epoch)} {_text(notice_text(said))}</li>"
            for epoch, said in run.progress.notices
        )
        parts.append(f'<{h}>{_("What was noticed")}</{h}><ul class="notices">{items}</ul>')
    if run.command:
        parts.append(f"<{h}>{_('The same run again')}</{h}><p><code>{_text(run.command)}</code></p>")
    if run.steering:
        items = "".join(f"<li>{_text(line)}</li>" for line in run.steering)
        parts.append(f"<p>{_('and then, by hand:')}</p><ol>{items}</ol>")
    return f"<section>{''.join(parts)}</section>" if any(parts[1:]) else ""


def _settings(runs: Sequence[Shown]) -> str:
    """A column for each run; a setting that differs between them stands out."""
    names = list(dict.fromkeys(name for run in runs for name in run.settings))
    if not names:
        return ""
    head = "".join(f'<th scope="col">{_text(run.label)}</th>' for run in runs) if len(runs) > 1 else ""
    rows = []
    for name in names:
        values = [run.settings.get(name, "") for run in runs]
        kind = ' class="differs"' if len(set(values)) > 1 else ""
        cells = "".join(f"<td>{_text(value)}</td>" for value in values)
        rows.append(f'<tr{kind}><th scope="row">{_text(name)}</th>{cells}</tr>')
    above = f"<thead><tr><td></td>{head}</tr></thead>" if head else ""
    body = "".join(rows)
    table = f'<table class="settings">{above}<tbody>{body}</tbody></table>'
    return f'<h2>{_("Settings")}</h2><div class="scroll">{table}</div>'


def _text(text: str) -> str:
    return html.escape(clean(text))


def _frames(run: Shown, most: int) -> dict[str, Any]:
    """What the page draws of a run: what stays, and for each of some epochs what is new."""
    found: dict[str, Any] = {"label": clean(run.label), "frames": []}
    picture, epochs = run.picture, run.epochs(most)
    if picture is not None:
        found |= _still(picture)
        if run.snapshots is not None and epochs:
            pictures: Iterator[Any] = picture.over_time(run.snapshots, epochs)
            for epoch, earlier in zip(epochs, pictures, strict=True):
                found["frames"].append({"epoch": epoch, **_said(run, epoch, earlier), **_moving(earlier)})
        else:
            last = run.progress.epoch
            found["frames"].append({"epoch": last, **_said(run, last, picture), **_moving(picture)})
    return found


def _said(run: Shown, epoch: int, picture: Picture) -> dict[str, Any]:
    return {"epoch": epoch, "said": run.sentence(epoch, picture), "brief": told(picture, brief=True)}


def _still(picture: Picture) -> dict[str, Any]:
    if isinstance(picture, Boundary):
        left, right, low, high = picture.box
        shares = (picture.points - (left, low)) / (right - left, high - low)
        points = [
            [round(float(x), 4), round(1 - float(y), 4), int(label), int(held)]
            for (x, y), label, held in zip(shares, picture.labels, picture.held_out, strict=True)
        ]
        box = [f"{edge:.4g}" for edge in picture.box]
        return {
            **{"kind": "boundary", "n": GRID, "points": points, "names": _names(picture.names), "box": box},
            "axes": _names(picture.feature_names),
        }
    if isinstance(picture, Confusion):
        mistakes = [_mistake(mistake, picture) for mistake in picture.mistakes(MISTAKES)]
        return {"kind": "confusion", "names": _names(picture.names), "mistakes": mistakes, "side": picture.side}
    low, high = picture.span
    range_ = [f"{low:.4g}", f"{high:.4g}"]
    if isinstance(picture, FittedCurve):
        left, right = float(picture.x.min()), float(picture.x.max())
        x = (picture.x - left) / ((right - left) or 1)
        y = 1 - (picture.y - low) / (high - low)
        points = [
            [round(float(a), 4), round(float(b), 4), 0, int(h)] for a, b, h in zip(x, y, picture.held_out, strict=True)
        ]
        box = [f"{left:.4g}", f"{right:.4g}", *range_]
        return {"kind": "curve", "points": points, "box": box, "axes": _names((picture.feature, picture.target))}
    axes = _names((_("true {target}").format(target=picture.target), _("predicted")))
    truth = (picture.truth[:POINTS] - low) / (high - low)
    return {"kind": "truth", "truth": [round(float(t), 4) for t in truth], "box": [*range_, *range_], "axes": axes}


def _moving(picture: Picture) -> dict[str, Any]:
    if isinstance(picture, Boundary):
        shares = picture.grid(GRID, GRID)
        if not np.isfinite(shares).all():
            return {"map": None, "wrong": []}
        levels = np.round(255 * np.moveaxis(shares[..., 1:], 2, 0)).astype(np.uint8)  # class 0 has the rest
        return {
            "map": base64.b64encode(levels.tobytes()).decode(),
            "wrong": np.flatnonzero(~picture.right).tolist(),
        }
    if isinstance(picture, Confusion):
        return {"counts": picture.counts.tolist()}
    low, high = picture.span
    numbers = picture.curve(PLACES)[1] if isinstance(picture, FittedCurve) else picture.prediction[:POINTS]
    shares = 1 - (numbers - low) / (high - low)
    return {"y": [round(min(max(float(y), -9), 9), 4) if math.isfinite(y) else None for y in shares]}


def _mistake(mistake: Mistake, picture: Confusion) -> dict[str, Any]:
    said = _("{answer} said ({share} %), {right} is right").format(
        answer=picture.names[mistake.answer], share=f"{100 * mistake.share:.0f}", right=picture.names[mistake.true]
    )
    if mistake.image is None:
        return {"said": clean(said), "image": None}
    low, high = float(picture.x.min()), float(picture.x.max())
    pixels = np.round(255 * (mistake.image - low) / ((high - low) or 1)).astype(np.uint8)
    return {"said": clean(said), "image": base64.b64encode(pixels.tobytes()).decode()}


def _names(names: Sequence[str]) -> list[str]:
    return [clean(name) for name in names]
