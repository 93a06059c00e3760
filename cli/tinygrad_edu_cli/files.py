"""Files that a command writes: what goes wrong with them, as errors of the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinygrad_edu.storage import files
from tinygrad_edu_words import N_, _

from .errors import FileError, reason

ELSEWHERE = N_("give another place")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """`tinygrad_edu.storage.files.replacing`.

    Raises:
        FileError: the file cannot be written.
    """
    try:
        with files.replacing(path) as temporary:
            yield temporary
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path | str, error: OSError, hint: str = ELSEWHERE) -> FileError:
    """What is said of a file that could not be written."""
    return FileError(_("cannot write {path}: {why}").format(path=path, why=reason(error)), _(hint))
