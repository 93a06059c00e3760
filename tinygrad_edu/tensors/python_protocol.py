"""What Python and other libraries ask of a tensor: its length, its truth, its numbers."""

# A mixin of `Tensor`, whose attributes type checkers do not see here.
# mypy: disable-error-code="attr-defined,index"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DeviceError, GraphError, ShapeError


class PythonProtocol:
    """Special methods of `Tensor`; NumPy's are in `numpy_protocol.py`, operators in `operators.py`."""

    __slots__ = ()

    def __repr__(self) -> str:
        numbers = np.array2string(self.numpy(), separator=", ", precision=6, threshold=100, prefix="Tensor(")
        parts = [numbers, f"shape={self.shape}", f"dtype={self.dtype}", f"device={self.device}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.op:
            parts.append(f"op={self.op.name}")
        elif self._tracked:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor of shape () has no length; item() gives its number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __float__(self) -> float:
        return float(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous: reduce it, as in (x > 0).all() or .any()"
            )
        return bool(self.item())

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self._tracked:
            raise GraphError(
                f"a {self.describe()} that requires gradients would lose its history as a NumPy array: say "
                "t.detach() first (np.asarray(t.detach())), or use the functions of tinygrad_edu"
            )
        if self.device != "cpu":
            raise DeviceError(f"this tensor is on {self.device}: t.numpy() copies it to the host")
        self._report("read")
        return np.array(self._data, dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        if self._tracked:
            raise GraphError("a tensor that requires gradients is not shared: say t.detach() first")
        self._report("read")
        return self._data.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._data.__dlpack_device__()
