"""The fake device takes what CuPy takes: every name and signature that it imitates is held against CuPy's wheel.

CuPy imports without a driver, so this needs its wheel (dependency group cupy) and no GPU.
"""

from __future__ import annotations

import operator
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from fake_device import arrays, devices, fake_cupy, signatures
from fake_device.wheel import embedded, is_beginning, signature


def written(owner: Any, prefix: str) -> dict[str, Any]:
    """The public functions that the fake writes out in a module or a class, by their dotted names in CuPy."""
    own = ((name, found) for name, found in vars(owner).items() if isinstance(found, FunctionType))
    place = owner.__module__ if isinstance(owner, type) else owner.__name__
    return {prefix + name: found for name, found in own if found.__module__ == place and name[0] != "_"}


IMITATED: dict[str, Any] = {
    **signatures.FUNCTIONS,
    **{f"ndarray.{name}": function for name, function in signatures.METHODS.items()},
    **written(arrays.FakeArray, "ndarray."),
    **written(arrays.Ufunc, "ufunc."),
    **written(devices.Device, "cuda.Device."),
    **written(devices.Stream, "cuda.Stream."),
    **written(fake_cupy, ""),
    "RawKernel": fake_cupy.RawKernel,
    "cuda.Device": fake_cupy.cuda.Device,
    "cuda.get_current_stream": fake_cupy.cuda.get_current_stream,
    "cuda.runtime.getDeviceCount": fake_cupy.cuda.runtime.getDeviceCount,
}


def of_cupy(name: str) -> Any:
    return operator.attrgetter(name)(pytest.importorskip("cupy", reason="needs CuPy: pip install --group cupy"))


@pytest.mark.cupy
@pytest.mark.parametrize("name", IMITATED)
def test_the_fake_takes_what_cupy_takes(name: str) -> None:
    fake, cupy = signature(IMITATED[name]), signature(of_cupy(name))
    assert is_beginning(fake, cupy), f"the fake has {name}{fake}, CuPy has {name}{cupy}"


@pytest.mark.cupy
@pytest.mark.parametrize("name", sorted(signatures.UFUNCS))
def test_a_ufunc_of_the_fake_is_one_of_cupy(name: str) -> None:
    found, operands = of_cupy(name), getattr(np, name).nin
    assert (found.nin, found.nout) == (operands, 1)
    signature(found).bind(*[None] * operands, out=None, dtype=None, casting="same_kind")
    with pytest.raises(TypeError):
        signature(found).bind(*[None] * operands, where=True)


@pytest.mark.cupy
def test_erf_is_a_ufunc_of_cupy() -> None:  # its docstring lacks the signature
    from cupyx.scipy.special import erf

    assert type(erf) is of_cupy("ufunc") and (erf.nin, erf.nout) == (1, 1)


@pytest.mark.cupy
def test_the_fake_has_nothing_that_cupy_lacks() -> None:
    cupy = pytest.importorskip("cupy", reason="needs CuPy: pip install --group cupy")
    assert {name for name in signatures.CONSTANTS | signatures.UFUNCS if not hasattr(cupy, name)} == set()
    assert {name for name in signatures.ATTRIBUTES if not hasattr(cupy.ndarray, name)} == set()


# --- the comparison itself -------------------------------------------------------------------------------------------


def theirs(x: Any, axis: int = 0, *, out: Any = None, **options: Any) -> None: ...


@pytest.mark.parametrize(
    ("ours", "fits"),
    [
        (lambda x, axis=0, *, out=None, **options: 0, True),
        (lambda x: 0, True),
        (lambda x, *, out=None: 0, True),
        (lambda axis=0: 0, False),  # lacks an argument
        (lambda a, axis=0: 0, False),  # another name
        (lambda x, axis=1: 0, False),  # another default
        (lambda x, axis: 0, False),
        (lambda x, out=None: 0, False),  # another place
        (lambda x, axis=0, out=None: 0, False),  # another kind
        (lambda x, axis=0, where=None: 0, False),  # one more
        (lambda x, *axis: 0, False),
    ],
)
def test_what_begins_as_another_signature(ours: Any, fits: bool) -> None:
    assert is_beginning(signature(ours), signature(theirs)) is fits


@pytest.mark.cupy
def test_a_wrong_signature_is_found() -> None:
    def kernel(code: str, name: str, backend: str = "nvrtc") -> None: ...

    assert not is_beginning(signature(kernel), signature(of_cupy("RawKernel")))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("_ndarray_base.sort(self, int axis=-1, kind=None)", "(self, axis=-1, kind=None)"),
        ("size(_ndarray_base a, axis=None) -> Py_ssize_t", "(a, axis=None)"),
        ("Device(device=None)", "(device=None)"),
        ("add(x1, x2, /, out=None, \\*, casting='same_kind')", "(x1, x2, /, out=None, *, casting='same_kind')"),
        ("RawKernel(str code, str name, tuple options=(), *, jitify=None)", "(code, name, options=(), *, jitify=None)"),
        ("f(*args, **kwargs)", "(*args, **kwargs)"),
    ],
)
def test_a_signature_is_read_from_a_docstring(line: str, found: str) -> None:
    assert str(embedded(f"{line}\n\nWhat it does.")) == found


def test_what_has_no_signature_is_said() -> None:
    with pytest.raises(ValueError, match="no signature: 'A stream"):
        embedded("A stream of the device.")
