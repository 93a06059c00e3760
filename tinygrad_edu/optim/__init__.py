"""Optimizers, learning-rate schedules, and gradient clipping."""

from typing import Any

from ..vocabulary import missing
from .adam import Adam, AdamW, NAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .clip import clip_grad_norm, clip_grad_value
from .one_cycle import OneCycleLR
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .schedules import CosineLR, ExponentialLR, Schedule, StepLR, WarmupLR
from .sequence import Sequence
from .sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineLR",
    "ExponentialLR",
    "NAdam",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequence",
    "StepLR",
    "WarmupLR",
    "clip_grad_norm",
    "clip_grad_value",
]


def __getattr__(name: str) -> Any:
    raise missing("tg.optim", name, __all__)
