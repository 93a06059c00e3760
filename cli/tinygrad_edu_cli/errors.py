"""What can go wrong in a command: one class for each exit code, and how each is said.

error: unknown name 'w3' in expression
  tanh(w1*x1 + w3*x2)
               ^^ give it a value: --set w3=1   (known: w1, x1, x2)
"""

from __future__ import annotations

from tinygrad_edu_words import N_, _

DONE, NEGATIVE, USAGE, MISSING, UNREADABLE, INTERRUPTED = 0, 1, 2, 3, 4, 130


SYSTEM = (  # what systems say of files, most of all
    *(N_("No such file or directory"), N_("Permission denied"), N_("Is a directory"), N_("Not a directory")),
    *(N_("No space left on device"), N_("Read-only file system"), N_("File name too long"), N_("File exists")),
    N_("it is write-protected"),  # as tinygrad_edu.storage says
)


def reason(error: OSError) -> str:
    """Why the system refused: in the language that is spoken, where its words are known."""
    return _(error.strerror) if error.strerror else str(error)


def error_line(message: str) -> str:
    """How an error begins."""
    return _("error: {message}").format(message=message)


class CommandError(Exception):
    """An error that a command ends with.

    Args:
        message: what happened, in one line.
        hint: what to do next; may have several lines.
    """

    exit_code = USAGE

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint

    def explain(self, encoding: str) -> str:
        """The error as it is printed, in characters that `encoding` has."""
        from .excerpt import printable  # brings NumPy by way of the drawings, which `--help` need not wait for

        hints = [f"  {line}" for line in self.hint.splitlines()]
        return printable("\n".join([error_line(self.message), *hints]), encoding)


class NegativeResult(CommandError):
    """All went as it should, and what came out is no good."""

    exit_code = NEGATIVE


class UserCodeError(CommandError):
    """The user's own function failed."""

    exit_code = NEGATIVE


class MissingPieceError(CommandError):
    """Something optional is not installed."""

    exit_code = MISSING


class FileError(CommandError):
    """A file that cannot be read or written."""

    exit_code = UNREADABLE


class ExpressionError(CommandError):
    """Something in a text that the user typed; points at its characters `start` to `end`."""

    def __init__(self, message: str, text: str, start: int, end: int, hint: str = ""):
        super().__init__(message, hint)
        self.text, self.start, self.end = text, start, end

    def explain(self, encoding: str) -> str:
        from .excerpt import excerpt, printable  # as above

        hint = printable(self.hint, encoding)
        return f"{error_line(printable(self.message, encoding))}\n" + excerpt(
            self.text, self.start, self.end, hint, encoding
        )
