"""What can stop a session, in words and with what to type next."""

from __future__ import annotations

from typing import Literal

Kind = Literal["negative", "usage", "missing", "unreadable"]


class Problem(Exception):
    """A session cannot do what it was asked for.

    Args:
        message: what happened, in one line. hint: what to do next.
        kind: which of the command's exit codes it is.
    """

    def __init__(self, message: str, hint: str = "", kind: Kind = "usage"):
        super().__init__(message)
        self.message, self.hint, self.kind = message, hint, kind
