"""A compiled function of Values: recorded for an example, and then replayed for any number of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..graph.modes import MODES
from ..namespaces.objects import is_value
from ..tensors.storing import begin_storing, end_storing
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from . import names
from .plan import PLANS, difference, raise_if_refused
from .scalar_code import ScalarCode
from .scalar_recording import ScalarRecording, as_tuple, is_number
from .surroundings import Surroundings


class ScalarPlan:
    """How to compute a function of Values for examples of one kind.

    Attributes:
        shapes: of the results after the loss; None for a Value.
        code: None until a second recording has confirmed the first.
    """

    def __init__(self, recording: ScalarRecording, surroundings: Surroundings, names: Sequence[str]):
        self.recording, self.surroundings, self.names = recording, surroundings, names
        self.gives_tuple = isinstance(recording.results, tuple)
        self.shapes = [shape for _, shape in recording.outputs[1:]]
        self.code: ScalarCode | None = None

    def confirm(self, recording: ScalarRecording) -> str | None:
        """Compare with another recording. If it is the same, write the code; else say where they differ."""
        if recording.why_not is not None:
            return recording.why_not
        why = difference(self.recording.events, recording.events)
        if why is None and recording.outputs != self.recording.outputs:
            why = "its results come from other operations in one call than in the next"
        if why is None:
            self.code = ScalarCode(self.recording, self.names)
        return why

    def is_ready(self) -> bool:
        """Whether the code can be run as things are."""
        return (
            self.code is not None
            and all(value._tracked is learns for value, learns in self.recording.leaves)
            and self.surroundings.changed() is None
        )


class ScalarFunction:
    """What `compile` makes of a function of Values.

    Attributes:
        source, why_not: as those of `Compiled`.
    """

    def __init__(self, function: Callable[..., Any], strict: bool):
        self.function, self.strict = function, strict
        self.source = ""
        self.why_not: str | None = None
        self._plans: dict[Any, ScalarPlan] = {}

    def __call__(self, *arguments: Any) -> Any:
        if not self._replays([arguments]):
            return self._run(arguments)
        key, numbers = _parts(arguments)
        plan = self._plans.get(key)
        if plan is not None and plan.is_ready():
            return self._results(plan, *self._replay([(plan, [numbers])]))
        recording = self._record(key, arguments)
        raise_if_refused(self.function, self.why_not, self.strict)
        return differentiated(recording.results)

    def mean_over(self, examples: Iterable[Any]) -> Any:
        """See `Compiled.mean_over`."""
        rows = [tuple(row) if isinstance(row, (list, tuple, np.ndarray)) else (row,) for row in examples]
        if not rows:
            raise ArgumentError("mean_over: there are no examples: give a list with the arguments of each")
        if not self._replays(rows):
            return self._mean_as_it_is(rows)
        groups: dict[Any, list[Any]] = {}
        where = []
        for row in rows:
            key, numbers = _parts(row)
            group = groups.setdefault(key, [])
            where.append((key, len(group)))
            group.append((row, numbers))
        work = []
        for key, group in groups.items():
            for k in range(3):
                plan = self._plans.get(key)
                if plan is not None and plan.is_ready():
                    break
                self._record(key, group[min(k, len(group) - 1)][0])
                if self.why_not is not None:
                    raise_if_refused(self.function, self.why_not, self.strict)
                    return self._mean_as_it_is(rows)
            work.append((self._plans[key], [numbers for _, numbers in group]))
        loss, others = self._replay(work)
        starts = dict(zip(groups, np.cumsum([0, *[len(group) for group in groups.values()]]), strict=False))
        others = [others[starts[key] + k] for key, k in where] if others else []
        return self._results(work[0][0], loss, others, many=True)

    # --- replays ---

    def _replays(self, rows: list[Any]) -> bool:
        """Whether code may be run; and not the function itself, with its backward pass."""
        raise_if_refused(self.function, self.why_not, self.strict)
        modes = MODES.get()
        asks = any(is_value(x) and x.requires_grad for row in rows for x in row)
        return self.why_not is None and modes.recording and modes.watch is None and not asks

    def _replay(self, work: list[tuple[ScalarPlan, list[Any]]]) -> tuple[float, list[list[Any]]]:
        """The mean loss over the examples of all groups, and the further results of each; gradients are stored."""
        n = sum(len(rows) for _, rows in work)
        total, received, found = 0.0, {}, []
        for plan, rows in work:
            code = plan.code
            assert code is not None
            loss, gradients, others = code.run([value._data for value in code.leaves], rows)
            found += [_unpacked(row, plan.shapes) for row in others]
            if len(work) == 1:
                total, received = loss, dict(zip(code.learned, gradients, strict=True))
                break
            share = len(rows) / n
            total += share * loss
            for value, gradient in zip(code.learned, gradients, strict=True):
                received[value] = received.get(value, 0.0) + share * gradient
        begin_storing()
        try:
            for value, gradient in received.items():
                value._grad = value._grad + gradient
        finally:
            end_storing()
        return total, found

    def _results(self, plan: ScalarPlan, loss: float, others: list[list[Any]], many: bool = False) -> Any:
        """What the function gives, as constants; of many examples each further result as a list."""
        if not plan.gives_tuple:
            return Value.wrap(loss)
        return (Value.wrap(loss), *(map(list, zip(*others, strict=True)) if many else others[0] if others else ()))

    # --- the function itself ---

    def _record(self, key: Any, arguments: tuple[Any, ...]) -> ScalarRecording:
        """Run the function, see what it does, and make a plan of it, or confirm the one that there is."""
        plan, surroundings = self._plans.get(key), Surroundings(self.function)
        known = [] if plan is None else [value for value, _ in plan.recording.leaves]
        recording = ScalarRecording(self.function, arguments, known)
        check_results(recording.results)
        if plan is None and len(self._plans) >= PLANS:
            self.why_not = (
                f"it was called with more than {PLANS} kinds of examples; a number that changes should be a float, "
                "as integers are taken for positions"
            )
        elif plan is None or plan.code is not None:  # or one for other surroundings
            flat = names.flat(names.arguments(self.function, len(arguments)), arguments, is_number)
            self._plans[key] = ScalarPlan(recording, surroundings, flat)
            self.why_not = recording.why_not
        else:
            plan.surroundings = surroundings
            self.why_not = plan.confirm(recording)
            if plan.code is not None:
                self.source = plan.code.source
        if self.why_not is None and (name := surroundings.changed()) is not None:
            self.why_not = f"it changes {name!r}, which lies outside of it and which a replay would not change"
        return recording

    def _run(self, arguments: tuple[Any, ...]) -> Any:
        results = self.function(*_as_values(arguments))
        check_results(results)
        return differentiated(results)

    def _mean_as_it_is(self, rows: list[Any]) -> Any:
        """The same by running the function for each example, with its backward pass."""
        found = []
        for row in rows:
            results = self.function(*_as_values(row))
            check_results(results)
            found.append(as_tuple(differentiated(results, 1.0 / len(rows))))
        mean = mean_of([loss for loss, *_ in found])
        return (mean, *map(list, zip(*[others for _, *others in found], strict=True))) if len(found[0]) > 1 else mean


def mean_of(losses: Sequence[Value]) -> Value:
    """The mean as a constant, of a sum from left to right, as a graph of additions gives it; that of Python's `sum`
    depends on its version (3.12 carries the errors of rounding along)."""
    return Value.wrap(reduce(operator.add, [loss._data for loss in losses]) / len(losses))


def _parts(arguments: Any) -> tuple[Any, tuple[float, ...]]:
    """What is fixed of an example, and its numbers, flat."""
    numbers: list[float] = []

    def fixed(item: Any) -> Any:
        if type(item) is float:
            numbers.append(item)
            return float
        if isinstance(item, (list, tuple)):
            return type(item), *map(fixed, item)
        if isinstance(item, np.ndarray) and item.dtype.kind in "fO":
            for number in item.flat:
                fixed(number)
            return item.shape
        if is_number(item):
            numbers.append(item._data if is_value(item) else float(item))
            return float
        if isinstance(item, np.ndarray):
            return item.shape, item.dtype, item.tobytes()
        if item is None or isinstance(item, (bool, int, str)):
            return type(item), item
        if isinstance(item, np.generic):
            return type(item), item.item()
        raise ArgumentError(
            f"compile: an argument is a {type(item).__name__}; a compiled function of Values takes numbers, Values, "
            "lists and arrays of them, and plain values"
        )

    return tuple(map(fixed, arguments)), tuple(numbers)


def _as_values(arguments: Any) -> list[Any]:
    """Arguments as the function gets them when it is recorded: floats as Values."""
    if isinstance(arguments, (list, tuple)):
        return type(arguments)(map(_as_values, arguments))  # type: ignore[return-value]
    if is_number(arguments) and not is_value(arguments):
        return Value(arguments, requires_grad=False)  # type: ignore[return-value]
    return arguments


def check_results(results: Any) -> None:
    """Raise ArgumentError for results of a function of Values that are no Values."""
    first, *others = as_tuple(results) or (results,)
    for k, result in enumerate([first, *others]):
        if not is_value(result) and (k == 0 or not (isinstance(result, np.ndarray) and result.dtype == object)):
            raise ArgumentError(
                "compile: the function must give a Value, the loss, or a tuple of the loss and other Values, not "
                f"{type(result).__name__}"
            )


def constant(result: Any) -> Any:
    """A result without its history: a Value, an array of them, or a tensor."""
    if isinstance(result, Tensor):
        return Tensor.wrap(result._data, result.backend) if result._tracked else result
    if is_value(result):
        return Value.wrap(result._data)
    return _unpacked(tuple(value._data for value in result.flat), [result.shape])[0]


def _unpacked(numbers: Sequence[float], shapes: list[tuple[int, ...] | None]) -> list[Any]:
    """Values, and arrays of Values, of flat numbers."""
    found: list[Any] = []
    rest = iter(numbers)
    for shape in shapes:
        if shape is None:
            found.append(Value.wrap(next(rest)))
            continue
        array = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            array[index] = Value.wrap(next(rest))
        found.append(array)
    return found


def differentiated(results: Any, gradient: float | None = None) -> Any:
    """Results without their history, after the backward pass from the first."""
    found = as_tuple(results)
    found[0].backward(gradient)
    constants = tuple(map(constant, found))
    return constants if isinstance(results, tuple) else constants[0]
