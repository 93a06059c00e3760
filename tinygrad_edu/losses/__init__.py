"""Losses: how wrong a prediction is, as one number to be made small.

Every loss is called as loss(prediction, target, reduction="mean"). The reduction is "mean" over all elements (of a loss
of rows: over the rows), "sum", or "none" for the single losses. Losses of probabilities take *logits*, the network's
output before any sigmoid or softmax: only so are they exact where a probability rounds to 0 or 1, and safe at logits of
±1000.

The prediction is a tensor, or an object array of Values (`model.scalar()`). The target may be a list, a NumPy array or
a tensor; it takes the dtype of the prediction, and from the host it is brought to its device. Targets on the host are
checked; those on a GPU are taken as they are, as looking at them would wait for it. Numbers and defaults are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checks import choose
from ..vocabulary import missing
from .categorical import cross_entropy
from .divergence import kl_divergence
from .elementwise import binary_cross_entropy, hinge, huber, mae, mse
from .penalties import l1, l2

LOSSES: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (mse, mae, huber, hinge, binary_cross_entropy, cross_entropy, kl_divergence)
}


def get(name: str) -> Callable[..., Any]:
    """The loss of a name: "mse", "cross_entropy", ...

    Raises:
        ArgumentError: there is none; the nearest name is suggested.
    """
    return choose(name, LOSSES, "loss")


__all__ = [*LOSSES, "LOSSES", "get", "l1", "l2"]


def __getattr__(name: str) -> Any:
    raise missing("tg.losses", name, __all__)
