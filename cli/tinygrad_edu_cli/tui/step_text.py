"""What is said about a step: the chain rule as formula and numbers, one under the other, and in words."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.recording.contents import Event
from tinygrad_edu_viz.recording.sentences import BIRTH
from tinygrad_edu_words.sentences import spoken

from ..stepping import step_lines
from ..terminal_width import wrap
from . import look


def step_text(player: Player, note: str, width: int, compact: bool = False) -> list[Segment]:
    """What happened in the step before the player's position, in lines of at most `width` cells.

    Args:
        note: what to say before the first step.
        compact: lines are precious.
    """
    width = max(width, 8)
    if player.at_start:
        first, *more = note.splitlines() or [""]
        texts = [*filter(None, [first, player.view.note]), step_lines.given(player.trace), *more]
        return _lines([line for text in texts for line in wrap(look.shown(text), width, indent=2)], Style())
    events = player.happened
    return [line for event in events for line in _about(event, width, compact or len(events) > 1)]


def _about(event: Event, width: int, compact: bool) -> list[Segment]:
    style = look.of(event.kind)
    if event.kind == "forward":
        equation, sign, born = event.text.partition(BIRTH)
        sides = [line for text in _stacked(spoken(equation)) for line in _wrapped(text, width)]
        sentence = wrap(look.shown(spoken(sign + born).removeprefix(". ")), width) if born else []
        return [*_lines(sides, style), *_lines(sentence, Style())]
    formula = [line for text in _chain_rule(event, compact) for line in _wrapped(text, width)]
    return [*_lines(formula, style), *_lines(wrap(look.shown(spoken(event.text)), width), Style())]


def _lines(texts: list[str], style: Style) -> list[Segment]:
    return [Segment(text, style) for text in texts]


def _chain_rule(event: Event, compact: bool) -> list[str]:
    """The formula; of single numbers with its figures and its result on lines of their own."""
    if event.local is None or event.shape is not None or event.formula.count(" = ") < 2:
        return [spoken(event.formula)]
    rule, figures, result = event.formula.rsplit(" = ", 2)
    room = " " * rule.find("+= ")
    if compact:
        return [rule, f"{room} = {figures} = {result}"]
    return [rule, f"{room} = {figures}", f"{room} = {result}"]


def _stacked(text: str) -> list[str]:
    """Each side of an equation under the one before: the name on the first line only."""
    name, *sides = text.split(" = ")
    room = " " * cell_width(name)
    return [f"{room if place else name} = {side}" for place, side in enumerate(sides)] or [text]


def _wrapped(text: str, width: int) -> list[str]:
    """A line of a formula, on more lines if it must; what it begins with stays under its sign."""
    text = look.shown(text)
    blanks = len(text) - len(text.lstrip())
    return [" " * blanks + line for line in wrap(text.lstrip(), max(width - blanks, 8), indent=2)]
