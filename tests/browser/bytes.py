"""Numbers that go into a page and come out of it as the bytes of float64 arrays, so that none changes on the way."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

LIBRARY = """
const bytes = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const text = (numbers) => btoa(String.fromCharCode(...new Uint8Array(Float64Array.from(numbers).buffer)));
"""


def packed(numbers: Any) -> str:
    return base64.b64encode(np.asarray(numbers, dtype="<f8").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f8")
