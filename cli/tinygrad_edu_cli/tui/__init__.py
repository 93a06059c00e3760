"""The full-screen stepper, by Textual: a face of the `Player`, and nothing else.

`app.py` has the keys; each pane of the screen has a file of its own. Only `run` is meant for others, and only it may be
imported where there is no terminal: Textual takes its time to import, and waits forever without a keyboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import INTERRUPTED

if TYPE_CHECKING:
    from tinygrad_edu_viz.courses.course_player import CoursePlayer
    from tinygrad_edu_viz.player import Player

    from ..subject import Subject

COLUMNS, ROWS = 80, 20  # what the full screen needs to be of use


def run(subject: Subject, player: Player | CoursePlayer) -> None:
    """Show the trace, and follow the keys until the person leaves.

    Raises:
        KeyboardInterrupt: Ctrl-C, or a signal that asks to end.
    """
    from .app import Stepper  # Textual takes its time to import

    app = Stepper(subject, player)
    app.run()
    if app.return_code == INTERRUPTED:
        raise KeyboardInterrupt
