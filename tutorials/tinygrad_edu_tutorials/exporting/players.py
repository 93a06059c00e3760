"""Which command of a lesson becomes which page that computes, for who reads the lesson where no terminal is.

The page is the one that the command itself writes: `step ... -o page.html`, and for `train` that of the playground
which begins with the same settings. So a lesson shows what its reader gets who types the command.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tinygrad_edu_viz.pages.frames import AROUND, LEAST, MOST, PLAYGROUND, UPDATES
from tinygrad_edu_words import _, language

REFUSED = (2, 4)
"""Exit codes of a command that cannot write this page: it is for terminals, or reads a file that is the learner's."""

_PICTURE = re.compile(r'<svg [^>]*viewBox="0 0 [\d.]+ ([\d.]+)"')


class Player(NamedTuple):
    """A page that stands in a frame.

    Attributes:
        page: HTML, complete, with its own policy; it asks for nothing.
        title: what it is, for who does not see it.
        height: of its frame, in pixels.
        allowed: what its frame's sandbox must let it do besides running its script.
        note: what is not as in the terminal; may be "".
    """

    page: str
    title: str
    height: int
    allowed: tuple[str, ...] = ()
    note: str = ""


def player(command: str) -> Player | None:
    """The page that computes what a command shows, in the language that is spoken; None if there is none.

    A command `step` becomes the live stepper, `train` and `playground` the playground. What refuses to write
    a page, as it reads a file of the learner's or is for terminals, has none.

    Raises:
        OSError: Python cannot be started.
        RuntimeError: the command failed, and did not refuse, as in an installation that is broken.
    """
    match shlex.split(command, comments=True):
        case ["tinygrad-edu", "step", *words]:
            return _stepper(words)
        case ["tinygrad-edu", "train", *words]:
            return _playground("--like", shlex.join(["train", *words]))
        case ["tinygrad-edu", "playground", *words]:
            return _playground(*words)
    return None


def _stepper(words: Sequence[str]) -> Player | None:
    page = _written("step", *words)
    if page is None:
        return None
    found = _PICTURE.search(page)
    height = round(float(found[1])) + AROUND + UPDATES if found else MOST
    return Player(page, _("Steps of forward and backward pass"), min(max(height, LEAST), MOST))


def _playground(*words: str) -> Player | None:
    page = _written("playground", *words)
    if page is None:
        return None
    note = _("The playground takes the inputs as they are, not standardized, so its numbers are others.")
    return Player(page, _("Playground: train a network"), PLAYGROUND, ("allow-downloads",), note)


def _written(*words: str) -> str | None:
    """The page that a command writes; None if it cannot write one."""
    return _run(language(), words)


@cache
def _run(spoken: str, words: Sequence[str]) -> str | None:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "page.html"
        program = [sys.executable, "-P", "-m", "tinygrad_edu_cli", "--lang", spoken, *words, "-o", str(path)]
        ended = subprocess.run(program, cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if ended.returncode in REFUSED:
            return None
        if ended.returncode:
            said = ended.stderr.decode("utf-8", "replace").strip()
            raise RuntimeError(f"{shlex.join(['tinygrad-edu', *words])}: exit code {ended.returncode}\n{said}")
        return path.read_text(encoding="utf-8")
