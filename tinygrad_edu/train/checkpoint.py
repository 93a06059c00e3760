"""Checkpoints: all that a run depends on, in a folder, so that it can go on as if it had not stopped.

    folder/checkpoint.json             counters, settings, history, and the name of the file of arrays
    folder/arrays-000012.safetensors   weights, optimizer state, best weights

The file of arrays is written first, under a new name. The checkpoint changes in the one moment in which the new
`checkpoint.json` takes the place of the old; until then the old one and its arrays are whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import StateError
from ..storage.arrays import Arrays, check_signed, pack, read_arrays, read_json, signed, to_bytes, unpack
from ..storage.documents import reading
from ..storage.files import make_folder, sweep, write_atomically
from ..storage.schema import anything, located, mapping, matching, record, whole

FORMAT = 2  # of the files; raised when an older program could not read them any more
KIND = "tinygrad-edu checkpoint"
NAME = "checkpoint.json"
ARRAYS = matching(r"arrays-\d{6,20}b?\.safetensors", "the name of a file such as arrays-000001.safetensors")
EPOCH = record({"epoch": whole()}, others=True)  # what a state has in any case


class Checkpoint:
    """The state of a run after some epoch.

    Attributes:
        state: nested dictionaries of numbers, texts and arrays: "epoch", "step", "settings", "model", "optimizer",
            "schedule", "early_stopping", "best", "measured", "history", "notices", "told" (all notices so far) and
            "extra" (see `fit`).
    """

    def __init__(self, state: dict[str, Any]):
        self.state = state

    @property
    def epoch(self) -> int:
        """The last epoch that is in it."""
        return int(self.state["epoch"])

    def save(self, folder: str | Path, make: bool = True) -> None:
        """Write it into a folder, in place of the checkpoint that is there, which an interrupted write leaves as it is.

        Args:
            make: make the folder if it is missing. (A run makes it when it begins: if it is missing later, it was
                deleted, and that is worth an error.)
        Raises:
            OSError: the folder cannot be written to; `filename` is the file in it.
        """
        folder = Path(folder)
        if make:
            make_folder(folder)
        arrays: Arrays = {}
        document = signed(KIND, FORMAT, state=pack(self.state, arrays))
        document["arrays"] = f"arrays-{self.epoch:06d}.safetensors"
        old = self._arrays_in_use(folder)
        if document["arrays"] == old:  # a run that begins anew in this folder: the old arrays stay until the end
            document["arrays"] = f"arrays-{self.epoch:06d}b.safetensors"
        write_atomically(folder / document["arrays"], to_bytes(arrays, {"kind": KIND}))
        write_atomically(folder / NAME, json.dumps(document, allow_nan=False).encode())
        self._sweep(folder, document["arrays"])

    @classmethod
    def sweep(cls, folder: str | Path) -> None:
        """Delete what the checkpoint of a folder does not need: what processes left that were killed while they wrote.

        Raises:
            OSError: the folder cannot be written to.
        """
        cls._sweep(Path(folder), cls._arrays_in_use(Path(folder)))

    @staticmethod
    def _sweep(folder: Path, used: str | None) -> None:
        for file in folder.glob("arrays-*.safetensors"):
            if file.name != used:
                file.unlink(missing_ok=True)
        sweep(folder, "arrays-*", NAME.partition(".")[0])

    @staticmethod
    def _arrays_in_use(folder: Path) -> str | None:
        try:
            document = read_json(folder / NAME)
        except (FileNotFoundError, StateError):
            return None
        return document.get("arrays") if isinstance(document, dict) else None

    @classmethod
    def load(cls, folder: str | Path) -> Checkpoint:
        """Read the checkpoint of a folder.

        Raises:
            FileNotFoundError: there is none.
            StateError: it is truncated, written by a newer version, or no checkpoint at all.
        """
        path = Path(folder) / NAME
        if not path.is_file():
            raise FileNotFoundError(f"there is no checkpoint in {folder}: {path} does not exist")
        document = read_json(path)
        with reading(path, StateError, "nothing was loaded"):
            document = check_signed(document, KIND, FORMAT, arrays=ARRAYS, state=mapping(anything))
        try:
            arrays, _ = read_arrays(path.parent / document["arrays"])
        except FileNotFoundError as error:
            raise StateError(
                f"{path} names {document['arrays']}, which is not beside it: copy the folder as a whole"
            ) from error
        with reading(path, StateError, "nothing was loaded"), located("state"):
            state = unpack(document["state"], arrays)
            EPOCH(state)
            return cls(state)
