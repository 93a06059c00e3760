"""What CUDA's and CuPy's errors mean."""

from __future__ import annotations

from tinygrad_edu_words import N_, _

MEANT = {  # by a part of their text
    "cudaErrorInsufficientDriver": N_("the driver is too old for the CUDA that CuPy is built for, or there is none"),
    "cudaErrorNoDevice": N_("the driver finds no GPU that it may use (CUDA_VISIBLE_DEVICES may hide it)"),
    "cudaErrorSystemDriverMismatch": N_("the driver's parts have different versions: restart the machine"),
    "cudaErrorSystemNotReady": N_("the GPU's service is not running (nvidia-fabricmanager)"),
    "cudaErrorECCUncorrectable": N_("the GPU's memory has an error that it cannot correct: restart the machine"),
    "out of memory": N_("the GPU's memory is full: smaller batches, or end the other programs that nvidia-smi shows"),
    "CUDA_ERROR_NO_BINARY_FOR_GPU": N_("this GPU is too old, or too new, for this CuPy"),
    "failed to load": N_("a library of CUDA cannot be loaded"),
}


def translated(error: str) -> str:
    """An error of CUDA in our words, with its own behind them."""
    for part, meaning in MEANT.items():
        if part in error:
            return f"{_(meaning)} ({error.strip().partition(chr(10))[0]})"
    return error


def is_of_cuda(error: BaseException) -> bool:
    """Whether CuPy, or a library of CUDA by way of it, has raised an error."""
    return type(error).__module__.partition(".")[0] in ("cupy", "cupy_backends", "cupyx")
