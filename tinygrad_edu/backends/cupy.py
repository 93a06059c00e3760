"""A GPU, by CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DeviceError
from ..fuse import PREAMBLE, Program
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
        self.special = special
        self._number = int(device.partition(":")[2] or 0)
        self._kernels: dict[Program, Any] = {}

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
        runtime = cupy.cuda.runtime
        try:
            count = runtime.getDeviceCount()
        except runtime.CUDARuntimeError as error:
            # without any driver CUDA complains of an old one
            why = str(error) if runtime.driverGetVersion() else "this machine has no NVIDIA driver"
            raise DeviceError(
                f"device 'cuda:{number}': CuPy is installed, but finds no GPU ({why}). Use device='cpu', or see with "
                "nvidia-smi which driver and GPUs there are"
            ) from error
        if number >= count:
            names = ", ".join(f"'cuda:{k}'" for k in range(count))
            raise DeviceError(f"there is no device 'cuda:{number}': this machine has {names}")
        return cls(f"cuda:{number}", cupy, cupy.ndarray, special)

    def owns(self, array: Any) -> bool:
        return super().owns(array) and array.device.id == self._number

    here = False

    def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        with self.xp.cuda.Device(self._number):  # CuPy computes on the current device, wherever the operands are
            return function(*args, **kwargs)

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        return self.run(self.xp.asarray, data, dtype=dtype)

    def asnumpy(self, array: Any) -> np.ndarray:
        return self.xp.asnumpy(array)

    def synchronize(self) -> None:
        self.xp.cuda.Device(self._number).synchronize()

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """CuPy wants an array for the condition; a rule may have a plain number, as that of `power` in x ** 2."""
        if not isinstance(condition, self.array_type):
            condition = self.asarray(condition)
        return self.xp.where(condition, a, b)

    def erf(self, a: Any) -> Any:
        """CuPy's error function makes float64 of float16."""
        y = self.special.erf(a)
        return y.astype(a.dtype) if a.dtype == "float16" else y

    def update(self, program: Program, arrays: list[Any], numbers: dict[str, float], scratch: list[Any]) -> None:
        """In one kernel."""
        results = len(program.results)
        self._kernel(program)(*arrays[results:], *program.numbers(numbers), *arrays[:results])

    def _kernel(self, program: Program) -> Any:
        """The kernel of a program: its results are the first of its arrays, which it reads and then overwrites."""
        if program not in self._kernels:
            names = [f"a{k}" for k in range(program.arrays)]
            results, others = names[: len(program.results)], names[len(program.results) :]
            numbers = [f"n{k}" for k in range(len(program.parameters))]
            self._kernels[program] = self.xp.ElementwiseKernel(
                ", ".join(f"T {name}" for name in others + numbers),
                ", ".join(f"T {name}" for name in results),
                program.kernel_body(names, results),
                f"tinygrad_edu_{program.rule.__name__}",
                preamble=PREAMBLE,
            )
        return self._kernels[program]
