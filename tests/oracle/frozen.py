"""PyTorch's numbers in files, so that the default suite compares with them where PyTorch is not installed.

A test of the oracle group computes them anew and calls `check`, which compares them with the file; run with
TINYGRAD_EDU_FREEZE=1, it writes the file. A test of the default suite calls `load`, and never computes the numbers.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "frozen"


def load(name: str) -> Any:
    """The frozen numbers: dictionaries and lists, as JSON has them."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def check(name: str, computed: Any) -> None:
    """Compare freshly computed numbers (nested dictionaries, lists, floats) with the file of that name.

    Raises:
        AssertionError: a number differs by more than 1e-10, relative or absolute, or the structure does.
    """
    if os.environ.get("TINYGRAD_EDU_FREEZE") == "1":
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.json").write_text(json.dumps(computed, indent=0) + "\n")
    _compare(load(name), computed, name)


def _compare(frozen: Any, computed: Any, where: str) -> None:
    if isinstance(frozen, dict):
        assert set(frozen) == set(computed), where
        for key in frozen:
            _compare(frozen[key], computed[key], f"{where}.{key}")
    else:
        np.testing.assert_allclose(computed, frozen, rtol=1e-10, atol=1e-10, err_msg=where)
