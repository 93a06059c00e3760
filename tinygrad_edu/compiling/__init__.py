"""Compiling: a function of tensors, and its gradient, as straight-line code.

The function is run, and what it does is recorded (`recording.py`). The recording is read once more, forward and
backward, by the same rules, with operands that note each call of the array library on a tape (`tracing.py`,
`tape_backend.py`, `../tapes/`). The calls are written down as a Python function (`../tapes/numpy_code.py`), which from
then on is called in place of the first, as long as nothing has changed that it was written for (`replay.py`, `plan.py`,
`compiled.py`). A function of Values becomes a loop of Python over its examples in the same way (`scalar_recording.py`,
`scalar_code.py`, `scalar_function.py`).
"""

from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
