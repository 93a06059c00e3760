"""Tensor: an array in the graph."""

from __future__ import annotations

import operator
from operator import attrgetter
from typing import Any

import numpy as np

from .. import backends
from ..backends import Backend
from ..clock import SERIAL
from ..errors import DtypeError, GraphError, ShapeError, TinygradError
from ..graph.backprop import Gradients, Reader, drain
from ..graph.modes import MODES, RECORDING
from ..graph.node import Node, checked_name, data_of
from ..graph.operation import Operation
from ..graph.order import newest_first
from ..graph.overwritten import note_write
from ..namespaces import indexing
from ..precision import is_half
from ..rules.structural import move
from ..vocabulary import ForeignSlot, checked_keywords, with_foreign_names
from .conversion import as_array
from .operands import as_nodes
from .operators import Operators
from .python_protocol import PythonProtocol
from .questions import argmax, argmin
from .refusals import check_untracked, raise_in_our_words, raise_of_written
from .storing import end_ahead, free_buffer, go_ahead, owned, store_all

_new, _tick = object.__new__, SERIAL.__next__
_IS_BUFFER = object()


class Tensor(PythonProtocol, Operators, Node):
    """An array that remembers how it was computed.

    Args:
        data: a number, a (nested) list, an array, or another tensor, without its history. Numbers and lists become the
            default dtype (float32 unless set); arrays keep theirs. An array is not copied, unless the tensor requires
            gradients: then it owns its data, as an optimizer will write into it.
        requires_grad: whether a backward pass brings it a gradient.
        dtype: a NumPy dtype, or its name.
        device: "cpu", "cuda", "cuda:1".
        name: what drawings and messages call it.
    Raises:
        ShapeError: a ragged list.
        DtypeError: data that are not numbers; integers or booleans that should require gradients.
        DeviceError: a device that this machine does not have, or an array of another device.

    `x.data` is the array, of the device's library; `x.grad` is None, and after a backward pass a Tensor. A leaf's
    gradient accumulates over passes. Computed tensors keep theirs after `retain_grad()`. Operations on a subclass give
    a Tensor.
    """

    __slots__ = ("__weakref__", "_buffer", "backend", "inputs", "keeps_grad")
    __hash__ = Node.__hash__

    backend: Backend

    # The gradient buffer of an optimizer's parameter: a view of the optimizer's flat gradient array. The backward pass
    # writes into it and points `grad` to it; the data then lie in a flat array too, and assignment writes there, and so
    # does assignment to the gradient, whose own `_buffer` is `_IS_BUFFER`.
    _buffer: Any  # Tensor | None

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        dtype: Any = None,
        device: str | Backend = "cpu",
        name: str | None = None,
    ):
        self.backend = backends.get(device)
        self._data = as_array(data, dtype, self.backend, requires_grad)
        self._grad = self._buffer = None
        self.keeps_grad = False
        self._name = None if name is None else checked_name(name)
        self.op, self.inputs, self.attrs = None, (), None
        self.requires_grad = requires_grad
        self.serial = next(SERIAL)
        watch = MODES.get().watch
        if watch is not None:
            watch.created(self)
            if isinstance(data, Tensor) and self._data is data._data:
                watch.shared(data, self)

    @classmethod
    def wrap(cls, array: Any, backend: Backend) -> Tensor:
        """A constant that holds an array of the backend as it is, without the checks of `Tensor(...)`."""
        tensor: Tensor = _new(cls)
        tensor.backend = backend
        tensor._data = array
        tensor._grad = tensor._buffer = tensor._name = tensor.op = tensor.attrs = None
        tensor.keeps_grad = tensor._tracked = False
        tensor.inputs = ()
        tensor.serial = next(SERIAL)
        return tensor

    @classmethod
    def computed(cls, op: Operation, inputs: tuple[Tensor, ...], array: Any) -> Tensor:
        """The result of an operation without attributes on tensors of one device, whose array is there already: it was
        computed together with something else. It is recorded as if the operation had been applied here."""
        result = cls.wrap(array, inputs[0].backend)
        result.record(op, inputs, None, any([x._tracked for x in inputs]))
        return result

    graph_namespace = property(attrgetter("backend.graph"))

    # --- data ---

    @property
    def data(self) -> Any:
        """The array. Assigning it makes every result computed from the old one unusable for a backward pass.

        Raises:
            GraphError: assigned what requires gradients: its history would be lost.
        """
        self._report("read")
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        check_untracked(f"a {self.describe()}", data)
        self._report("written")
        array = as_array(data, self.dtype, self.backend, copy=False)
        if self._buffer is None:
            if array.shape != self.shape:
                self._grad = None  # it has the shape of the old data, and the next pass would add to it
            self._data = array
        elif array.shape == self.shape:
            self.backend.run(self._data.__setitem__, ..., array)
            note_write(self._data)
        else:
            raise ShapeError(
                f"data of shape {array.shape} for a {self.describe()} of shape {self.shape}, which an optimizer updates"
            )
        self.changed()

    def _write(self, result: Tensor, how: str) -> None:
        """Take the data of a result of this shape, in this dtype."""
        if result.shape != self.shape:
            raise ShapeError(
                f"{how} of a {self.describe()} of shape {self.shape}: the result has shape {result.shape}, and does "
                "not fit into it; a new tensor gets a name of its own"
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise DtypeError(
                f"{how} of a {self.describe()} of {self.dtype}: the result is of {result.dtype}, and does not fit "
                "into it; a new tensor gets a name of its own, or take x.astype() before"
            )
        self.data = result._data

    def move_into(self, data: Any, buffer: Any) -> None:
        """Move the data of this leaf into the array `data`, and its gradients, from now on, into the array `buffer`.

        Both have the shape, dtype and device of this tensor, and usually are views of an optimizer's flat arrays.
        """
        if data is not self._data:
            data[...] = self._data
            self._data = data
            self.changed()
        self._buffer = Tensor.wrap(buffer, self.backend)
        self._buffer._buffer = _IS_BUFFER
        if self._grad is not None:
            buffer[...] = self._grad._data
            self._grad = self._buffer

    @property
    def grad(self) -> Tensor | None:
        """dL/d(self), of this tensor's shape, dtype and device; None before a backward pass."""
        return self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None:
            if not isinstance(gradient, Tensor):
                gradient = Tensor(gradient, dtype=self.dtype, device=self.backend)
            self.backend.same_device(gradient.backend, "grad")
            if gradient.shape != self.shape:
                raise ShapeError(f"a gradient of shape {gradient.shape} for a {self.describe()} of shape {self.shape}")
            if gradient.dtype != self.dtype:
                raise DtypeError(
                    f"a gradient of {gradient.dtype} for a {self.describe()} of {self.dtype}: use astype()"
                )
        self._grad = gradient

    def _check_differentiable(self) -> None:
        if self._buffer is _IS_BUFFER:
            raise GraphError(
                "the gradient of an optimizer's parameter is overwritten by the next backward pass, and so cannot "
                "require gradients itself. Make a leaf of it: tg.Tensor(w.grad, requires_grad=True)"
            )
        if self.dtype.kind != "f":
            raise DtypeError(
                f"a tensor of {self.dtype} cannot require gradients: a derivative needs small steps, which integers "
                "do not have. Use floating-point data, or dtype='float32'"
            )

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor in `grad` when a backward pass goes through it."""
        self.keeps_grad = True

    # --- the backward pass ---

    def _seed(self, gradient: Any, create_graph: bool) -> Any:
        if gradient is None:
            if self._data.size != 1:
                raise GraphError(
                    f"backward() from a {self.describe()} of shape {self.shape} needs a gradient of that shape: "
                    f"reduce it to a single number first (.sum(), .mean()), or give one: backward(gradient=...)"
                )
            one = self.backend.one(self.dtype, self.shape)
            # with create_graph the caller may keep it, and write into it
            return Tensor.wrap(self.backend.run(one.copy), self.backend) if create_graph else one
        if not isinstance(gradient, Tensor):
            gradient = Tensor(gradient, dtype=self.dtype, device=self.backend)
        if gradient.shape != self.shape:
            raise ShapeError(
                f"backward(gradient=...): the gradient has shape {gradient.shape}, the result {self.shape}"
            )
        self.backend.same_device(gradient.backend, "backward")
        return gradient if create_graph else gradient._data

    @checked_keywords
    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        start = self.seed(gradient, create_graph)
        gradients: Gradients = {self: start}
        ahead = go_ahead()
        try:
            drain(newest_first(self), gradients, Reader(create_graph, buffers=ahead))
            ahead = ahead or go_ahead()
            self.backend.run(store_all, gradients, start, ahead, self.backend)
        finally:
            if ahead:
                end_ahead()

    backward.__doc__ = Node.backward.__doc__

    def own(self, gradient: Any, given: set[int]) -> Any:
        return gradient if isinstance(gradient, Tensor) else self.backend.run(owned, self, gradient, given)

    buffer = free_buffer

    shape, ndim = property(attrgetter("_data.shape")), property(attrgetter("_data.ndim"))
    size, dtype = property(attrgetter("_data.size")), property(attrgetter("_data.dtype"))
    device = property(attrgetter("backend.device"))

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return self.transpose()

    def numpy(self) -> np.ndarray:
        """A copy of the data as a NumPy array in the host's memory."""
        self._report("read")
        return np.array(self.backend.asnumpy(self._data))

    def item(self) -> Any:
        """The only element, as a Python number; waits for the device.

        Raises:
            ShapeError: there are several elements, or none.
        """
        if self.size != 1:
            raise ShapeError(
                f"item() needs a tensor of one element, this {self.describe()} has shape {self.shape}: take one, "
                f"x[{', '.join('0' * self.ndim)}].item(), or reduce it, x.sum().item(); x.numpy() gives all"
            )
        self._report("read")
        return self.backend.asnumpy(self._data).item()

    def detach(self) -> Tensor:
        """A constant with the same data and no history.

        The data are not copied: who writes into the one writes into the other, and a backward pass through what was
        computed from either is refused then. `tg.Tensor(x.numpy().copy())` is independent.
        """
        return Tensor(self, device=self.backend)

    def to(self, device: str | Backend) -> Tensor:
        """This tensor on a device; itself, if it is there already. The move is recorded like an operation.

        Raises:
            DeviceError: this machine has no such device.
        """
        backend = backends.get(device)
        return self if backend is self.backend else move(self, self.device, backend.device)

    def _report(self, what: str) -> None:
        """Tell who watches that the numbers were "read" or "written": what a program does may depend on them."""
        watch = MODES.get().watch
        if watch is not None:
            getattr(watch, what)(self)

    # --- Python ---

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into the data of a constant, or of a leaf under `no_grad()`.

        Raises:
            GraphError: the tensor takes part in a graph, in which an overwritten element has no derivative; or the
                value has a history, which would be lost.
            ShapeError, DtypeError: numbers of a shape that does not fit, or no numbers.
        """
        if self.op is not None or (self._tracked and MODES.get().recording):
            raise GraphError(
                f"an element of a {self.describe()} that requires gradients cannot be assigned: use tg.where or "
                "tg.concatenate, which have derivatives, or assign under tg.no_grad()"
            )
        if value is None:  # NumPy makes nan of it
            raise DtypeError(f"an element of a {self.describe()} is a number, not None")
        check_untracked(f"a {self.describe()}", value)
        self._report("written")
        index = indexing.ready(index, self.shape)
        try:
            self.backend.run(operator.setitem, self._data, index, value._data if isinstance(value, Tensor) else value)
        except (ValueError, TypeError) as error:
            raise_of_written(self, index, value, error)
            raise
        note_write(self._data)
        self.changed()

    def __getstate__(self) -> tuple[Any, dict[str, Any]]:
        contents, slots = super().__getstate__()
        return contents, {**slots, "_buffer": None}  # a copy is no optimizer's, unless that is copied, too

    def is_filled(self) -> None:
        self._data = self.backend.asarray(self._data)  # a pickled array of a GPU comes back on the current one

    # --- operations ---

    argmax, argmin = argmax, argmin

    @staticmethod
    def _apply(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Tensor:
        backend: Backend | None = None
        inputs, tracked = operands, False
        for operand in operands:
            if type(operand) is not Tensor:
                backend, inputs, tracked = as_nodes(op, operands)
                break
            if operand.backend is not backend:
                if backend is not None:
                    backend.same_device(operand.backend, op.name)
                backend = operand.backend
            if operand._tracked:
                tracked = True
            elif op.floating and operand._data.dtype.kind != "f":  # what is tracked has floats
                backend, inputs, tracked = as_nodes(op, operands)
                break
        assert backend is not None
        arrays = list(map(data_of, inputs))
        forward = op.forward_in_float32 if op.adds_up and is_half(arrays[0]) else op.forward
        try:
            if not backend.is_host:
                data = backend.run(backend.compute, op, forward, arrays, attrs)
            elif attrs:
                data = forward(backend, *arrays, **attrs)
            else:
                data = forward(backend, *arrays)
        except TinygradError:
            raise
        except (ValueError, IndexError, TypeError) as error:
            raise_in_our_words(op, arrays, attrs, error)
            raise
        if op.moves:
            backend = backends.get(attrs["target"])  # type: ignore[index]
        if type(data) is not backend.array_type:  # a reduction gave a NumPy scalar
            data = backend.asarray(data)
        result: Tensor = _new(Tensor)  # what `wrap` and `record` do, without the calls
        result.backend = backend
        result._data = data
        result._grad = result._buffer = result._name = None
        result.keeps_grad = False
        result.serial = _tick()
        if tracked and op.may_be_whole:
            tracked = data.dtype.kind == "f"  # integers carry no gradient
        modes = MODES.get()
        if tracked and modes is RECORDING:
            result.op, result.inputs, result.attrs, result._tracked = op, inputs, attrs, True
            return result
        result.op, result.inputs, result.attrs, result._tracked = None, (), None, False
        if modes is not RECORDING:
            result.record(op, inputs, attrs, tracked)
        return result


# What an array of NumPy has beside it, its numbers have.
with_foreign_names({name: f"x.numpy().{name}" for name in dir(np.ndarray) if name[0] != "_"}, ForeignSlot)(Tensor)

Tensor.namespace = Tensor.backend  # type: ignore[misc]  # the same slot under a second name, read without a call
