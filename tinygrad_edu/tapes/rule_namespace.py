"""The namespace with which an elementwise rule is read so that it is noted on a tape."""

from __future__ import annotations

import math
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..namespaces.namespace import FLOATS, Namespace
from .tape import Tape, Tracer, is_elementwise

_erf = np.frompyfunc(math.erf, 1, 1)  # only noted: NumPy has none


class RuleNamespace(Namespace):
    """NumPy's elementwise functions, noted on a tape, and the rules of the registry for all others."""

    def __init__(self, tape: Tape):
        super().__init__(SimpleNamespace(__name__="an elementwise rule"))
        self.tape = tape

    def find(self, name: str) -> Any:
        return partial(self.tape.apply, name) if is_elementwise(getattr(np, name, None)) else super().find(name)

    def erf(self, a: Any) -> Any:
        return self.tape.note("erf", _erf, a) if isinstance(a, Tracer) else FLOATS.erf(a)

    def clip(self, a: Any, min: Any = None, max: Any = None) -> Any:
        a = a if min is None else self.maximum(a, min)
        return a if max is None else self.minimum(a, max)
