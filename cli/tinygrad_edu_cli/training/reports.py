"""How a run is reported: as lines, as JSON, or on a line that is drawn over."""

from __future__ import annotations

from .. import output
from .json_report import JsonReport
from .plain_report import PlainReport
from .progress_report import ProgressReport
from .session import Report, Session


def report(session: Session, plain: bool, as_json: bool, batches: bool) -> Report:
    """The report that the options ask for; where they ask for none, the one that fits the terminal."""
    if as_json:
        return JsonReport(session.run, batches)
    if plain or not output.is_interactive():
        return PlainReport(session.run, session.history)
    return ProgressReport(session.run, session.history)
