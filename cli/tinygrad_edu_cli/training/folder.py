"""A recorded run: a folder with config.json, metrics.jsonl (an event a line) and checkpoints."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from tinygrad_edu.train import History
from tinygrad_edu.train.events import EndEvent, EpochEvent, Event, NoticeEvent, ValidationEvent

from ..errors import CommandError, FileError
from ..files import replacing
from .config import RunConfig

VERSION = 1
_KINDS: tuple[Any, ...] = (EpochEvent, ValidationEvent, NoticeEvent, EndEvent)
_MAY_LACK = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "validation_r2", "layer")
_WORDS, _COUNTS = ("name", "layer", "text", "stopped"), ("epoch", "of")
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_KIND = "tinygrad-edu run"


class RunFolder:
    """The folder of a run, open for its events.

    Attributes:
        config: what the run is made of, all defaults filled in.
        data_hash: tells whether the data is still the same.
        guessing: the loss of the best constant answer.
    """

    def __init__(self, path: Path, config: RunConfig, data_hash: str, guessing: float):
        self.path, self.config, self.data_hash, self.guessing = path, config, data_hash, guessing
        self._metrics: IO[str] | None = None

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @classmethod
    def create(cls, path: Path, config: RunConfig, data_hash: str, guessing: float) -> RunFolder:
        """A new folder, or an empty one that is there.

        Raises:
            FileError: it cannot be written, or has something in it.
        """
        refuse_used(path)
        folder = cls(path, config, data_hash, guessing)
        try:
            folder.checkpoints.mkdir(parents=True)
        except OSError as error:
            raise _cannot_write(path, error) from None
        folder.save_config(config)
        folder._open("w")
        return folder

    @classmethod
    def read(cls, path: Path) -> RunFolder:
        """A folder that `create` made, without opening it for events.

        Raises:
            FileError: it is none, or its config.json is damaged or newer than this program.
        """
        file = path / "config.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            if path.is_dir():
                why = f"{path} is not a recorded run: it has no config.json"
            else:
                why = f"cannot read {path}: {error.strerror}"
            raise FileError(why, "a run is recorded by: tinygrad-edu train ... --record DIR") from None
        except ValueError as error:
            raise FileError(f"{file} is damaged: {error}", "start again with --record and another folder") from None
        if not isinstance(content, dict) or content.get("kind") != _KIND:
            raise FileError(f"{file} is not the config of a recorded run")
        if content.get("version") != VERSION:
            raise FileError(
                f"{path} was recorded by another version of tinygrad-edu (its format is {content.get('version')}, "
                f"this one reads {VERSION})",
                "update tinygrad-edu",
            )
        try:
            config = RunConfig.from_json(content["config"])
            return cls(path, config, str(content["data_hash"]), float(content["guessing_loss"]))
        except KeyError as error:
            raise FileError(f"{file} is damaged: {error} is missing") from None
        except (AttributeError, TypeError, ValueError) as error:
            raise FileError(f"{file} is damaged: {error}") from None

    def save_config(self, config: RunConfig) -> None:
        self.config = config
        content = {
            **{"kind": _KIND, "version": VERSION, "config": config.to_json()},
            **{"data_hash": self.data_hash, "guessing_loss": self.guessing},
        }
        with replacing(self.path / "config.json") as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def reopen(self, epoch: int) -> None:
        """Go on after `epoch`: what was recorded of later ones is dropped, as they will be done again."""
        kept = [event for event in self.events() if event.get("epoch", 0) <= epoch and event.get("kind") != "end"]
        with replacing(self.path / "metrics.jsonl") as temporary:
            temporary.write_text("".join(json.dumps(event) + "\n" for event in kept), encoding="utf-8")
        self._open("a")

    def write(self, event: dict[str, Any]) -> None:
        """Record an event; it is on the disk before the next one happens."""
        assert self._metrics is not None, "open the folder with create() or reopen()"
        try:
            self._metrics.write(json.dumps(event, allow_nan=False) + "\n")
            self._metrics.flush()
        except OSError as error:
            raise _cannot_write(self.path / "metrics.jsonl", error) from None

    def events(self) -> Iterator[dict[str, Any]]:
        """What was recorded. A last line that was cut off by a crash is left out.

        Raises:
            FileError: the file is missing, or damaged elsewhere; the message names the line.
        """
        file = self.path / "metrics.jsonl"
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
        for number, line in enumerate(lines, 1):
            try:
                event = json.loads(line)
            except ValueError:
                if number == len(lines):
                    return
                raise FileError(f"{file}, line {number}: not a JSON object") from None
            if not isinstance(event, dict):
                raise FileError(f"{file}, line {number}: not a JSON object")
            try:
                event_of(event)
            except ValueError as error:
                raise FileError(f"{file}, line {number}: damaged, {error}") from None
            yield event

    def history(self) -> tuple[History, float | None]:
        """What was measured, and the noise of the loss if the run came to its end.

        Raises:
            FileError: as `events`.
        """
        history, noise = History(), None
        for content in self.events():
            noise = content.pop("loss_noise", noise)
            event = event_of(content)
            if event is not None:
                history.watch(event)
        return history, noise

    def close(self) -> None:
        if self._metrics is not None:
            self._metrics.close()

    def _open(self, mode: str) -> None:
        try:
            self._metrics = open(self.path / "metrics.jsonl", mode, encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise _cannot_write(self.path, error) from None


def event_of(content: dict[str, Any]) -> Event | None:
    """The event that a line of metrics.jsonl tells of; None for a kind that is not recorded.

    Raises:
        ValueError: it lacks a number, or has something else in its place.
    """
    kind = next((kind for kind in _KINDS if kind.kind == content.get("kind")), None)
    if kind is None:
        return None
    names = [field.name for field in fields(kind)]
    values = {name: content.get(name) for name in names}
    for name, value in values.items():
        if value is None and name in _MAY_LACK:
            continue
        if name in _WORDS:
            right = isinstance(value, str)
        else:
            values[name] = value = _NOT_FINITE[value] if isinstance(value, str) and value in _NOT_FINITE else value
            right = type(value) is int or (type(value) is float and name not in _COUNTS)
        if not right:
            raise ValueError(f"as {name} is {value!r}")
    return kind(**values)


def refuse_used(path: Path) -> None:
    """Refuse a folder in which something would be overwritten."""
    if path.is_dir() and not any(path.iterdir()):
        if not os.access(path, os.W_OK):
            raise FileError(f"cannot write {path}: it is write-protected", "give another place")
        return
    if (path / "config.json").is_file():
        raise CommandError(
            f"--record {path}: a run is recorded there already",
            f"give another folder, or go on with that run: tinygrad-edu train --resume {path}",
        )
    if path.exists():
        raise CommandError(f"--record {path}: it is there already, and not empty", "give another folder")


def _cannot_write(path: Path, error: OSError) -> FileError:
    return FileError(f"cannot write {path}: {error.strerror or error}", "give another place")
