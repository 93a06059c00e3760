"""The options of the files that `step` writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --save, --html, --gif and --png-series of a command."""
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
    return command


def _ends_in(suffix: str) -> Callable[..., Path | None]:
    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in (suffix, suffix.replace("html", "htm")):
            raise click.UsageError(f"{option.opts[0]} {path}: the file's name ends in {suffix}")
        return path

    return check
