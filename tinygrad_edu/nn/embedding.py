"""A table of vectors, one for each word (or whatever is counted)."""

from __future__ import annotations

from typing import Any

from ..labels import positions
from ..operation import REGISTRY
from ..tensor import Tensor
from . import init
from .checks import check_size
from .module import Module


class Embedding(Module):
    """weight[indices]: looks up a learned vector for each index (Bengio et al. 2003).

    Args:
        num_embeddings: how many vectors there are; the indices go from 0 to num_embeddings - 1.
        embedding_dim: the length of a vector.
        initializer: of the weight, a function of `nn.init`; None draws from the normal distribution.
        rng: a NumPy generator or seed for it.
        dtype, device: of the weight.
    Raises:
        ArgumentError: a size below 1.
        DataError: in a call, an index out of range. Indices on the host are checked, those on a GPU taken as they are.
        DtypeError: in a call, indices that are no integers.

    `weight` has the shape (num_embeddings, embedding_dim). Indices of shape (...) give (..., embedding_dim). A vector
    that is looked up several times receives the sum of the gradients.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        initializer: init.Initializer = init.normal,
        rng: init.Rng = None,
        dtype: Any = None,
        device: str = "cpu",
    ):
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        check_size(self.title(), num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        weight = initializer((num_embeddings, embedding_dim), rng=rng, dtype=dtype)
        self.weight = Tensor(weight, requires_grad=True, device=device)

    def forward(self, indices: Any) -> Any:
        indices = positions(indices, self.num_embeddings, self.weight, self.title(), "index", "embeddings")
        return REGISTRY["getitem"].function(self.weight, index=indices)

    def settings(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"
