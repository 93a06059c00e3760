"""The program of a page that computes: its functions, and the tables that these look things up in."""

from __future__ import annotations

from tinygrad_edu_words import page_texts

from .optimizers import optimizers
from .tables import Table, activations, losses, operations, penalties

WORDS = "words.js"  # what every page needs whose JavaScript says something


def program(*tables: Table) -> str:
    """All of it: what runs graphs, draws random numbers, and trains networks. It only defines names.

    Args:
        tables: by default all of them, with every operation of the registry.
    """
    tables = tables or (operations(), activations(), losses(), penalties(), optimizers())
    files = [packaged(name) for name in (WORDS, "runtime.js", "random.js", "network.js", "scalar_network.js")]
    return "\n".join([*files, *[table.text for table in tables]])


def graph_program(*tables: Table) -> str:
    """What a page needs that computes one graph, says so, and reads answers: with the tables of its operations, of
    optimizers, and of what can be called in an answer."""
    files = [packaged(name) for name in (WORDS, "runtime.js", "sentences.js", "answers.js")]
    return "\n".join([*files, *[table.text for table in tables]])


def packaged(name: str) -> str:
    """A text file of this package, in the language that is spoken."""
    return page_texts.packaged(__package__, name)
