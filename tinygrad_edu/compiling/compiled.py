"""compile: a function that computes a loss and its gradients, recorded and then replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError
from ..graph.modes import MODES, Mode, get_default_dtype
from ..namespaces.objects import is_value
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from . import names
from .plan import PLANS, Plan, once, raise_if_refused
from .recording import Content, Recording, changed
from .scalar_function import ScalarFunction, check_results, differentiated
from .scalar_recording import as_tuple
from .surroundings import Surroundings


def compile(
    function: Callable[..., Any], strict: bool = True, optimizer: Any = None, capture: bool = False
) -> Compiled:
    """A function that gives what `function` gives, and the gradients with it, faster.

        step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y))
        for x, y in batches:
            optimizer.zero_grad()
            loss = step(x, y)  # and the gradients, as after loss.backward()
            optimizer.step()

    `step(x, y)` gives the results of `function(x, y)` as constants, and adds the gradient of the loss to the `grad` of
    each parameter. The first two calls with arguments of some shapes run `function` and record what it does. If it did
    the same in both, later calls replay it as straight-line NumPy code: nothing is recorded, checked or looked up in
    between. The numbers are the same to the last bit. `step.source` is the code.

    On a GPU the code launches kernels that are written for the function: one computes all that a thread, or the threads
    that share a row, can compute of each element; products of matrices are cuBLAS's. So a step takes about half of the
    launches, and a fraction of the time that Python takes to ask for them. The numbers are the same to rounding.

    A replay repeats the operations on tensors, the checks of labels, and what layers such as `Dropout` and
    `BatchNorm1d` do beside them; it does not repeat whatever else Python does in `function`. So what Python makes of
    NumPy arrays, among them the results of comparisons (`(x > 0).any()`), and of the elements of lists has to be the
    same in each call. The function is recorded anew when its arguments have other shapes or dtypes, or other plain
    values, when a module is in another mode, when a parameter is frozen, or moved by an optimizer, and when something
    else stands for a name that it uses: a global, a variable of an outer function, an attribute or the entry of a
    dictionary (`surroundings.py`). While `detect_anomaly` is on, and where it works on several devices, it runs as it
    is, with its backward pass.

    With an optimizer the call is a whole training step, and faster than one in three parts:

        step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y), optimizer=optimizer)
        for x, y in batches:
            loss = step(x, y)  # zero_grad, the loss, its gradients, and the update of the weights

    The numbers are the same to the last bit. The gradients are used up: `grad` is None afterwards (of Values 0.0). The
    learning rate and other settings may change from call to call, and so may `step.optimizer`. To clip gradients, or
    to add up those of several batches, compile without it.

    Of a function of Values the code is Python, for one example: `step(1.0, 0.0)`, or as a loop over many,
    `step.mean_over([(1.0, 0.0), (2.0, 1.0)])`. Its floats may change from call to call, its integers are fixed. The
    numbers are the same to rounding, as sums are taken in another order.

    Args:
        function: takes tensors, arrays and plain values; gives the loss, a tensor of one element, or a tuple of the
            loss and further tensors. Or it takes floats and Values, also in lists and arrays, and gives Values.
        strict: raise `CompileError` if the function cannot be replayed. False: run it in each call instead, and say
            why in `step.why_not`.
        optimizer: one of `tg.optim`, whose step each call makes, too.
        capture: on a GPU, make the launches of a replay one CUDA graph, which is asked for at once. Its arguments are
            tensors there; functions that the array library computes, or that draw random numbers, are refused.
    """
    return Compiled(function, strict, optimizer, capture)


class Compiled:
    """What `compile` gives.

    Attributes:
        optimizer: whose step belongs to each call; None if there is none.
        source: the Python code of the latest replay that was made, and after it that of the optimizer's update;
            before there is one, a comment that says when.
        why_not: why the function cannot be replayed; None as long as it can.

    Raises, when it is called:
        CompileError: the function cannot be replayed, and this is `strict`.
        ArgumentError: an argument that is a list, or another object; results that are no tensors.
        GraphError: as from `backward()`: a loss of several elements, or one that needs no gradient, as under `no_grad`.
    """

    def __init__(self, function: Callable[..., Any], strict: bool, optimizer: Any = None, capture: bool = False):
        self.function, self.strict, self.optimizer, self.capture = function, strict, optimizer, capture
        self._source = ""
        self._why_not: str | None = None
        self._plans: dict[Any, Plan] = {}
        self._of_values: ScalarFunction | None = None  # once it is known to be a function of Values

    @property
    def why_not(self) -> str | None:
        return self._why_not if self._of_values is None else self._of_values.why_not

    @property
    def source(self) -> str:
        source = self._source if self._of_values is None else self._of_values.source
        if source:
            return source if self.optimizer is None else f"{source}\n\n{self.optimizer.source}"
        if self.why_not is not None:
            return f"# There is no code: the function cannot be replayed, as {self.why_not}.\n"
        return (
            "# There is no code yet: it is made in the second call with arguments of the same shapes and dtypes, if\n"
            "# the function did the same in both. (None is made under no_grad or detect_anomaly, nor on several\n"
            "# devices at once.)\n"
        )

    def __call__(self, *arguments: Any) -> Any:
        if self.optimizer is not None:
            self.optimizer.zero_grad()
        if self._of_values is not None:
            return self._updated(self._of_values(*arguments))
        key, arrays = self._kind(arguments)
        plan = self._plans.get(key)
        if plan is not None and plan.is_ready(arrays):
            assert plan.replay is not None
            try:
                optimizer = self.optimizer
                results = plan.replay(arrays) if optimizer is None else plan.replay.train(arrays, optimizer)
                return tuple(results) if plan.gives_tuple else results[0]
            except DataError:  # of a check that comes before all else
                key = None  # the function says what is wrong, or knows what to do
        if key is None:
            return self._updated(self._run(arguments))
        return self._updated(self._record(key, arguments) if key else self._learn(arguments))

    def _kind(self, arguments: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        """Which plan is for these arguments, and tensors as their arrays. None: the function is to be run as it is;
        (): also, as it may be one of Values."""
        modes = MODES.get()
        if self._why_not is not None or not modes.recording or modes.watch is not None:
            return None, []
        arrays: list[Any] = []
        # A plan is for one default dtype, and for arguments of one layout and type each, or one plain value.
        key: list[Any] = [modes.dtype or get_default_dtype()]
        for argument in arguments:
            array, where = argument, None
            if type(argument) is Tensor:
                if argument._tracked or not argument.backend.compiles:
                    return None, []
                array, where = argument._data, argument.backend
            if where is not None or type(array) is np.ndarray:
                key += array.shape, array.strides, array.dtype, where
            elif isinstance(argument, (list, tuple, Value)):
                return (), []
            else:
                key.append(_plain(argument))
            arrays.append(array)
        return tuple(key), arrays

    def _updated(self, results: Any) -> Any:
        """The results, after the update that belongs to the call."""
        if self.optimizer is not None:
            self.optimizer.step()
            self.optimizer.zero_grad()
        return results

    def mean_over(self, examples: Iterable[Any]) -> Any:
        """The mean loss of a function of Values over examples; the gradients of it are added to those of its Values.

            step = tg.compile(lambda x, y: (tg.sigmoid(w * x + b) - y) ** 2)
            loss = step.mean_over([(1.0, 0.0), (2.0, 1.0)])

        Args:
            examples: for each a list, tuple or array of the function's arguments, or the only argument. Floats may
                change from one to the next; for each combination of integers, and of lengths of lists, there is code
                of its own.
        Returns:
            a constant Value; of a function that gives a tuple, also a list with each further result for each example.
        Raises:
            ArgumentError: no examples, or it is a function of tensors, which take all rows at once.
            CompileError: as when it is called.
        """
        if self._of_values is None and self._plans:
            raise ArgumentError("mean_over: this is a function of tensors: these hold all rows, so call it with them")
        self._of_values = self._of_values or ScalarFunction(self.function, self.strict)
        if self.optimizer is not None:
            self.optimizer.zero_grad()
        return self._updated(self._of_values.mean_over(examples))

    def _learn(self, arguments: tuple[Any, ...]) -> Any:
        """Run the function as it is, with arguments that one of Values alone may take, to see whether it is one."""
        results = self._call(arguments)
        if self._of_values is None:
            for argument in arguments:
                _plain(argument)  # which says what is wrong
        return differentiated(results)

    def _run(self, arguments: tuple[Any, ...]) -> Any:
        """Run the function as it is, and its backward pass."""
        raise_if_refused(self.function, self._why_not, self.strict)
        return differentiated(self._call(arguments))

    def _record(self, key: Any, arguments: tuple[Any, ...]) -> Any:
        """Run the function, see what it does, and make a plan of it, or confirm the one that there is."""
        recording, plan, surroundings = Recording(arguments), self._plans.get(key), Surroundings(self.function)
        before = [] if plan is None else plan.contents()
        with Mode(lambda: {"watch": recording}):
            results = self._call(recording.arguments)
        if self._of_values is not None:
            return differentiated(results)
        recording.ended()
        if not recording.elsewhere:
            self._why_not = recording.why_not or self._plan(key, recording, results, before, surroundings)
            if self._why_not is not None:
                self._plans.clear()
            raise_if_refused(self.function, self._why_not, self.strict)
            if self._why_not is None and recording.backend is not None and not recording.backend.is_host:
                return self._as_in_replays(recording, results)
        return differentiated(results)

    def _as_in_replays(self, recording: Recording, results: Any) -> Any:
        """What was recorded on a device, computed once more, by the kernels of later calls: these round in another way,
        and a run that is resumed, and so records again, would have other numbers than one that was not stopped."""
        first = as_tuple(results)[0]
        called = names.arguments(self.function, len(recording.arguments))
        replay = once(recording, as_tuple(results), called) if first.size == 1 and first.requires_grad else None
        if replay is None:
            return differentiated(results)  # which says what is wrong with the loss
        arrays = [x._data if isinstance(x, Tensor) else x for x in recording.given]
        found = replay(arrays)
        return tuple(found) if isinstance(results, tuple) else found[0]

    def _plan(
        self, key: Any, recording: Recording, results: Any, before: list[Content], surroundings: Surroundings
    ) -> str | None:
        """Make a plan of a recording, or confirm the one that there is; or say why not.

        Args:
            before, surroundings: what the plan's tensors and arrays held, and what the function referred to, before it
                was run.
        """
        outputs = list(map(recording.source, as_tuple(results)))
        plan = self._plans.get(key)
        if plan is None and len(self._plans) >= PLANS:
            return (
                f"it was called with more than {PLANS} kinds of arguments; a number that changes should be a tensor, "
                "and batches should have few sizes"
            )
        if plan is None or plan.is_outdated(recording):
            self._plans[key] = Plan(recording, outputs, isinstance(results, tuple), surroundings, self.capture)
            return None
        plan.surroundings = surroundings
        called = names.arguments(self.function, len(recording.arguments))
        why_not = changed(before) or plan.confirm(recording, outputs, called)
        if plan.replay is not None:
            self._source = plan.replay.source
        if why_not is None and (name := surroundings.changed()) is not None:
            return f"it changes {name!r}, which lies outside of it and which a replay would not change: do so outside"
        return why_not

    def _call(self, arguments: tuple[Any, ...]) -> Any:
        """What the function gives, seen to be Values, or a tensor or a tuple of tensors."""
        results = self.function(*arguments)
        if is_value(next(iter(as_tuple(results)), None)):
            check_results(results)
            self._of_values = ScalarFunction(self.function, self.strict)
            return results
        for result in as_tuple(results) or [results]:
            if not isinstance(result, Tensor):
                raise ArgumentError(
                    "compile: the function must give a tensor or a Value, the loss, or a tuple of the loss and others, "
                    f"not {type(result).__name__}"
                )
        return results

    def __getstate__(self) -> dict[str, Any]:
        """A copy makes plans of its own: what these work on is not what the copied function works on."""
        return {**vars(self), "_plans": {}, "_source": "", "_of_values": None}


def _plain(argument: Any) -> tuple[type, str]:
    """What a key holds of a plain value: 1 is not 1.0, and nan is nan."""
    if argument is not None and not isinstance(argument, (bool, int, float, str)):
        raise ArgumentError(
            f"compile: an argument is a {type(argument).__name__}; compiled functions take tensors, NumPy arrays and "
            "plain values: use np.asarray(...)"
        )
    return type(argument), repr(argument)
