"""tinygrad-edu: an autograd engine that reads like a textbook."""

import importlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

from . import backends, errors
from .derivatives.anomaly import detect_anomaly
from .derivatives.gradcheck import gradcheck
from .derivatives.transforms import grad, hessian, jacobian, jvp, value_and_grad, vjp
from .errors import *  # noqa: F403
from .graph.backprop import Step, backprop
from .graph.modes import default_dtype, enable_grad, get_default_dtype, no_grad, set_default_dtype
from .graph.order import nodes
from .random import seed
from .rules import functional
from .rules.functional import *  # noqa: F403
from .scopes import scope
from .tensors import without_nodes  # noqa: F401  (says how operations take numbers, arrays and lists)
from .tensors.questions import argmax, argmin
from .tensors.tensor import Tensor
from .tensors.value import Value
from .version import __version__ as __version__
from .vocabulary import missing

if TYPE_CHECKING:
    from . import data, losses, nn, optim, train
    from .compiling import compile
    from .train.predictor import load, save

# An inf or nan is a number here, in Tensors as in Values, and no accident of a line of ours that NumPy should warn of;
# detect_anomaly() says where it was born.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tinygrad_edu\.")

# What learning needs is imported when it is first asked for, so that differentiating alone starts at once.
_LEARNING = ("data", "losses", "nn", "optim", "train")


# Pickles that were written before the engine had rooms name its files by these names.
for _old, _module in {
    "copying": "tensors.copying", "functional": "rules.functional", "node": "graph.node",
    "operation": "graph.operation", "ops": "rules.elementwise", "structural": "rules.structural",
    "tensor": "tensors.tensor", "value": "tensors.value",
}.items():  # fmt: skip
    sys.modules[f"{__name__}.{_old}"] = importlib.import_module(f".{_module}", __name__)


def __getattr__(name: str) -> Any:
    if name in _LEARNING:
        return importlib.import_module(f".{name}", __name__)
    if name in ("load", "save"):
        return getattr(importlib.import_module(".train.predictor", __name__), name)
    if name == "plots":  # a door only: figures are made by the visualizations, which know the engine
        return importlib.import_module("tinygrad_edu_viz.plots")
    if name == "compile":
        return importlib.import_module(".compiling", __name__).compile
    raise missing("tg", name, __all__)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", "plots"])


__all__ = [
    "Step",
    "Tensor",
    "Value",
    "argmax",
    "argmin",
    "backends",
    "backprop",
    "compile",
    "data",
    "default_dtype",
    "detect_anomaly",
    "enable_grad",
    "get_default_dtype",
    "grad",
    "gradcheck",
    "hessian",
    "jacobian",
    "jvp",
    "load",
    "losses",
    "nn",
    "no_grad",
    "nodes",
    "optim",
    "save",
    "scope",
    "seed",
    "set_default_dtype",
    "train",
    "value_and_grad",
    "vjp",
]
__all__ += errors.__all__
__all__ += functional.__all__
