"""The options of the files that `step` writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --save, --html, --gif, --png-series and -o of a command."""
    for name, kind, about in reversed(
        (
            ("save", "TRACE.json", "Save the recorded steps."),
            ("html", "PAGE.html", "Write a page that steps to and fro in a browser; it needs no network."),
            ("gif", "STEPS.gif", "Write all steps as a moving picture."),
            ("png-series", "FOLDER", "Write a picture of each step: step-00.png, step-01.png, ..."),
        )
    ):
        check = None if name == "png-series" else _ends_in(Path(kind).suffix)
        path = click.Path(path_type=Path)
        command = click.option(f"--{name}", type=path, metavar=kind, callback=check, help=about)(command)
    return click.option(
        *("-o", "--output", "outputs"),
        type=path,
        metavar="FILE",
        multiple=True,
        callback=_known_kinds,
        help="The same by the end of FILE: .html, .gif or .json; repeatable.",
    )(command)


def _known_kinds(context: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in paths:
        if path.suffix.lower() not in (".html", ".htm", ".gif", ".json"):
            raise click.UsageError(
                f"-o {path}: the steps are written as .html, .gif or .json; a picture of the graph is made by "
                f"tinygrad-edu graph ... -o {path if path.suffix else 'FILE.svg'}"
            )
    return paths


def shot_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of --gif and --png-series: which steps, for how long, how large, in which colours."""
    for option in reversed(
        (
            click.option("--steps", metavar="A-B", callback=_range, help="Of --gif, --png-series: only steps A to B."),
            click.option(
                "--seconds",
                type=click.FloatRange(0.02, 60),
                help="Of --gif: how long each step stays; by default as long as reading it takes.",
            ),
            click.option(
                "--width", type=click.IntRange(200, 8000), metavar="PIXELS", help="Of --gif, --png-series: how wide."
            ),
            click.option(
                "--theme", type=click.Choice(["light", "dark"]), help="Colours of --gif, --png-series and --html."
            ),
        )
    ):
        command = option(command)
    return command


def _range(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    first, last = (int(part or found[1]) for part in found.groups()) if found else (1, 0)
    if first > last:
        raise click.UsageError(f"--steps {text}: give the first and the last step, as in --steps 6-12")
    return first, last


def _ends_in(suffix: str) -> Callable[..., Path | None]:
    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in (suffix, suffix.replace("html", "htm")):
            raise click.UsageError(f"{option.opts[0]} {path}: the file's name ends in {suffix}")
        return path

    return check
