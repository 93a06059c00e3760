"""What a landscape shows, in sentences: the same in every face."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_edu_words import _, grouped

from .landscape import Landscape, WalkedTrail

AGREE = 0.02  # of each other: losses that differ by less are called the same
ALL = 0.9995  # a share that is written as 100 %
LONG = 1.5  # times its distance: such a way is worth a word
ZIGZAG = 0.25  # of the steps lead back


def short(number: float) -> str:
    """A loss in three digits.

    >>> short(0.07081), short(1234567.0), short(float("nan"))
    ('0.0708', '1.23e+06', 'not a number')
    """
    return _("not a number") if np.isnan(number) else f"{number:.3g}".replace("inf", "∞")


def percent(share: float) -> str:
    """Only all is 100 %, and only nothing 0 %.

    >>> percent(0.8712), percent(0.99999), percent(1.0)
    ('87 %', '99.9 %', '100 %')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(share * 100, 0.1), 99.9):.{0 if 0.01 < share < 0.99 else 1}f} %"


def held(landscape: Landscape) -> str:
    """How much of the trails the plane shows."""
    plane, many = landscape.plane, len(landscape.trails) > 1
    names = f" {_('and')} ".join(plane.names)
    if plane.exact:
        if landscape.is_curve:
            return _("The axis is what is learned, {names}: nothing is left out.").format(names=names)
        return _("The axes are what is learned, {names}: nothing is left out.").format(names=names)
    whose = _("the trails' movement") if many else _("the trail's movement")
    what = _("This line") if landscape.is_curve else _("This plane")
    n = grouped(plane.centre.size)
    if plane.share >= ALL:
        return _("{what}, one of many among the {n} weights, holds all of {whose}.").format(what=what, n=n, whose=whose)
    share = percent(plane.share)
    return _("{what} among the {n} weights holds {share} of {whose}.").format(what=what, n=n, share=share, whose=whose)


def halfway(trail: WalkedTrail) -> str:
    """How far the map is from the truth: in the middle of a trail."""
    own, below = float(trail.losses[trail.halfway]), float(trail.below[trail.halfway])
    where = _("Halfway, at {moment}, {name}").format(moment=trail.moments[trail.halfway], name=trail.name)
    if abs(own - below) <= AGREE * max(abs(own), abs(below)):
        return _("{where} has the loss {own}, as the map has there.").format(where=where, own=short(own))
    return _("{where} has the loss {own}, and the map below it {below}: the trail runs beside the plane.").format(
        where=where, own=short(own), below=short(below)
    )


def honesty(landscape: Landscape) -> str:
    """The share, and the largest difference halfway, in one text."""
    long = [trail for trail in landscape.trails if len(trail) > 2]
    if landscape.plane.exact or not long:
        return held(landscape)
    return f"{held(landscape)} {halfway(max(long, key=_gap))}"


def _gap(trail: WalkedTrail) -> float:
    """How much the map differs from the loss halfway, as a ratio."""
    own, below = abs(float(trail.losses[trail.halfway])), abs(float(trail.below[trail.halfway]))
    return max(own, below) / max(min(own, below), 1e-300)


def summary(trail: WalkedTrail) -> str:
    """A trail from start to end."""
    text = _("{name}: loss {first} to {last}, {moment}").format(
        name=trail.name,
        first=short(float(trail.losses[0])),
        last=short(float(trail.losses[-1])),
        moment=trail.moments[-1],
    )
    if trail.way > LONG * trail.distance > 0:
        return f"{text}; {detour(trail)}"
    return text


def detour(trail: WalkedTrail) -> str:
    """How far a trail goes, and whether it goes to and fro."""
    text = _("its way is {way} long, and leads {distance} far").format(
        way=short(trail.way), distance=short(trail.distance)
    )
    if trail.turns is None or trail.turns <= ZIGZAG:
        return text
    return _("it zig-zags, back in {percent} of its steps: {text}").format(percent=percent(trail.turns), text=text)


def along(trail: WalkedTrail, most: int = 6) -> str:
    """The loss at some moments of a trail."""
    chosen = np.unique(np.linspace(0, len(trail) - 1, min(most, len(trail))).round().astype(int))
    return ", ".join(
        _("{loss} at {moment}").format(loss=short(float(trail.losses[k])), moment=trail.moments[k]) for k in chosen
    )


def extent(landscape: Landscape) -> str:
    """What the map covers, and where it is lowest."""
    sides = zip(landscape.plane.names, landscape.sides, strict=True)
    text = f" {_('and')} ".join(
        _("{name} from {low} to {high}").format(name=name, low=short(side[0]), high=short(side[-1]))
        for name, side in sides
    )
    if landscape.lowest is None:
        return _("The map covers {text}; nowhere has it a number.").format(text=text)
    place, loss = landscape.lowest
    return _("The map covers {text}; it is lowest, {loss}, at {place}.").format(
        text=text, loss=short(loss), place=", ".join(map(short, place))
    )


def table(landscape: Landscape, across: int = 7, up: int = 5) -> Iterator[list[str]]:
    """The map in numbers: a head with places along the first axis, then rows from the highest place on the second."""
    columns = _spread(len(landscape.sides[0]), across)
    head = [short(float(landscape.sides[0][k])) for k in columns]
    if landscape.is_curve:
        yield [landscape.plane.names[0], *head]
        yield [_("loss"), *(short(float(landscape.losses[k])) for k in columns)]
        return
    yield ["", *head]
    for row in reversed(_spread(len(landscape.sides[1]), up)):
        yield [short(float(landscape.sides[1][row])), *(short(float(landscape.losses[row, k])) for k in columns)]


def _spread(count: int, most: int) -> list[int]:
    return np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist()


def missing(landscape: Landscape) -> Iterator[str]:
    """What is not drawn, and why."""
    for trail in landscape.trails:
        if trail.missing:
            yield _("{name} ends early on the map: {missing}.").format(name=trail.name, missing=trail.missing)
        elif not trail.way:
            yield _("{name} did not move.").format(name=trail.name)


def caption(landscape: Landscape) -> str:
    """Who zig-zags, and how honest the map is."""
    crooked = [
        trail for trail in landscape.trails if (trail.turns or 0.0) > ZIGZAG and trail.way > LONG * trail.distance
    ]
    return " ".join([*(f"{trail.name}: {detour(trail)}." for trail in crooked), honesty(landscape)])


def below(landscape: Landscape) -> Iterator[str]:
    """All that is to be said below a map, sentence by sentence."""
    yield caption(landscape)
    yield from missing(landscape)
    yield from notes(landscape)


def notes(landscape: Landscape) -> Iterator[str]:
    """What one should know about the losses."""
    for note in landscape.notes:
        yield f"{note[0].upper()}{note[1:]}."
