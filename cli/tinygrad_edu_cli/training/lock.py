"""One process at a time records into a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import IO, Any

from tinygrad_edu_words import _

from ..errors import FileError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = ".lock"
_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def lock(folder: Path) -> IO[bytes]:
    """Keep others from recording into a folder until the returned file is closed, or this process is dead.

    The system holds the lock, not the file, which stays: one that a killed process left keeps nobody out. Where a file
    system knows no locks, there is none.

    Raises:
        FileError: another process records into it.
        OSError: the folder cannot be written to.
    """
    file = open(folder / NAME, "a+b", buffering=0)  # noqa: SIM115
    try:
        _take(file)
    except OSError as error:
        if error.errno in _HELD:
            who = _owner(file)
            file.close()
            raise FileError(
                _("cannot write {folder}: another process{who} is recording into it").format(folder=folder, who=who),
                _("wait until it is done, or stop it with Ctrl-C; then the run can go on"),
            ) from None
    try:
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
    except OSError:
        file.close()
        raise
    return file


def _owner(file: IO[bytes]) -> str:
    with contextlib.suppress(OSError, ValueError):
        file.seek(0)
        return _(" (number {number})").format(number=int(file.read(20)))
    return ""


def _take(file: IO[Any]) -> None:
    if sys.platform == "win32":
        file.seek(1 << 20)  # others may read what stands before a locked byte
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
