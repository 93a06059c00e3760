"""What watching costs: the share of the time that the live screen takes from a run, how long a picture takes, and how
long a key waits, above all `s`, which opens the next update in the stepper.

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
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from .timing import Row

SECONDS = 6.0
SIZES = {(80, 24): 15.0, (100, 30): 25.0, (140, 45): 40.0}  # and the hold of a picture in milliseconds
SHARE, WAIT = 0.1, 30.0  # the holds: of the time, and milliseconds
FIRST, INTO = 1.0, 0.5  # seconds from the command to the first picture, and from the key s into the stepper
RUNS = {"moons": ["--data", "moons"], "digits 64-64-10": ["--data", "digits", "--net", "64-64-10"]}
RUN = """
import json, sys, threading, time
from statistics import median
from tinygrad_edu_cli import main
from tinygrad_edu_cli.live.run_screen import RunScreen
from tinygrad_edu_cli.tui.step_screen import Stepping
screens, pictures, made, draw = [], [], RunScreen.__init__, RunScreen.draw
measured = {"into": 0.0}
def note(self, *arguments):
    made(self, *arguments)
    screens.append(self)
    threading.Timer({seconds}, lambda: end(self, self.app)).start()
def timed(self, look_inside=True):
    start = time.perf_counter()
    draw(self, look_inside)
    pictures.append(time.perf_counter() - start)
    measured.setdefault("first", time.time() - float(sys.argv[2]))
def end(self, app):
    start, drawn = time.perf_counter(), threading.Event()
    app.call_from_thread(self.action_into)
    while not isinstance(app.screen, Stepping):
        time.sleep(0.001)
    app.call_from_thread(app.screen.call_after_refresh, drawn.set)
    drawn.wait()
    measured["into"] = time.perf_counter() - start
    app.call_from_thread(self.action_quit)
RunScreen.__init__, RunScreen.draw = note, timed
main.main(["train", *sys.argv[3:], "--epochs", "1000000", "--live"])
pace = screens[0].loop.pace
measured |= {"training": pace.training, "screen": pace.screen, "frames": pace.frames, "longest": pace.longest}
json.dump({**measured, "picture": median(pictures)}, open(sys.argv[1], "w"))
"""


def rows() -> list[Row]:
    found: list[Row] = []
    for name, options in RUNS.items():
        for (columns, lines), most in SIZES.items():
            seen = _watched(columns, lines, options)
            seconds = seen["training"] + seen["screen"]
            frames = f"{seen['frames'] / seconds:.1f} frames/s"
            found += [
                (f"{name}, {columns}×{lines}, {frames}", "the time in all", seen["screen"] / seconds, SHARE),
                ("a picture of it", "milliseconds", 1000 * seen["picture"], most),
                ("the first one, from the command", "seconds", seen["first"], FIRST),
                ("the longest that a key waits for the run", "milliseconds", 1000 * seen["longest"], WAIT),
                ("from the key s into the next update", "seconds", seen["into"], INTO),
            ]
    return found


def _watched(columns: int, lines: int, options: list[str]) -> dict[str, float]:
    """Seconds of training and of the screen, of a picture, the first one, and the longest slice; how many frames."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    with TemporaryDirectory() as folder:
        told = Path(folder) / "pace.json"
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        call = [sys.executable, "-c", RUN.replace("{seconds}", str(SECONDS)), str(told), str(time.time()), *options]
        with subprocess.Popen(call, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as child:
            os.close(theirs)
            try:
                while os.read(ours, 65536):
                    pass
            except OSError:  # Linux says so that the other end is closed
                pass
            child.wait()
        os.close(ours)
        seen: dict[str, float] = json.loads(told.read_text())
    return seen
