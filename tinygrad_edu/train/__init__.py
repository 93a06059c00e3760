"""Training: `fit` as a stream of events, and what can be made of it."""

from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import BatchEvent, BestEvent, EndEvent, EpochEvent, Event, NoticeEvent, ValidationEvent
from .fit import fit
from .history import History
from .inspector import Inspector
from .metrics import accuracy, r2
from .model_file import load_model, read_meta, save_model
from .predictor import Predictor
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
    "Settings",
    "ValidationEvent",
    "accuracy",
    "fit",
    "load_model",
    "r2",
    "read_meta",
    "save_model",
]
