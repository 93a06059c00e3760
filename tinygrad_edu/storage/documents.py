"""Reading JSON documents and other files from outside: strictly, and no more than there is room for."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import IO, Any, NoReturn

from .schema import Mismatch, brief

LARGEST = 1 << 27  # bytes of a JSON document: what Python makes of one takes up to 20 times as much
PIECE = 1 << 20  # bytes that are read at once
LONGEST_NUMBER = 300  # digits of a whole number: more than a float can stand for


@contextmanager
def reading(path: str | PathLike[str], error: type[Exception], advice: str = "") -> Iterator[None]:
    """Raise whatever is wrong with a file in one form: cannot read F: what, and where.

    Args:
        error: the class of the error.
        advice: what to do next; follows after a semicolon.
    Raises:
        error: for a `Mismatch`, a document that is nested too deeply, or one that there is no memory for.
    """
    try:
        yield
        return
    except Mismatch as mismatch:
        why = str(mismatch)
    except RecursionError:
        why = "it is nested too deeply"
    except MemoryError:
        why = "it is larger than the memory that there is"
    raise error(f"cannot read {path}: {why}{'; ' if advice else ''}{advice}")


def read_bytes(path: str | PathLike[str], at_most: int = LARGEST) -> bytes:
    """What a file holds.

    Raises:
        OSError: it cannot be read.
        Mismatch: it has more bytes than `at_most`; then they are not read.
    """
    with _opened(path) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):  # it has no size, and may have no end
            at_most = min(at_most, LARGEST)
        content = read_pieces(file, at_most + 1) if about.st_size <= at_most else None
    if content is None or len(content) > at_most:
        raise Mismatch(f"is larger than {at_most:,} bytes, the most that is read of such a file")
    return content


def read_pieces(file: IO[bytes], size: int) -> bytes:
    """So many bytes of a file, or as many as it has: no memory is taken for what is only promised."""
    pieces = []
    while size and (piece := file.read(min(size, PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _opened(path: str | PathLike[str]) -> IO[bytes]:
    try:
        return open(path, "rb")
    except ValueError as error:  # a name with a character in it that no file system takes
        raise FileNotFoundError(errno.ENOENT, str(error), str(path)) from None


def parse(content: bytes) -> Any:
    """The document in the bytes of a JSON file (RFC 8259, in UTF-8).

    What Python's own reader lets pass is refused: NaN and Infinity, two fields of one name in an object, whole numbers
    of more than 300 digits.

    Raises:
        Mismatch: it is no such document.
        RecursionError: it is nested too deeply for Python.
    """
    try:
        return _DECODER.decode(content.decode("utf-8-sig"))
    except Mismatch:
        raise
    except ValueError as error:  # neither UTF-8 nor JSON
        raise Mismatch(f"is not JSON, or was cut off or damaged ({error})") from None


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise Mismatch(f"has an object in which the field {brief(twice)} stands twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise Mismatch(f"has a whole number of {len(digits):,} digits, {digits[:10]}…")
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise Mismatch(f"has the word {constant}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_fields, parse_int=_integer, parse_constant=_refuse)
