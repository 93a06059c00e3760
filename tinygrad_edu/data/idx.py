"""IDX: the file format of MNIST. A magic number that names type and dimensions, their lengths, then the bytes.

    00 00 08 03 | 00 00 ea 60 | 00 00 00 1c | 00 00 00 1c | pixel pixel pixel ...
    bytes, 3-D       60 000          28            28

(LeCun, Cortes & Burges, "The MNIST database of handwritten digits", 1998.)
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np

from ..errors import DataError
from ..storage.documents import read_pieces
from .dataset import Array

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08
LARGEST = 1 << 26  # bytes of an array; the images of MNIST, which all become numbers of 8 bytes, are 47 million


def read_idx(path: Path, dimensions: int) -> Array:
    """The array in an IDX file of unsigned bytes, gzipped or not.

    Args:
        dimensions: how many the array must have: 3 for images, 1 for labels.
    Raises:
        DataError: another magic number, or fewer or more bytes than its lengths say, or more than 64 MiB.
        OSError: the file cannot be read.
    """
    expected = bytes((0, 0, UNSIGNED_BYTE, dimensions))
    with _opened(path) as file:
        start = _read(path, file, 4)
        if start != expected:
            raise DataError(
                f"{path} begins with the bytes {start.hex(' ') or '(none)'}, but an IDX file of "
                f"{'images' if dimensions == 3 else 'labels'} begins with {expected.hex(' ')}: is it another file?"
            )
        header = _read(path, file, 4 * dimensions)
        lengths = [int.from_bytes(header[at : at + 4], "big") for at in range(0, 4 * dimensions, 4)]
        size = math.prod(lengths)
        if size > LARGEST:
            raise DataError(
                f"{path} says that it holds an array of shape {tuple(lengths)}, {size:,} bytes, and at most "
                f"{LARGEST:,} are read: is it damaged?"
            )
        content = _read(path, file, size + 1)
    found, wanted = 4 + len(header) + len(content), 4 + 4 * dimensions + size
    if found != wanted:
        state = f"is truncated: it has {found:,} bytes, but" if found < wanted else "is longer than it says: it"
        raise DataError(
            f"{path} {state} should have {wanted:,} for an array of shape {tuple(lengths)}; get the file again"
        )
    return np.frombuffer(content, np.uint8).reshape(lengths)


def _opened(path: Path) -> IO[bytes]:
    """The file, which unpacks itself if it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _read(path: Path, file: IO[bytes], size: int) -> bytes:
    try:
        return read_pieces(file, size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is truncated or damaged, gzip cannot unpack it ({error}); get it again") from None
