"""What watching costs: the share of the time that the live screen takes from a run, and how long a key waits.

The run fills a pseudo-terminal, as it would a real one: drawing is writing to it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from tempfile import TemporaryDirectory

from .timing import Row

SECONDS = 6.0
SIZES = ((80, 24), (100, 30), (140, 45))
SHARE, WAIT = 0.1, 30.0  # the holds: of the time, and milliseconds
RUN = """
import json, sys, threading
from tinygrad_edu_cli import main
from tinygrad_edu_cli.live.run_screen import RunScreen
screens, made = [], RunScreen.__init__
def note(self, *arguments):
    made(self, *arguments)
    screens.append(self)
    threading.Timer({seconds}, lambda: self.app.call_from_thread(self.action_quit)).start()
RunScreen.__init__ = note
main.main(["train", "--data", "moons", "--epochs", "1000000", "--live"])
pace = screens[0].loop.pace
json.dump([pace.training, pace.screen, pace.frames, pace.longest], open(sys.argv[1], "w"))
"""


def rows() -> list[Row]:
    found: list[Row] = []
    for columns, lines in SIZES:
        training, screen, frames, longest = _watched(columns, lines)
        work = f"live screen of moons, {columns}×{lines}, {frames / (training + screen):.1f} frames/s"
        found.append((work, "the time in all", screen / (training + screen), SHARE))
        found.append(("the longest that a key waits for the run", "milliseconds", 1000 * longest, WAIT))
    return found


def _watched(columns: int, lines: int) -> tuple[float, float, int, float]:
    """Seconds of training and of the screen, frames, and the longest slice of training."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    with TemporaryDirectory() as folder:
        told = Path(folder) / "pace.json"
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        call = [sys.executable, "-c", RUN.replace("{seconds}", str(SECONDS)), str(told)]
        with subprocess.Popen(call, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as child:
            os.close(theirs)
            try:
                while os.read(ours, 65536):
                    pass
            except OSError:  # Linux says so that the other end is closed
                pass
            child.wait()
        os.close(ours)
        training, screen, frames, longest = json.loads(told.read_text())
    return training, screen, frames, longest
