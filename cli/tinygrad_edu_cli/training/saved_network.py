"""A saved network, as a run begins with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.data import Standardizer
from tinygrad_edu.errors import StateError
from tinygrad_edu.storage.documents import reading
from tinygrad_edu.storage.schema import Mismatch, located, optional, record

from .run import Run, network
from .stored_settings import setting

NETWORK = record({}, may_lack={name: optional(setting(name)) for name in ("net", "activation", "dropout")}, others=True)


@dataclass
class SavedNetwork:
    """What a file of weights says about its network; None where it says nothing.

    Attributes:
        dropout: the share that was silenced in training. A network with dropout has other names for its layers.
    """

    path: Path
    net: tuple[int, ...] | None
    activation: str | None
    dropout: float
    standardizer: Standardizer | None

    @classmethod
    def of(cls, path: Path, meta: dict[str, Any]) -> SavedNetwork:
        """From what `tg.train.read_meta` gives.

        Raises:
            StateError: something in it cannot be.
        """
        with reading(path, StateError), located("meta"):
            known = NETWORK(meta)
            state = meta.get("standardizer")
            try:
                standardizer = None if state is None else Standardizer.from_state(state)
            except StateError as error:
                raise Mismatch(f"is wrong: {error}", ("standardizer",)) from None
        return cls(path, known.get("net"), known.get("activation"), known.get("dropout") or 0.0, standardizer)

    def give_weights(self, run: Run) -> None:
        """Give a run's network the weights of the file. Dropout has none: it is a matter of the run.

        Raises:
            StateError: they are those of another network; the message names the layers.
        """
        twin = run.model
        if bool(self.dropout) != bool(run.config.dropout):
            twin = network(replace(run.config, dropout=self.dropout))
        tg.train.load_model(self.path, twin)
        for mine, its in zip(run.model.parameters(), twin.parameters(), strict=True):
            mine.data = its.data
