"""Packages that only some data sets need: imported when they are asked for."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import DataError


def require(module: str, package: str, what: str) -> Any:
    """The module, imported; a DataError says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DataError(f"{what} needs {package}: pip install 'tinygrad-edu[data]'") from error
