"""Kernels of ours on a GPU: compiled when they are first needed, and launched.

They are text without CuPy's headers, so that NVRTC compiles one in less time than CuPy's own take.

Each is compiled by itself. NVRTC 13.5 took 1.1 s of a processor for the 21 texts of a first `fit` (a classifier with a
LayerNorm and dropout), and 0.6 s for all of them in one module; but which they are is known only when each is needed,
as they depend on shapes, types and settings. And CuPy keeps on disk what was compiled, by its text: a kernel is found
there by the next process, and by every other network that has it; a module of all would be found by its own alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tapes.cuda.lanes import BLOCK
from ..tapes.cuda.language import TYPES, KernelText

KNOWN: dict[str, str] = {char: TYPES[np.dtype(char).name] for char in "?bBhHiIlLqQfd"}
"""The types of elements in C, by the characters of their dtypes."""


class Launcher:
    """Launches kernels on the current device.

    Args:
        cupy: the library.
    """

    def __init__(self, cupy: Any):
        self.cupy = cupy
        self._compiled: dict[Any, Any] = {}  # by text and types

    def __call__(
        self,
        text: KernelText,
        arrays: Sequence[Any],
        numbers: Sequence[Any],
        results: Sequence[Any],
        sizes: tuple[int, ...],
        threads: int,
    ) -> None:
        """Launch a kernel of so many threads; what it computes lies in `results` then.

        Args:
            arrays, results: whose elements lie side by side, in the order of rows.
        """
        if not threads:
            return
        types = "".join([array.dtype.char for array in (*arrays, *results)])
        kernel = self._compiled.get((text, types))
        if kernel is None:
            kinds = [KNOWN[char] for char in types]
            kernel = self._compiled[text, types] = self.cupy.RawKernel(
                text.source(kinds[len(arrays)], kinds), text.name
            )
        kernel((-(-threads // BLOCK),), (BLOCK,), (*arrays, *numbers, *results, *sizes))
