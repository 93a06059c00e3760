"""Modes and scopes as decorators of functions of every kind: they hold inside, and nowhere else."""

import asyncio
import contextlib
import inspect

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value
from tinygrad_edu.graph.modes import MODES
from tinygrad_edu.scopes import current, intervals_of

BLOCKS = {
    "no_grad": (lambda: tg.no_grad(), lambda: not (Value(1.0) * 2).requires_grad),
    "detect_anomaly": (lambda: tg.detect_anomaly(), lambda: MODES.get().watch is not None),
    "default_dtype": (lambda: tg.default_dtype("float64"), lambda: Tensor(1.0).dtype == np.float64),
    "scope": (lambda: tg.scope("mine"), lambda: current() is not None and current().name == "mine"),
}


def a_function(holds):
    return [holds(), holds()]


def a_generator(holds):
    yield holds()
    yield holds()


async def a_coroutine(holds):
    first = holds()
    await asyncio.sleep(0)
    return [first, holds()]


async def an_async_generator(holds):
    yield holds()
    await asyncio.sleep(0)
    yield holds()


def run(decorated, holds):
    """What the function found inside, and whether anything held outside in between."""
    outside = []
    if decorated.__name__ == "a_function":
        return decorated(holds), outside
    if decorated.__name__ == "a_generator":
        return [(found, outside.append(holds()))[0] for found in decorated(holds)], outside

    async def others():
        for _ in range(3):
            outside.append(holds())
            await asyncio.sleep(0)

    async def inside():
        if decorated.__name__ == "a_coroutine":
            return await decorated(holds)
        return [(found, outside.append(holds()))[0] async for found in decorated(holds)]

    async def both():
        return (await asyncio.gather(inside(), others()))[0]

    return asyncio.run(both()), outside


@pytest.mark.parametrize("function", [a_function, a_generator, a_coroutine, an_async_generator])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_decorator_holds_inside_and_nowhere_else(name, function):
    block, holds = BLOCKS[name]
    decorated = block()(function)
    for _ in range(2):
        inside, outside = run(decorated, holds)
        assert inside == [True, True] and not any(outside) and not holds()
    assert decorated.__name__ == function.__name__
    for kind in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction):
        assert kind(decorated) == kind(function)


def test_enable_grad_holds_inside_a_generator_of_no_grad():
    @tg.no_grad()
    def walk():
        yield (Value(1.0) * 2).requires_grad
        with tg.enable_grad():
            yield (Value(1.0) * 2).requires_grad
            yield (Value(1.0) * 2).requires_grad
        yield (Value(1.0) * 2).requires_grad

    seen = [(inside, (Value(1.0) * 2).requires_grad) for inside in walk()]
    assert seen == [(False, True), (True, True), (True, True), (False, True)]


def test_generators_keep_all_that_they_can_do():
    """Values and exceptions that are sent in, the result, and what runs at the end."""
    found = []

    @tg.no_grad()
    def talking():
        try:
            given = yield "first"
            found.append((given, MODES.get().recording))
            try:
                yield "second"
            except KeyError as error:
                found.append((error.args[0], MODES.get().recording))
            yield "third"
            return "result"
        finally:
            found.append(("end", MODES.get().recording))

    generator = talking()
    assert [next(generator), generator.send("sent"), generator.throw(KeyError("thrown"))] == [
        "first",
        "second",
        "third",
    ]
    with pytest.raises(StopIteration) as stopped:
        next(generator)
    assert stopped.value.value == "result"
    assert found == [("sent", False), ("thrown", False), ("end", False)]
    found.clear()
    generator = talking()
    next(generator)
    generator.close()
    assert found == [("end", False)] and MODES.get().recording
    with contextlib.suppress(ZeroDivisionError):
        next(tg.no_grad()(lambda: (yield 1 / 0))())
    assert MODES.get().recording


def test_asynchronous_generators_too():
    found = []

    @tg.no_grad()
    async def talking():
        try:
            found.append(((yield "first"), MODES.get().recording))
            with contextlib.suppress(KeyError):
                yield "second"
            yield "third"
        finally:
            await asyncio.sleep(0)
            found.append(("end", MODES.get().recording))

    async def main():
        generator = talking()
        seen = [await anext(generator), await generator.asend("sent"), await generator.athrow(KeyError("thrown"))]
        await generator.aclose()
        return seen, MODES.get().recording

    assert asyncio.run(main()) == (["first", "second", "third"], True)
    assert found == [("sent", False), ("end", False)]


def test_each_passage_of_a_generator_is_one_of_its_scope():
    """What the caller computes between two passages is not in the scope."""
    x = Value(1.0)

    @tg.scope("walk")
    def walk():
        with tg.scope("inner"):
            yield x * 2
            yield x * 3
        yield x * 4

    nodes = []
    for node in walk():
        nodes += [node, x * 5]
    names = [interval and interval.name for interval in intervals_of([node.serial for node in nodes])]
    assert names == ["inner", None, "inner", None, "walk", None]


def test_a_mode_may_be_entered_again():
    mode = tg.no_grad()
    with mode, tg.enable_grad(), mode:
        assert not MODES.get().recording
    with mode:
        assert not MODES.get().recording
    assert MODES.get().recording
