"""Lessons as files: notebooks, pages, files of Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

import tinygrad_edu_words
from tinygrad_edu.storage import files
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.exporting.notebooks import notebook
from tinygrad_edu_tutorials.exporting.pages import page
from tinygrad_edu_tutorials.exporting.scripts import script
from tinygrad_edu_tutorials.learning.finding import lesson_name
from tinygrad_edu_tutorials.reading.lesson import Lesson
from tinygrad_edu_words import _

from ..errors import CommandError, FileError, MissingPieceError
from ..files import cannot_write, replacing
from .actions import errors, here

WRITERS: dict[str, Callable[[Lesson, str, bool], str]] = {"ipynb": notebook, "html": page, "py": script}


def export(word: str, kind: str, output: Path | None, solutions: bool, language: str | None, force: bool) -> None:
    """Write a lesson, or all if `word` is "", and say where.

    Raises:
        CommandError: there is no such lesson, or the name of the file ends otherwise.
        FileError: a file exists, or cannot be written.
        MissingPieceError: nbformat is not installed.
    """
    language = language or _learners_language()
    with errors():
        names = [lesson_name(word)] if word else library.names()
    paths = _paths(names, kind, output)
    if not force and (there := next(filter(Path.exists, paths), None)):
        raise FileError(
            _("{file} exists, and may hold what somebody wrote").format(file=there),
            _("give another place with -o, or write over it with --force"),
        )
    for name, path in zip(names, paths, strict=True):
        with tinygrad_edu_words.speaking(language):
            text = _written(kind, library.lesson(name, language), language, solutions)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        click.echo(_("wrote {path}").format(path=path))


def _learners_language() -> str:
    """That of the folder that we are in, or else of the command."""
    with errors():
        found = here()
    return found.state.language if found else tinygrad_edu_words.language()


def _paths(names: list[str], kind: str, output: Path | None) -> list[Path]:
    """The file of each lesson; the folder that they are to be in is made."""
    if len(names) == 1 and output is not None and not output.is_dir():
        if output.suffix != f".{kind}":
            hint = _("give a name that ends in .{kind}, or a folder that exists").format(kind=kind)
            raise CommandError(f"-o {output}: " + _("this is no name for --to {kind}").format(kind=kind), hint)
        return [output]
    folder = output or Path()
    if folder.is_file():
        raise CommandError(f"-o {folder}: " + _("all lessons need a folder, and this is a file"))
    try:
        files.make_folder(folder)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return [folder / f"{name}.{kind}" for name in names]


def _written(kind: str, lesson: Lesson, language: str, solutions: bool) -> str:
    try:
        return WRITERS[kind](lesson, language, solutions)
    except ImportError:
        raise MissingPieceError(
            _("a notebook is written with a package that is not installed: nbformat"),
            _("type: {command}").format(command='pip install "tinygrad-edu[notebooks]"'),
        ) from None
