"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import FileError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file in the folder of `path`, which takes its place when the block ends without an exception.

    Raises:
        FileError: the folder or the file cannot be written.
    """
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary: Path | None = None
    try:
        if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
            raise PermissionError(0, "it is a folder" if target.is_dir() else "it is write-protected")
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:50]}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        gone = not target.parent.is_dir()
        why = f"the folder {target.parent} does not exist" if gone else error.strerror or str(error)
        raise FileError(f"cannot write {path}: {why}", "give another place") from None
    finally:
        if temporary is not None:
            with suppress(OSError):  # it is in its place
                temporary.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
