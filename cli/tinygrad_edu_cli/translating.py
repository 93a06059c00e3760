"""Commands in the language that is spoken, and click's own words too."""

from __future__ import annotations

import copy
import gettext
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import cleandoc
from pathlib import Path
from typing import TypeVar

import click

import tinygrad_edu_words
from tinygrad_edu_words import ENGLISH, _

_AS_IT_IS = "\b\n"  # begins such a paragraph
DOMAIN = "click"
FOLDER = Path(tinygrad_edu_words.__file__).parent

C = TypeVar("C", bound=click.Command)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language in this process, and in those that it starts, while a command runs.

    click asks Python's gettext, which looks into the environment at each word
    (https://docs.python.org/3/library/gettext.html#gettext.find).
    """
    before = tinygrad_edu_words.language(), gettext.textdomain(), os.environ.get("LANGUAGE")
    tinygrad_edu_words.choose(code)
    if code != tinygrad_edu_words.from_environment(os.environ):
        os.environ["LANGUAGE"] = code
    if code != ENGLISH:
        gettext.bindtextdomain(DOMAIN, str(FOLDER))
        gettext.textdomain(DOMAIN)
    try:
        yield
    finally:
        tinygrad_edu_words.choose(before[0])
        gettext.textdomain(before[1])
        os.environ.pop("LANGUAGE", None)
        os.environ.update({} if before[2] is None else {"LANGUAGE": before[2]})


def is_about_extra_arguments(message: str) -> bool:
    """Whether click complains, in any language, of arguments that nobody asked for."""
    texts = "Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"
    return any(gettext.ngettext(*texts, n).partition("(")[0] in message for n in (1, 2))


def translated(command: C) -> C:
    """A command whose help is in the language that is spoken."""
    if tinygrad_edu_words.language() == ENGLISH:
        return command
    found = copy.deepcopy(command)
    _replace(found, _)
    return found


def texts(command: click.Command) -> list[str]:
    """All that the help of a command, and of those below it, says."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    _replace(copy.deepcopy(command), note)
    return found


def _replace(command: click.Command, new: Callable[[str], str]) -> None:
    """Give each paragraph of the help of a command, and of those below it, another text."""
    command._help_option = None  # click keeps it, in the language in which it was asked for first
    for part in (command, *command.params):
        for name in ("help", "epilog", "short_help"):
            if text := getattr(part, name, None):
                setattr(part, name, "\n\n".join(_paragraph(each, new) for each in cleandoc(text).split("\n\n")))
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _replace(below, new)


def _paragraph(text: str, new: Callable[[str], str]) -> str:
    """A paragraph; of commands in lines of their own, which click leaves as they are, only what stands above them."""
    if text.startswith(_AS_IT_IS):
        first, *commands = text.removeprefix(_AS_IT_IS).split("\n")
        return _AS_IT_IS + "\n".join([new(first), *commands])
    return new(" ".join(text.split()))
