"""The program of a page that computes: its functions, and the tables that these look things up in."""

from __future__ import annotations

from importlib.resources import files

from .optimizers import optimizers
from .tables import Table, activations, losses, operations, penalties


def program(*tables: Table) -> str:
    """All of it: what runs graphs, draws random numbers, and trains networks. It only defines names.

    Args:
        tables: by default all of them, with every operation of the registry.
    """
    tables = tables or (operations(), activations(), losses(), penalties(), optimizers())
    parts = [packaged(name) for name in ("runtime.js", "random.js", "network.js")]
    return "\n".join([*parts, *[table.text for table in tables]])


def graph_program(*tables: Table) -> str:
    """What a page needs that computes one graph, says so, and reads answers: with the tables of its operations, of
    optimizers, and of what can be called in an answer."""
    parts = [packaged(name) for name in ("runtime.js", "sentences.js", "answers.js")]
    return "\n".join([*parts, *[table.text for table in tables]])


def packaged(name: str) -> str:
    """A text file of this package."""
    return (files("tinygrad_edu_viz.javascript") / name).read_text(encoding="utf-8").replace("\r\n", "\n")
