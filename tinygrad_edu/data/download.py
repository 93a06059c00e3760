"""What only some data sets need: packages, and files from the net, which go into a cache, once, checked."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, TextIO

from ..errors import DataError

BAR_WIDTH = 30
LARGEST = 1 << 26  # bytes; the largest file that we know has 26 million
CHUNK = 1 << 16  # bytes


def require(module: str, package: str, what: str) -> Any:
    """The module, imported; a DataError says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DataError(f"{what} needs {package}: pip install 'tinygrad-edu[data]'") from error


def fetch(url: str, known_hash: str, folder: str, what: str) -> Path:
    """The file behind `url`, from the user's cache of tinygrad-edu if it is there, else downloaded into it.

    A file whose checksum is wrong never reaches its place in the cache.

    Args:
        known_hash: "md5:..." or "sha256:...".
        folder: the part of the cache.
        what: what the file belongs to, for messages.
    Raises:
        DataError: pooch is not installed, the download failed, or the file is not the one that we know.
    """
    pooch = require("pooch", "pooch", f"downloading {what}")
    cache = Path(pooch.os_cache("tinygrad-edu")) / folder
    name = url.rpartition("/")[2]
    progress = ProgressBar(name, sys.stderr if sys.stderr.isatty() else None)
    downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=CHUNK)
    try:
        return Path(pooch.retrieve(url, known_hash, name, cache, downloader=downloader))
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DataError(f"{url} is not the file that we know (its checksum differs): {error}") from None
    except OSError as error:  # of the connection, which requests derives from it, or of the cache
        # requests wraps the reason twice: "HTTPSConnection(host='...', port=443): Failed to resolve ..."
        reason = str(getattr(error.args[0] if error.args else error, "reason", error))
        raise DataError(f"cannot download {url}: {reason.partition('): ')[2] or reason}") from None


class ProgressBar:
    """One line that fills: "train-images-idx3-ubyte.gz  [######........]  42 %". In the form that pooch asks for.

    Args:
        stream: a terminal; None to show nothing.
    Raises:
        DataError: by `update`, for a file that is far too long.
    """

    def __init__(self, name: str, stream: TextIO | None):
        self.name, self.stream = name, stream
        self.total = self.done = 0  # bytes; pooch sets the total
        self.shown = -1

    def update(self, count: int) -> None:
        self.done += count
        if self.done > LARGEST:
            raise DataError(f"{self.name} is longer than {LARGEST:,} bytes: it is not the file that we know")
        if self.stream is None:
            return
        percent = min(100, 100 * self.done // self.total) if self.total else 0
        if percent != self.shown:  # one drawing for each percent, not for each piece
            self.shown = percent
            bar = "#" * (BAR_WIDTH * percent // 100)
            self.stream.write(f"\r{self.name}  [{bar:.<{BAR_WIDTH}}] {percent:3d} %")
            self.stream.flush()

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        if self.stream is not None:
            self.stream.write("\n")
