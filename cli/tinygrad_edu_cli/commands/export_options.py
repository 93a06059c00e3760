"""The options of the files that `step`, `train` and `compare` write."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from tinygrad_edu_words import N_, _


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --save, --html, --gif, --png-series and -o of a command."""
    for name, kind, about in reversed(
        (
            ("save", "TRACE.json", "Save the recorded steps."),
            (
                "html",
                "PAGE.html",
                "Write a page that steps to and fro in a browser, and computes with any numbers; it needs no network.",
            ),
            (
                "gif",
                "STEPS.gif",
                "Write all steps as a moving picture; of several passes the main ones, and each update.",
            ),
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
        callback=_known_kinds(
            (".html", ".htm", ".gif", ".json"),
            N_(
                "the steps are written as .html, .gif or .json; a picture of the graph is made by "
                "tinygrad-edu graph ... -o {path}"
            ),
        ),
        help="The same by the end of FILE: .html, .gif or .json; repeatable.",
    )(command)


def picture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --png, --svg, --gif, --html, -o, --theme and --size of a command that trains; see `asked_for`."""
    path = click.Path(path_type=Path)
    for option in reversed(
        (
            *(
                click.option(f"--{kind}", type=path, metavar=name, callback=_ends_in(f".{kind}"), help=about)
                for kind, name, about in (
                    ("png", "RUN.png", "Draw the curves, and what the network answers, for a slide."),
                    ("svg", "RUN.svg", "The same, for paper: it stays sharp in every size."),
                    ("gif", "RUN.gif", "What the network answered after each epoch, as a moving picture."),
                    ("html", "RUN.html", "A report on one page, with all epochs to go through; it needs no network."),
                )
            ),
            click.option(
                *("-o", "--output", "outputs"),
                type=path,
                metavar="FILE",
                multiple=True,
                callback=_known_kinds(PICTURES, N_("pictures of a run are written as {known}")),
                help="The same by the end of FILE: .png, .svg, .gif or .html; repeatable.",
            ),
            click.option(
                "--theme",
                type=click.Choice(["light", "dark"]),
                help="Colours of these files.  [default: light; of a page, the reader's]",
            ),
            click.option(
                "--size",
                metavar="SIZE",
                help="Of --png, --svg, --gif: slide (16:9), paper (7 by 4.6 inches) or pixels, 1600x900.",
            ),
        )
    ):
        command = option(command)
    return command


PICTURES = (".png", ".svg", ".gif", ".html")
PICTURE_OPTIONS = ("png", "svg", "gif", "html", "outputs", "theme", "size")


class Pictures(NamedTuple):
    """The pictures that the options ask for."""

    paths: tuple[Path, ...]
    theme: str | None
    size: str | None


def asked_for(options: dict[str, Any]) -> Pictures:
    """Take the options of `picture_options` out of those of a command.

    Raises:
        click.UsageError: a theme or a size, and no picture that has it; the same file twice.
    """
    one_each = [options.pop(kind) for kind in ("png", "svg", "gif", "html")]
    paths = tuple(path for path in (*one_each, *options.pop("outputs")) if path is not None)
    theme, size = options.pop("theme"), options.pop("size")
    if theme and not paths:
        raise click.UsageError(_("--theme is for files: give --png RUN.png, or another one"))
    if size and all(path.suffix.lower() in (".html", ".htm") for path in paths):
        raise click.UsageError(_("--size is for --png, --svg and --gif: give one of them"))
    for path in paths:
        if paths.count(path) > 1:
            raise click.UsageError(_("{path} is to be written twice: give two names").format(path=path))
    return Pictures(paths, theme, size)


def _known_kinds(kinds: tuple[str, ...], complaint: str) -> Callable[..., tuple[Path, ...]]:
    def check(context: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        for path in paths:
            if path.suffix.lower() not in kinds:
                where, known = path if path.suffix else "FILE.svg", ", ".join(kinds)
                raise click.UsageError(f"-o {path}: {_(complaint).format(path=where, known=known)}")
        return paths

    return check


def shot_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of --gif and --png-series: which steps, for how long, how large, in which colours."""
    for option in reversed(
        (
            click.option(
                "--steps",
                metavar="A-B",
                callback=_range,
                help="Of --gif, --png-series: only steps A to B, counted through all passes.",
            ),
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
        raise click.UsageError(
            _("--steps {text}: give the first and the last step, as in --steps 6-12").format(text=text)
        )
    return first, last


def _ends_in(suffix: str) -> Callable[..., Path | None]:
    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in (suffix, suffix.replace("html", "htm")):
            wanted = _("the file's name ends in {suffix}").format(suffix=suffix)
            raise click.UsageError(f"{option.opts[0]} {path}: {wanted}")
        return path

    return check
