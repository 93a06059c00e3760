"""The rows of a file with predictions behind them, as CSV."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import click

from tinygrad_edu.storage.files import writable
from tinygrad_edu_words import _

from .. import output
from ..errors import CommandError
from ..files import ELSEWHERE, cannot_write, replacing
from .application import Application


def predicted(application: Application) -> str:
    """The table with a column of answers, and for classes one of their probabilities; separated as the table is, and
    with its decimal sign, so that the program which wrote it reads it."""
    table, predictor = application.table, application.predictor
    answers = predictor.answers(application.outputs)
    words = [f"{answer:.9g}" if predictor.task == "regression" else str(answer) for answer in answers]
    columns = {f"predicted_{application.target}": words}
    if predictor.has_probabilities:
        columns["probability"] = [f"{share:.4f}" for share in predictor.probabilities(application.outputs).max(axis=1)]
    numbers = [name for name in columns if predictor.task == "regression" or name == "probability"]
    columns |= {name: [number.replace(".", table.decimal) for number in columns[name]] for name in numbers}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.separator, lineterminator="\n")
    kept = [k for k, name in enumerate(table.header) if name not in columns]  # predictions of before are replaced
    writer.writerow([*(table.header[k] for k in kept), *columns])
    for row, *new in zip(table.rows, *columns.values(), strict=True):
        writer.writerow([*(row[k] for k in kept), *new])
    return text.getvalue()


def write(model: Path, data: Path, out: Path | None) -> None:
    """Predict, and write the table into a file, or to the standard output.

    Raises:
        CommandError: the file to write is no table, or one that is read.
        FileError: a file cannot be read or written; the latter is found out before anything is predicted.
    """
    if out is None:
        click.echo(output.shown(predicted(Application.of(model, data))), nl=False)
        return
    if out.suffix.lower() != ".csv":
        raise CommandError(_("-o {out}: predictions are written into a file that ends in .csv").format(out=out))
    if os.path.realpath(out) == os.path.realpath(data):
        raise CommandError(_("-o {out}: that is the file which is read").format(out=out), _(ELSEWHERE))
    try:
        writable(out)
    except OSError as error:
        raise cannot_write(out, error) from None
    text = predicted(Application.of(model, data))
    with replacing(out) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
    click.echo(_("wrote {path}").format(path=out), err=True)
