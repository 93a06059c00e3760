"""tinygrad-edu doctor: what this machine has, and what to do about the rest."""

from __future__ import annotations

import json
import shutil

import click

from .. import output
from ..errors import NEGATIVE


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--require", type=click.Choice(["cuda"]), help="End with 3 unless a network learns on a GPU here.")
@click.pass_context
def doctor(context: click.Context, as_json: bool, require: str | None) -> None:
    """Look at this machine: what works, what is not there, and what to type next.

    Python, NumPy and its threads, Graphviz, fonts, the terminal, the extras; for a GPU the CuPy wheel, the driver, the
    CUDA libraries (by loading them) and the devices; then a small network learns for a moment on each device.

    What is absent is optional. The exit code is 1 if something that is there is broken or too old.

    \b
    Examples:
      tinygrad-edu doctor
      tinygrad-edu doctor --require cuda && tinygrad-edu train --data digits --device cuda
    """
    from ..doctoring import report  # brings NumPy, which `--help` need not wait for

    if as_json:
        with output.english(True):
            found = list(report.findings())
        click.echo(json.dumps(report.to_json(found), allow_nan=False))
    else:
        width, found = min(shutil.get_terminal_size().columns, 120), []
        for finding in report.findings():  # each as soon as it is found
            found.append(finding)
            for line in report.lines(finding, width):
                output.say(line)
    if require:
        report.require_cuda(found)
    if report.has_fault(found):
        context.exit(NEGATIVE)
