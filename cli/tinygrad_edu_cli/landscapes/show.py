"""The faces of a landscape: characters at a terminal, lines, JSON, files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from tinygrad_edu_viz.landscapes.landscape import FINE, Landscape

from .. import output
from ..expressions.settings import parse_settings
from . import descent, files, plain, screen
from . import networks as trained


class Looks(NamedTuple):
    """What was asked for."""

    outputs: tuple[Path, ...] = ()
    theme: str | None = None
    size: str = "slide"
    plain: bool = False
    json: bool = False


def networks(looks: Looks, name: str, values: dict[str, Any], options: dict[str, Any], updates: int | None) -> bool:
    """The landscape of networks; whether Ctrl-C ended the training."""
    files.check(looks.outputs, looks.size)
    found = trained.surveyed(name, values, options, updates)
    _show(found.landscape, looks)
    return found.interrupted


def expression(
    looks: Looks,
    text: str,
    settings: Sequence[str],
    learned: Sequence[str] | None,
    name: str,
    values: dict[str, Any],
    options: dict[str, Any],
    updates: int | None,
) -> None:
    """The landscape of an expression."""
    files.check(looks.outputs, looks.size)
    _show(descent.surveyed(text, parse_settings(settings), learned, name, values, options, updates), looks)


def _show(coarse: Landscape, looks: Looks) -> None:
    """Files alone, where there are any and nothing else was asked for."""
    wanted = looks.plain or looks.json or not looks.outputs
    on_screen = wanted and not (looks.plain or looks.json) and output.is_interactive()
    found = screen.show(coarse, FINE) if on_screen else coarse.finer(FINE)
    if looks.json:
        for line in plain.to_json(found):
            click.echo(json.dumps(line, allow_nan=False))
    elif wanted and not on_screen:
        for text in plain.lines(found):
            output.say(text)
    for path in looks.outputs:
        click.echo(files.write(found, path, looks.theme, looks.size), err=True)
