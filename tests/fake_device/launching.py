"""Functions for which CuPy launches several kernels, or uploads something.

Counted on the real one, on the emulated device: `python -m tests.emulator test tests/gpu` compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MANY = 8  # arrays that are joined one by one; of more, the addresses are uploaded, and one kernel joins them


def _joining(arrays: Any, *_: Any, **options: Any) -> int:
    return len(arrays) if len(arrays) <= MANY else 1


def _rolling(a: Any, shift: Any, axis: Any = None) -> int:
    return 2 * (1 if axis is None else np.size(axis))


def _padding(a: Any, widths: Any, mode: str = "constant", **settings: Any) -> int:
    if mode == "constant" and not np.any(settings.get("constant_values", 0)):
        return 2  # zeros, and the array inside
    return 1 + int(np.count_nonzero(np.broadcast_to(widths, (a.ndim, 2)))) if a.ndim else 1


def _scanning(a: Any, *_: Any, **options: Any) -> int:
    return 1 if a.ndim == 1 else 2


LAUNCHES: dict[str, Callable[..., int]] = {
    **dict.fromkeys(["concat", "concatenate", "hstack", "stack", "vstack"], _joining),
    **dict.fromkeys(["cumprod", "cumsum"], _scanning),
    **dict.fromkeys(["eye", "identity", "linspace", "tril", "triu"], lambda *_, **options: 2),
    "pad": _padding,
    "roll": _rolling,
    "std": lambda *_, **options: 4,
    "take_along_axis": lambda *_, **options: 6,
    "var": lambda *_, **options: 3,
}


def more(name: str, *operands: Any, **options: Any) -> dict[str, int]:
    """What a call costs beside the one launch that every call costs."""
    if name not in LAUNCHES:
        return {}
    uploads = int(LAUNCHES[name] is _joining and len(operands[0]) > MANY)
    return {"launches": LAUNCHES[name](*operands, **options) - 1, "uploads": uploads}


def of_positions(index: tuple[Any, ...]) -> int:
    """Launches beside the one, where several arrays of positions say what is read or written: each is brought into
    range, and they are added up to places."""
    arrays = sum(isinstance(part, np.ndarray) and part.dtype.kind in "iu" for part in index)
    return arrays + 1 if arrays > 1 else 0
