"""Training on the whole screen: watch a run, pause it, step into an update, steer it, go back in time.

`app.py` and `run_screen.py` draw by Textual and follow the keys, `loop.py` trains between two frames, `driver.py` has
the run, and knows no terminal. Textual takes its time to import, and waits forever without a keyboard: only `report.py`
brings it.
"""

from __future__ import annotations

import shutil
import sys

from .. import output

COLUMNS, ROWS = 60, 16  # what the screen needs to be of use


def is_possible() -> bool:
    """Whether there are a terminal to draw on, and a keyboard."""
    return output.can_redraw() and sys.stderr.isatty()  # Textual draws on the standard error


def is_welcome() -> bool:
    """Whether a person sits there who has asked for nothing else, and the terminal is large enough."""
    columns, rows = shutil.get_terminal_size()
    return output.is_interactive() and is_possible() and columns >= COLUMNS and rows >= ROWS
