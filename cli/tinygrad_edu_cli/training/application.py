"""A saved network, and a file of new rows for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.data.cells import number_in
from tinygrad_edu.data.columns import decimal_of
from tinygrad_edu.data.csv_file import with_target
from tinygrad_edu.data.rows import encode_rows, read_rows, rows_in
from tinygrad_edu.data.table import Table, cut
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.train import Predictor
from tinygrad_edu_words import _, grouped, ngettext

from ..errors import CommandError, FileError, reason
from ..phrases import some
from .columns_said import column_text
from .run import told
from .session import readable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Application:
    """What a network computes for the rows of a file.

    Attributes:
        table: the rows as they are.
        outputs: shape (rows, outputs).
    """

    predictor: Predictor
    table: Table
    outputs: Array

    @classmethod
    def of(cls, model: Path, data: Path, with_answers: bool = False) -> Application:
        """Read both files, and compute. What is said of the columns goes to the standard error.

        Args:
            with_answers: whether rows are needed that have a target; those that have none are left out.
        Raises:
            CommandError: the files are in the wrong order.
            FileError: a file that cannot be read, or does not fit.
        """
        if data.suffix == ".safetensors" and model.suffix != data.suffix:
            command = "evaluate" if with_answers else "predict"
            raise CommandError(_("the network comes first, then the table"), f"tinygrad-edu {command} {data} {model}")
        with readable(model):
            predictor = tg.load(model)
        try:
            with told():
                table = read_rows(data, predictor.encoder)
                if with_answers:
                    table = with_target(table, target_column(table, predictor))
                inputs, said, new = encode_rows(rows_in(table), predictor.encoder)
        except OSError as error:
            raise FileError(_("cannot read {path}: {why}").format(path=data, why=reason(error))) from None
        except ShapeError as error:
            raise FileError(str(error)) from None
        for sentence in [*(["; ".join(table.remarks)] if table.remarks else []), *said, *new]:
            click.echo(f"{data.name}: {column_text(sentence)}", err=True)
        return cls(predictor, table, predictor.outputs(inputs))

    @property
    def is_of_the_training(self) -> bool:
        """Whether the rows are those of the file that the network was trained on."""
        return os.path.realpath(self.predictor.data) == os.path.realpath(self.table.path)

    @property
    def target(self) -> str:
        """What is predicted."""
        return self.predictor.encoder.target or (
            self.predictor.target_names[0] if self.predictor.task == "regression" else "class"
        )

    def labels(self) -> tuple[Array, tuple[str, ...]]:
        """The classes in the file as indices, and the names of all: first those of the network, then new ones."""
        names, cells = self.predictor.target_names, self.table.column(target_column(self.table, self.predictor))
        if not set(cells) <= set(names):  # 1.0 is 1
            numbers = [number_in(cell, self.table.decimal) for cell in cells]
            cells = [
                cell if cell in names or number is None else f"{number:.15g}"
                for cell, number in zip(cells, numbers, strict=True)
            ]
        new = sorted(set(cells) - set(names))
        if new:
            n = sum(cell in new for cell in cells)
            text = ngettext(
                "{n} row is of a class that was not in the training ({new}): it counts as wrong",
                "{n} rows are of classes that were not in the training ({new}): they count as wrong",
                n,
            )
            click.echo(text.format(n=grouped(n), new=some(new)), err=True)
        every = (*names, *new)
        index = {name: k for k, name in enumerate(every)}
        return np.array([index[cell] for cell in cells]), every

    def numbers(self) -> Array:
        """The numbers in the file that should have been predicted.

        Raises:
            FileError: a cell is none.
        """
        column = target_column(self.table, self.predictor)
        cells = self.table.column(column)
        decimal, _remark = decimal_of(cells, self.table.decimal)
        found = []
        for row, cell in enumerate(cells):
            number = number_in(cell, decimal)
            if number is None or not np.isfinite(number):
                raise FileError(
                    _("{path}, {where}: {cut!r} is not a number, and the network predicts numbers").format(
                        path=self.table.path, where=self.table.where(row, column), cut=cut(cell)
                    )
                )
            found.append(number)
        return np.array(found)


def target_column(table: Table, predictor: Predictor) -> int:
    """Where the answers stand: in the column that the training had for target, or else, of a network that was not
    trained on a file, in the last one.

    Raises:
        FileError: there is none.
    """
    target = predictor.encoder.target
    if target in table.header:
        return table.header.index(target)
    last = table.header[-1]
    if not target and last not in predictor.encoder.names:
        return len(table.header) - 1
    raise FileError(
        (
            _("{path} has no column {target!r} with the answers, so there is nothing to compare with")
            if target
            else _("{path} has no column behind those of the features, so there is nothing to compare with")
        ).format(path=table.path, target=target),
        _("for predictions alone: tinygrad-edu predict MODEL DATA.csv"),
    )
