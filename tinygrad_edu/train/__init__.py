"""Training: `fit` as a stream of events, `start` for a run that can be looked into, and what can be made of them."""

from typing import Any

from ..vocabulary import missing
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import (
    BatchEvent,
    BestEvent,
    EndEvent,
    EpochEvent,
    Event,
    NoticeEvent,
    SteerEvent,
    UndoEvent,
    ValidationEvent,
)
from .fit import fit, start
from .history import History
from .inspector import Inspector
from .metrics import accuracy, r2
from .model_file import load_model, read_meta, save_model
from .predictor import Predictor
from .run import Run
from .settings import Settings

__all__ = [
    "BatchEvent",
    "BestEvent",
    "Checkpoint",
    "EarlyStopping",
    "EndEvent",
    "EpochEvent",
    "Event",
    "History",
    "Inspector",
    "NoticeEvent",
    "Predictor",
    "Run",
    "Settings",
    "SteerEvent",
    "UndoEvent",
    "ValidationEvent",
    "accuracy",
    "fit",
    "load_model",
    "r2",
    "read_meta",
    "save_model",
    "start",
]


def __getattr__(name: str) -> Any:
    raise missing("tg.train", name, __all__)
