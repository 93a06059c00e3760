"""A GPU, by CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DeviceError
from .base import Backend

_INSTALL = "install it with: pip install 'tinygrad-edu[cuda13]' (or cuda12; nvidia-smi shows what the driver speaks)"


class CupyBackend(Backend):
    """CuPy arrays in the memory of one GPU.

    Args:
        xp: CuPy, or in the tests a stand-in that behaves as CuPy does.
        special: the module that has CuPy's `erf`, cupyx.scipy.special.
    """

    def __init__(self, device: str, xp: Any, array_type: type, special: Any):
        super().__init__(device, xp, array_type)
        self.erf = special.erf

    @classmethod
    def of_device(cls, number: int) -> CupyBackend:
        """The backend of one GPU.

        Raises:
            DeviceError: CuPy is not installed, or this machine has no such GPU.
        """
        try:
            import cupy
            from cupyx.scipy import special
        except ImportError as error:
            raise DeviceError(f"device 'cuda:{number}' needs CuPy, which is not installed; {_INSTALL}") from error
        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError as error:
            raise DeviceError(
                f"CuPy is installed, but finds no CUDA device ({error}); use device='cpu', "
                "or check with nvidia-smi that a driver is installed"
            ) from error
        if number >= count:
            raise DeviceError(f"there is no device 'cuda:{number}': this machine has {count}, cuda:0 to cuda:{count - 1}")
        return cls(f"cuda:{number}", cupy, cupy.ndarray, special)

    @property
    def _number(self) -> int:
        return int(self.device.partition(":")[2] or 0)

    def owns(self, array: Any) -> bool:
        return isinstance(array, self.array_type) and array.device.id == self._number

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        with self.xp.cuda.Device(self._number):
            return self.xp.asarray(data, dtype=dtype)

    def asnumpy(self, array: Any) -> np.ndarray:
        return self.xp.asnumpy(array)

    def synchronize(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()
