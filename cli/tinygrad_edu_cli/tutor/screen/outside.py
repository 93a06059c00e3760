"""Other programs at our terminal, while the screen is away: commands of a page, the editor, the browser."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from textual.app import App

from tinygrad_edu_words import _, language

from ...errors import INTERRUPTED
from ...tui import COLUMNS, ROWS
from ...tui.signals import ENDING

EDITORS = ("nano", "vi", "notepad")  # what there may be, where neither VISUAL nor EDITOR says
PROGRAM = "tinygrad-edu"
_LINES = ("--plain", "--json", "--order", "--predict", "--html", "--gif", "--png-series", "-o", "--output", "--full")


@contextmanager
def given_away(app: App[Any]) -> Iterator[None]:
    """The terminal is another program's for a while, and so is Ctrl-C; who asks us to end is heard afterwards.

    Handlers are Python's own, as a signal that is ignored would be ignored by the other program too; and asyncio, if it
    heard of a Ctrl-C, would tell us later.
    """

    def leave(*_: Any) -> None:
        app.exit(return_code=INTERRUPTED)

    handlers: dict[int, Callable[..., None]] = dict.fromkeys(ENDING, leave) | {signal.SIGINT: lambda *_: None}
    with app.suspend():
        wakeup = signal.set_wakeup_fd(-1)
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)


def run(command: str, folder: Path, size: tuple[int, int]) -> None:
    """Run a command of a page in the learner's folder; what it printed is read before Enter goes back.

    Args:
        size: columns and rows of the terminal.
    """
    print(f"$ {command}\n", flush=True)
    words = shlex.split(command)
    code = start(_program(words), folder)
    fills_screen = words[:2] == [PROGRAM, "step"] and not set(words) & {*_LINES}
    if code or not fills_screen or size[0] < COLUMNS or size[1] < ROWS:
        wait()


def _program(words: Sequence[str]) -> list[str]:
    """Python, and our own command, are these; that speaks the page's language, and finds no module in the folder."""
    if words[:1] == ["python"]:
        return [sys.executable, *words[1:]]
    if words[:1] != [PROGRAM]:
        return [*words]
    return [sys.executable, "-P", "-m", "tinygrad_edu_cli", "--lang", language(), *words[1:]]


def start(words: Sequence[str], folder: Path) -> int:
    """Run a program to its end; gives its exit code, or that of shells for one that cannot be started."""
    try:
        return subprocess.run([*words], cwd=folder, check=False).returncode
    except OSError as error:
        print(error, flush=True)
        return 127


def wait() -> None:
    """Until Enter."""
    with suppress(EOFError):
        input("\n" + _("Enter: back to the lesson "))


def editor(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The learner's editor, with its arguments; None if there is none."""
    chosen = [shlex.split(environment.get(name, ""), posix=os.name != "nt") for name in ("VISUAL", "EDITOR")]
    return next((words for words in [*chosen, *([name] for name in EDITORS)] if words and shutil.which(words[0])), None)


def browse(address: str) -> bool:
    """Show a page or a picture in a browser, if there is one that has a window of its own."""
    has_windows = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    try:
        return has_windows and webbrowser.open(address)
    except webbrowser.Error:
        return False
