"""How numbers, lists and arrays become the array of a tensor."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from .. import backends
from ..backends import Backend
from ..errors import DeviceError, DtypeError, ShapeError
from ..graph.modes import get_default_dtype
from ..graph.node import Node
from ..namespaces.objects import is_value
from ..rules import misfits
from ..shapes import raggedness


def as_array(data: Any, dtype: Any, backend: Backend, copy: bool) -> Any:
    """Data of any kind as an array of the backend; a tensor's data, without its history.

    Raises:
        ShapeError, DtypeError, DeviceError: see `Tensor`.
    """
    if isinstance(data, Node) and not is_value(data):
        data = data._data
    owner = backends.of_array(data)
    if owner is None:
        data = _from_python(data, dtype)
    elif owner is not backend and owner.device != "cpu":
        raise DeviceError(f"the array is on {owner.device}, the tensor shall be on {backend.device}: use x.to()")
    if getattr(data, "dtype", None) is not None and data.dtype.kind not in "fiub":
        raise DtypeError(f"a tensor holds real numbers, not {data.dtype}")
    subclass = isinstance(data, np.ndarray) and type(data) is not np.ndarray
    if subclass and isinstance(data, np.ma.MaskedArray):  # numpy.ma is imported only here
        data = _unmasked(data)
    wrong = "" if dtype is None else misfits.astype((), {"dtype": dtype})
    if wrong:
        raise DtypeError(wrong)
    array = backend.asarray(data, dtype=dtype)
    return backend.run(array.copy) if copy and array is data else array


def _from_python(data: Any, dtype: Any) -> np.ndarray:
    """Numbers and nested lists as a host array of the default dtype."""
    if isinstance(data, (list, tuple)) and any(isinstance(item, Node) for item in data):
        raise DtypeError("a list of nodes would lose their history: tg.stack(list) joins them, and has a derivative")
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"a ragged list: {raggedness(data)}") from error
    if array.dtype.kind == "O" and all(isinstance(item, Real) for item in array.flat):
        array = _large(array)
    if array.dtype.kind not in "fiub":
        item, where = _strange(data) or (data, "")
        what = f"{type(item).__name__} {str(item)[:40]!r}{where}{_hint(item)}"
        raise DtypeError(f"a tensor holds real numbers, not {what}")
    keep = dtype is not None or array.dtype.kind == "b"
    return array if keep else array.astype(get_default_dtype())


def _unmasked(data: Any) -> Any:
    """A masked array of NumPy as a plain one, if nothing in it is masked."""
    hidden = int(np.ma.count_masked(data))
    if hidden:
        raise DtypeError(
            f"a masked array, of which {hidden} of {data.size} numbers are masked: a tensor would compute with what "
            "lies below the mask. Fill them, array.filled(0.0), or leave them out, array.compressed()"
        )
    return data.data


def _large(array: np.ndarray) -> np.ndarray:
    """Whole numbers of more than 64 bits, and fractions, as floating-point numbers."""
    try:
        return array.astype(np.float64)
    except OverflowError as error:
        raise DtypeError("a whole number is too large even for float64, which ends at 1.8e308") from error


def _strange(data: Any, where: str = "data") -> tuple[Any, str] | None:
    """The first item of a nested list that is no number, and where it stands."""
    if not isinstance(data, (list, tuple)):
        return None
    for k, item in enumerate(data):
        if isinstance(item, (list, tuple)):
            if found := _strange(item, f"{where}[{k}]"):
                return found
        elif not isinstance(item, (Real, np.ndarray, Node)):
            return item, f", in {where}[{k}]"
    return None


def _hint(data: Any) -> str:
    if data is None:
        return "; a function without a return gives None"
    return f"; float({data[:20]!r}) reads a number" if isinstance(data, str) and _is_number(data) else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
