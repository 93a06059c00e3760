"""Writing a file whole or not at all, and so that it lasts."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_FOLDERS = (errno.EACCES, errno.EINVAL, errno.ENOTSUP)  # of file systems that cannot synchronize a folder


def writable(path: str | Path) -> Path:
    """The file that writing to `path` replaces: behind a symbolic link the one that it leads to.

    Raises:
        OSError: it cannot be replaced. `strerror` says why, in words that go after "cannot write PATH: ".
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if os.path.lexists(target) and not target.is_file():  # a loop of links stays a link
        raise FileExistsError(errno.EEXIST, "it is no regular file, but a pipe, a device or the like", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"the folder {target.parent} does not exist", str(path))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is write-protected", str(path))
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(errno.EACCES, f"the folder {target.parent} is write-protected", str(path))
    return target


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary file beside `path`, which takes its place when the block ends without an exception.

    Whatever happens, `path` holds its old content or all of the new: the bytes go to the disk before the file takes its
    name, and the name does before the block is left. A file that is replaced keeps its mode, and a link leads on.

    Raises:
        OSError: `path` cannot be written (see `writable`), or the disk is full; `filename` is `path`.
    """
    target = writable(path)
    temporary: Path | None = None
    try:
        start, end = f".{target.stem[:50]}-", f".tmp{target.suffix}"  # writers look at how a name ends
        handle, name = tempfile.mkstemp(end, start, target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError as error:
        gone = not target.parent.is_dir()
        why = f"the folder {target.parent} does not exist" if gone else error.strerror or str(error)
        raise OSError(error.errno, why, str(path)) from error  # without the name of the temporary file
    finally:
        if temporary is not None:
            with suppress(OSError):  # it is in its place
                temporary.unlink()


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file as `replacing` does, with its errors."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def make_folder(path: str | Path) -> None:
    """Make a folder, and those above it, where they are missing; an OSError says why it cannot be."""
    path = Path(path)
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the names of the files in a folder on the disk. (Windows has no call for it.)"""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDERS:
            raise


def sweep(folder: Path, *stems: str) -> None:
    """Delete what a process that died left of its temporary files.

    Args:
        stems: of the files that were to be replaced, without the end of their names; "*" stands for any characters.
    """
    for stem in stems:
        for file in folder.glob(f".{stem}[-.]*.tmp*"):
            file.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
