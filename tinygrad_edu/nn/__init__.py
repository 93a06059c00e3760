"""Layers and networks."""

from typing import Any

from ..vocabulary import missing
from . import init
from .activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from .dense import Dense
from .dropout import Dropout
from .embedding import Embedding
from .module import Module
from .norm import BatchNorm1d, LayerNorm
from .perceptron import Perceptron, rosenblatt_step
from .sequential import Flatten, Sequential, mlp

__all__ = [
    "ELU",
    "GELU",
    "BatchNorm1d",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "LayerNorm",
    "LeakyReLU",
    "Module",
    "Perceptron",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "init",
    "mlp",
    "rosenblatt_step",
]


def __getattr__(name: str) -> Any:
    raise missing("tg.nn", name, __all__)
