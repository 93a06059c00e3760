"""A table of vectors, one for each word (or whatever is counted)."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..graph.modes import call_beside
from ..graph.operation import REGISTRY
from ..losses.labels import positions
from ..namespaces.objects import numbers_of
from ..rules import functional
from ..tensors.tensor import Tensor
from . import init
from .checks import check_size
from .dense import initializer_of
from .module import Module


class Embedding(Module):
    """weight[indices]: looks up a learned vector for each index (Bengio et al. 2003).

    Args:
        num_embeddings: how many vectors there are; the indices go from 0 to num_embeddings - 1.
        embedding_dim: the length of a vector.
        padding_idx: an index that stands for "no word": its vector begins as 0, and never learns. A negative one counts
            from the end.
        initializer: of the weight: a name or function of `nn.init`. None: `normal`.
        rng: a NumPy generator or seed for it.
        dtype, device: of the weight.
    Raises:
        ArgumentError: a size below 1, a padding_idx that is out of range, or an unknown name.
        DataError: in a call, an index out of range. Indices on the host are checked, those on a GPU taken as they are.
        DtypeError: in a call, indices that are no integers.

    `weight` has the shape (num_embeddings, embedding_dim). Indices of shape (...) give (..., embedding_dim). A vector
    that is looked up several times receives the sum of the gradients.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        initializer: str | init.Initializer | None = None,
        rng: init.Rng = None,
        dtype: Any = None,
        device: str = "cpu",
    ):
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        check_size(self.title(), num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None:
            n = num_embeddings
            if not -n <= padding_idx < n:
                raise ArgumentError(f"{self.title()}: padding_idx {padding_idx} is out of range, {-n} to {n - 1}")
            padding_idx %= n
        self.padding_idx = padding_idx
        draw = init.normal if initializer is None else initializer_of(initializer, None, "Embedding")
        weight = draw((num_embeddings, embedding_dim), rng=rng, dtype=dtype)
        if self.padding_idx is not None:
            weight[self.padding_idx] = 0.0
        self.weight = Tensor(weight, requires_grad=True, device=device)

    def forward(self, indices: Any) -> Any:
        indices = positions(indices, self.num_embeddings, self.weight, self.title(), "index", "embeddings")
        vectors = REGISTRY["getitem"].function(self.weight, index=indices)
        if self.padding_idx is None:
            return vectors
        fixed = vectors.detach() if isinstance(vectors, Tensor) else numbers_of(vectors)
        mask = call_beside(getattr(vectors, "backend", None), _mask, indices, self.padding_idx)
        return functional.where(mask, fixed, vectors)

    def settings(self) -> str:
        padding = "" if getattr(self, "padding_idx", None) is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def _mask(indices: Any, index: int) -> Any:
    """Where an index stands, to be broadcast against vectors."""
    return (indices == index)[..., None]
