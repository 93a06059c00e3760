"""The program of a page that computes: its functions, and the tables that these look things up in."""

from __future__ import annotations

from importlib.resources import files

from .optimizers import optimizers
from .tables import Table, activations, losses, operations, penalties


def program(*tables: Table) -> str:
    """`runtime.js`, `random.js`, and tables; by default all of them. It only defines names, and runs nothing."""
    tables = tables or (operations(), activations(), losses(), penalties(), optimizers())
    parts = [packaged("runtime.js"), packaged("random.js"), *[table.text for table in tables]]
    return "\n".join(parts)


def packaged(name: str) -> str:
    """A text file of this package."""
    return (files("tinygrad_edu_viz.javascript") / name).read_text(encoding="utf-8").replace("\r\n", "\n")
