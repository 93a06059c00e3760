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

import numpy as np

from ..errors import DataError
from .dataset import Array

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> Array:
    """The array in an IDX file of unsigned bytes, gzipped or not.

    Args:
        dimensions: how many the array must have: 3 for images, 1 for labels.

    Raises:
        DataError: another magic number, or fewer or more bytes than its lengths say.
        OSError: the file cannot be read.
    """
    content = _unpack(path, path.read_bytes())
    header = 4 + 4 * dimensions
    expected = bytes((0, 0, UNSIGNED_BYTE, dimensions))
    if content[:4] != expected:
        raise DataError(
            f"{path} begins with the bytes {content[:4].hex(' ') or '(none)'}, but an IDX file of "
            f"{'images' if dimensions == 3 else 'labels'} begins with {expected.hex(' ')}: is it another file?"
        )
    lengths = [int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4)]
    wanted = header + math.prod(lengths)
    if len(content) != wanted:
        state = "is truncated: it" if len(content) < wanted else "is longer than it says: it"
        raise DataError(
            f"{path} {state} has {len(content):,} bytes, but should have {wanted:,} for an array of shape "
            f"{tuple(lengths)}; get the file again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(lengths)


def _unpack(path: Path, content: bytes) -> bytes:
    """What is in a gzipped file; the content itself of any other, whatever its name says."""
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is truncated or damaged, gzip cannot unpack it ({error}); get it again") from None
