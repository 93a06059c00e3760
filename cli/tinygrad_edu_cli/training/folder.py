"""A recorded run: a folder with config.json, metrics.jsonl (an event a line) and checkpoints, and the
network that it began with, if that was loaded.

What lasts, whatever happens to the process or the machine: config.json is written last of what a new folder holds, so
one that has it is whole; a checkpoint is on the disk before the next epoch begins. The lines of metrics.jsonl outlive
the process alone: where some are missing, `reopen` takes them from the checkpoint.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tinygrad_edu.storage.documents import parse, read_bytes, reading
from tinygrad_edu.storage.files import make_folder, sweep
from tinygrad_edu.storage.schema import Mismatch, brief, located
from tinygrad_edu.train import Checkpoint, History
from tinygrad_edu.train.events import EndEvent, Event
from tinygrad_edu.train.record import NAME as METRICS
from tinygrad_edu.train.record import event_of, read_record
from tinygrad_edu_words import _

from ..errors import CommandError, FileError, reason
from ..files import ELSEWHERE, cannot_write, replacing
from .config import RunConfig
from .lock import NAME as LOCK
from .lock import lock
from .missing_lines import completed
from .record_schema import CONFIG, KIND, VERSION, VERSIONS

LOADED = "loaded.safetensors"


class RunFolder:
    """The folder of a run, open for its events.

    Attributes:
        config: what the run is made of, all defaults filled in.
        data_hash: by which it is checked that the data is still the same.
        guessing: the loss of the best constant answer.
        initial_hash: of the weights that the run began with; empty where it is not known.
        version: the format of the files that are there.
    """

    def __init__(self, path: Path, config: RunConfig, data_hash: str, guessing: float, initial_hash: str = ""):
        self.path, self.config, self.data_hash, self.guessing = path, config, data_hash, guessing
        self.initial_hash, self.version = initial_hash, VERSION
        self._lock: IO[bytes] | None = None
        self._metrics: IO[str] | None = None

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def loaded(self) -> Path | None:
        """The saved network that the run began with, if it did with one."""
        return self.path / LOADED if (self.path / LOADED).exists() else None

    @property
    def metrics(self) -> Path:
        return self.path / METRICS

    @classmethod
    def create(
        cls,
        path: Path,
        config: RunConfig,
        data_hash: str,
        guessing: float,
        initial_hash: str = "",
        loaded: Path | None = None,
    ) -> RunFolder:
        """A new folder, or one that is there and in which nothing was recorded. It is locked.

        Args:
            loaded: the saved network that the run begins with; the folder gets a copy.
        Raises:
            FileError: it cannot be written, or another process records into it.
            CommandError: it has something in it.
        """
        refuse_used(path)
        folder = cls(path, config, data_hash, guessing, initial_hash)
        try:
            make_folder(path)
        except OSError as error:
            raise cannot_write(path, error) from None
        with folder.locked():
            refuse_used(path)  # somebody was faster
            try:
                sweep(path, "config", "loaded")
                (path / LOADED).unlink(missing_ok=True)
                make_folder(folder.checkpoints)
            except OSError as error:
                raise cannot_write(path, error) from None
            if loaded is not None:
                with replacing(path / LOADED) as copy:
                    shutil.copyfile(loaded, copy)
            folder._open("w")
            folder.save_config(config)
        return folder

    @classmethod
    def read(cls, path: Path) -> RunFolder:
        """A folder that `create` made, without opening it for events.

        Raises:
            FileError: it is none, or its config.json is damaged or newer than this program.
        """
        file = path / "config.json"
        try:
            with reading(file, FileError):
                content = _config_of(parse(read_bytes(file)))
                with located("config"):
                    config = RunConfig.from_json(content["config"])
        except OSError as error:
            if path.is_dir():
                why = _("{path} is not a recorded run: it has no config.json").format(path=path)
            else:
                why = _("cannot read {path}: {why}").format(path=path, why=reason(error))
            raise FileError(why, _("a run is recorded by: tinygrad-edu train ... --record DIR")) from None
        known = content["data_hash"], content["guessing_loss"], content.get("initial_hash", "")
        folder = cls(path, config, *known)
        folder.version = content["version"]
        return folder

    def save_config(self, config: RunConfig) -> None:
        self.config, self.version = config, VERSION
        content = {
            **{"kind": KIND, "version": VERSION, "config": config.to_json()},
            **{"data_hash": self.data_hash, "guessing_loss": self.guessing},
            **({"initial_hash": self.initial_hash} if self.initial_hash else {}),
        }
        with replacing(self.path / "config.json") as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from recording: until `close`, or until the block fails.

        Raises:
            FileError: one does, or the folder cannot be written to.
        """
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                self._lock = lock(self.path)
            except OSError as error:
                raise cannot_write(self.path, error) from None
            yield
            undo.pop_all()

    def reopen(self, epoch: int, events: Iterable[Event], planned: Iterable[Event]) -> None:
        """Go on after a checkpoint.

        Args:
            epoch: the last one in it.
            events: that led to it: their lines are recorded then, beside what was undone. What came later will be done
                again.
            planned: what was steered later, and will be so again; it is recorded, too.
        Raises:
            FileError: the folder cannot be written to, or what is recorded is damaged.
        """
        lines = [*completed(self.events(), epoch, events), *(event.to_json() for event in planned)]
        with replacing(self.metrics) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        try:
            sweep(self.path, "config", "metrics")
            Checkpoint.sweep(self.checkpoints)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._open("a")

    def write(self, event: dict[str, Any]) -> None:
        """Record an event; the system has it before the next one happens.

        Raises:
            FileError: the disk is full, or the file was deleted or moved.
        """
        assert self._metrics is not None, "open the folder with create() or reopen()"
        try:
            self._metrics.write(json.dumps(event, allow_nan=False) + "\n")
            self._metrics.flush()
            there = os.path.samestat(self.metrics.stat(), os.fstat(self._metrics.fileno()))
        except FileNotFoundError:
            there = False
        except OSError as error:
            raise self.failure(error) from None
        if not there:
            raise self.failure(FileNotFoundError(errno.ENOENT, "", str(self.metrics)))

    def failure(self, error: OSError) -> FileError:
        """What is said when a run cannot be recorded any more."""
        for place in (self.path, self.checkpoints, self.metrics):
            if not place.exists():
                return FileError(
                    _("{place} was deleted or moved while the run was recorded there").format(place=place),
                    _("start again with --record and a folder that stays, or move this one back and --resume it"),
                )
        hint = _("make room, and go on with: tinygrad-edu train --resume {path}").format(path=self.path)
        return cannot_write(error.filename or self.metrics, error, hint)

    def events(self) -> Iterator[dict[str, Any]]:
        """What was recorded. A last line that was cut off by a crash is left out.

        Raises:
            FileError: the file is missing, or damaged elsewhere; the message names the line.
        """
        return (line for line, _ in self._lines())

    def _lines(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        try:
            yield from read_record(self.metrics, FileError)
        except OSError as error:
            raise FileError(_("cannot read {path}: {why}").format(path=self.metrics, why=reason(error))) from None

    def happened(self) -> list[Event]:
        """What was recorded, as the events that the run had.

        Raises:
            FileError: as `events`.
        """
        return [event_of(checked) for _, checked in self._lines()]

    def missing_end(self) -> str:
        """What is to be said of a record that does not say how its run ended; "" where it does.

        Raises:
            FileError: as `events`.
        """
        *_before, last = [None, *self.happened()]
        if last is None or isinstance(last, EndEvent):
            return ""
        return _(
            "The record of {path} breaks off after epoch {epoch} of {epochs}: the run still goes "
            "on, or was killed; then go on with: tinygrad-edu train --resume {path}"
        ).format(path=self.path, epoch=last.epoch, epochs=self.config.epochs)

    def history(self) -> tuple[History, float | None]:
        """What was measured, and the noise of the loss if the run came to its end.

        Raises:
            FileError: as `events`.
        """
        history, noise = History(), None
        for _line, content in self._lines():
            noise = content.get("loss_noise", noise)
            history.watch(event_of(content))
        return history, noise

    def close(self) -> None:
        """Let others record."""
        with suppress(OSError):  # a full disk was reported when the line was written
            if self._metrics is not None:
                self._metrics.close()
        if self._lock is not None:
            self._lock.close()

    def _open(self, mode: str) -> None:
        try:
            self._metrics = open(self.metrics, mode, encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise cannot_write(self.metrics, error) from None


def _config_of(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise Mismatch(_("is not the config of a recorded run"))
    if content.get("version") not in VERSIONS:
        raise Mismatch(
            _(
                "was recorded by another version of tinygrad-edu (its format is {brief}, this one "
                "reads up to {version}): update tinygrad-edu"
            ).format(brief=brief(content.get("version")), version=VERSION)
        )
    checked: dict[str, Any] = CONFIG(content)
    return checked


def refuse_used(path: Path) -> None:
    """Refuse a folder in which something would be overwritten."""
    if (path / "config.json").is_file():
        raise CommandError(
            _("--record {path}: a run is recorded there already").format(path=path),
            _("give another folder, or go on with that run: tinygrad-edu train --resume {path}").format(path=path),
        )
    if not path.exists():
        return
    if not path.is_dir() or not _is_unused(path):
        raise CommandError(
            _("--record {path}: it is there already, and not empty").format(path=path), _("give another folder")
        )
    if not os.access(path, os.W_OK):
        raise FileError(_("cannot write {path}: it is write-protected").format(path=path), _(ELSEWHERE))


def _is_unused(path: Path) -> bool:
    """Whether a folder is empty, or holds no more than what a process leaves that is killed before the run begins."""
    temporary = (".config-*.tmp.json", ".loaded-*.tmp.safetensors")
    names = {place.name for place in path.iterdir() if not any(map(place.match, temporary))}
    if not names <= {LOCK, LOADED, "checkpoints", "metrics.jsonl"}:
        return False
    checkpoints, metrics = path / "checkpoints", path / "metrics.jsonl"
    if checkpoints.exists() and not (checkpoints.is_dir() and not any(checkpoints.iterdir())):
        return False
    return not metrics.exists() or (metrics.is_file() and metrics.stat().st_size == 0)
