"""What a page knows of an optimizer's settings is what its class takes."""

from __future__ import annotations

import inspect
import itertools

import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.javascript.settings import limits

KINDS = [kind for name in tg.optim.__all__ if inspect.isclass(kind := getattr(tg.optim, name))]
KINDS = [kind for kind in KINDS if issubclass(kind, tg.optim.Optimizer) and kind is not tg.optim.Optimizer]


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_and_what_does_not_go_together(kind):
    usual = kind([tg.Value(0.0)]).defaults
    bounds, refused, together = limits(kind)
    choices = {bool: [False, True], float: [0.0, 0.25], tuple: [(0.9, 0.999)]}
    for values in itertools.product(*[choices[type(x)] for x in usual.values()]):
        settings = dict(zip(usual, values, strict=True))
        key = " ".join(name for name in together if settings[name])
        try:
            kind([tg.Value(0.0)], **settings)
            assert key not in refused
        except ArgumentError as error:
            assert refused[key] == str(error)
    for name in bounds:
        plain, _, place = name.partition("[")
        for x in (-1.0, -1e-9, 0.0, 0.999, 1.0, 1e300):
            value = tuple(x if k == int(place[0]) else old for k, old in enumerate(usual[plain])) if place else x
            low, below = bounds[name]
            try:
                kind([tg.Value(0.0)], **{plain: value})
                assert (low is None or x >= low) and (below is None or x < below), (name, x)
            except ArgumentError:
                assert (low is not None and x < low) or (below is not None and x >= below), (name, x)


def test_nesterov_needs_momentum():
    assert limits(tg.optim.SGD).together == ["momentum", "dampening", "nesterov"]
    assert set(limits(tg.optim.SGD).refused) == {"nesterov", "dampening nesterov", "momentum dampening nesterov"}
    assert limits(tg.optim.Adam).bounds["betas[1]"] == [0.0, 1.0] and limits(tg.optim.Adam).refused == {}
