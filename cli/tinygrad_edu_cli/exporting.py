"""Files that a command writes, each of the kind that its name ends in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import MissingDot
from tinygrad_edu_viz.pictures.gif import FONTS, MissingPillow
from tinygrad_edu_viz.plots import MissingMatplotlib
from tinygrad_edu_words import _

from .errors import CommandError, MissingPieceError
from .files import replacing

Writer = Callable[[Path], str]
"""Writes a file, and returns what is to say about it beside its name."""


def write_by_kind(path: Path, writers: Mapping[str, Writer]) -> str:
    """Write a file with the writer of its name's end; only a whole one takes the place of what was there.

    Args:
        writers: by ".png" and the like. They are given the path of a temporary file.
    Returns:
        what was written, for people.
    Raises:
        CommandError: the name ends otherwise, or there is nothing of this kind to write.
        FileError: the file cannot be written.
        MissingPieceError: something is not installed.
    """
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise CommandError(_("the name ends in one of {endings}").format(endings=", ".join(writers)))
    with explained(), replacing(path) as temporary:
        about = writer(temporary)
    return _("wrote {path}").format(path=path) + about


def font_warning(lost: str) -> str:
    """What is said of letters that a picture cannot show; "" if there are none."""
    said = _("warning: no font of this machine has {letters}: install one ({fonts})")
    return "\n" + said.format(letters=lost[:20], fonts=FONTS) if lost else ""


@contextmanager
def explained() -> Iterator[None]:
    """What is missing becomes the command's error."""
    try:
        yield
    except (MissingDot, MissingPillow, MissingMatplotlib) as error:
        what, _colon, hint = str(error).rpartition(": ")
        raise MissingPieceError(what, hint) from None
    except ArgumentError as error:
        raise CommandError(str(error)) from None
