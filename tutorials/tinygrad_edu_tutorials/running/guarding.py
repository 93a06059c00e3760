"""A learner's code must not change what it is checked by."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_WRITES = {
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.link": 2,
    "os.symlink": 2,
}


def guard(*folders: Path) -> None:
    """From here on, refuse to write below some folders. An audit hook stays for as long as the process does.

    Raises: (in whoever tries) PermissionError.
    """
    kept = tuple(os.path.realpath(folder) + os.sep for folder in folders)

    def refuse(path: Any) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            where = os.path.realpath(os.fsdecode(path))
            if where.startswith(kept):
                raise PermissionError(f"{where} belongs to the tutorials: a check does not let it be changed")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if (isinstance(mode, str) and set(mode) & set("wax+")) or flags & (os.O_WRONLY | os.O_RDWR):
                refuse(path)
        elif count := _WRITES.get(event):
            for path in arguments[:count]:
                refuse(path)

    sys.addaudithook(hook)
