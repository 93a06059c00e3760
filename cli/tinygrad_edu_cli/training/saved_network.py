"""A saved network, as a run begins with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.data import Standardizer
from tinygrad_edu.data.encoder import Encoder
from tinygrad_edu.errors import StateError
from tinygrad_edu.storage.documents import reading
from tinygrad_edu.storage.schema import Mismatch, list_of, located, optional, record, text
from tinygrad_edu_words import _

from ..errors import CommandError
from ..phrases import some
from .run import Run, network
from .stored_settings import setting

_SETTINGS = {name: optional(setting(name)) for name in ("net", "activation", "dropout")}
NETWORK = record({}, may_lack={**_SETTINGS, "feature_names": optional(list_of(text))}, others=True)


def _part(meta: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    """What a file says of one part; None if it says nothing."""
    try:
        return None if meta.get(name) is None else read(meta[name])
    except StateError as error:
        raise Mismatch(_("is wrong: {error}").format(error=error), (name,)) from None


def _are_made_up(names: Sequence[str]) -> bool:
    return all(name == f"x{k}" for k, name in enumerate(names, 1))


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
    encoder: Encoder | None = None
    feature_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path, meta: dict[str, Any]) -> SavedNetwork:
        """From what `tg.train.read_meta` gives.

        Raises:
            StateError: something in it cannot be.
        """
        with reading(path, StateError), located("meta"):
            known = NETWORK(meta)
            standardizer = _part(meta, "standardizer", Standardizer.from_state)
            encoder = _part(meta, "encoder", Encoder.from_state)
        dropout, names = known.get("dropout") or 0.0, tuple(known.get("feature_names") or ())
        activation = known.get("activation", "") or ("linear" if "activation" in known else None)
        return cls(path, known.get("net"), activation, dropout, standardizer, encoder, names)

    def check_names(self, run: Run) -> None:
        """Refuse data whose inputs mean something else. Names that were made up, x1 and so on, mean nothing.

        Raises:
            CommandError: the names of the inputs differ.
        """
        mine, its = run.train.feature_names, self.feature_names
        if not its or mine == its or _are_made_up(mine) or _are_made_up(its):
            return
        raise CommandError(
            _("the network of {path} was trained on {its}, and {name} has {mine}").format(
                path=self.path, its=some(its), name=run.dataset.name, mine=some(mine)
            ),
            _("give it data with the same columns, or start anew without --load"),
        )

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
