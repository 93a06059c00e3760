"""The tutor on the whole screen, by Textual: a face of the `Session`, and nothing else.

`reader.py` is the screen with its keys; what stands on a page is made in `blocks.py` from the parts of the lesson. Each
action asks a session that has just been read from the learner's folder, and each answer is written there at once, so
that the screen may be killed at any moment, and another command may work beside it. Only `is_welcome` and `show` are
meant for others: Textual takes its time to import, and waits forever without a keyboard.
"""

from __future__ import annotations

import shutil
import sys

import click

from tinygrad_edu_tutorials.learning.session import Page, Session
from tinygrad_edu_tutorials.running import forked
from tinygrad_edu_words import _

from ... import output
from ...errors import INTERRUPTED
from ...terminal_width import wrap

COLUMNS, ROWS = 60, 16  # what the screen needs to be of use


def is_welcome() -> bool:
    """Whether a person sits at a terminal that is large enough; if it is too small, say so."""
    if not (output.is_interactive() and sys.stderr.isatty()):  # Textual draws on the standard error
        return False
    columns, rows = shutil.get_terminal_size()
    if columns >= COLUMNS and rows >= ROWS:
        return True
    told = _(
        "note: this terminal has {columns} by {rows} characters, and the tutor's screen needs {width} by {height}: "
        "here is the page as lines"
    )
    told = told.format(columns=columns, rows=rows, width=COLUMNS, height=ROWS)
    click.echo("\n".join(wrap(told)), err=True)
    return False


def show(session: Session, page: Page, left: Page | None = None, message: str = "") -> Session:
    """Show a page, and follow the keys until the person leaves; gives the session as it is then.

    Args:
        left: the page before it, whose open questions are answered above it.
        message: said above the page.
    Raises:
        KeyboardInterrupt: Ctrl-C, or a signal that asks to end.
    """
    from .app import Tutor  # Textual takes its time to import

    forked.prepare()
    app = Tutor(session, page, left, message)
    app.run()
    if app.return_code == INTERRUPTED:
        raise KeyboardInterrupt
    return app.reader.desk.session
