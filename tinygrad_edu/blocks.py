"""Blocks: `with` statements that are decorators, too, of functions of every kind.

What a block says holds where its body runs, and nowhere else. A generator runs from each resumption to its next
`yield`, a coroutine to the next point at which it waits; what happens in between is its caller's.
"""

from __future__ import annotations

import types
from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from typing import Any, Self


class Block:
    """Base of what is used as `with block:` and as `@block`; a subclass says what entering and leaving does."""

    __enter__: Any
    __exit__: Any
    again: Callable[[], Self]  # a block that says the same, for one call of a decorated function

    def suspend(self) -> None:
        """Leave, and go on with what holds now when it is entered again."""
        self.__exit__()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import inspect  # slow to import

        wrapper: Callable[..., Any]
        if inspect.isasyncgenfunction(function):
            wrapper = _async_generator(self, function)
        elif inspect.iscoroutinefunction(function):

            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                return await _in_coroutine(self.again(), function(*args, **kwargs))

        elif inspect.isgeneratorfunction(function):

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return (yield from _in_generator(self.again(), function(*args, **kwargs)))

        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self.again():
                    return function(*args, **kwargs)

        return wraps(function)(wrapper)


def _in_generator(block: Block, generator: Any) -> Generator[Any, Any, Any]:
    """What a generator, or whatever has its methods, yields and returns; it runs inside the block."""
    resume, given = generator.send, None
    try:
        while True:
            block.__enter__()
            try:
                produced = resume(given)
            finally:
                block.suspend()
            try:
                resume, given = generator.send, (yield produced)
            except GeneratorExit:
                with block:
                    generator.close()
                raise
            except BaseException as error:
                resume, given = generator.throw, error
    except StopIteration as stop:
        return stop.value


_in_coroutine: Callable[..., Any] = types.coroutine(_in_generator)


def _async_generator(block: Block, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of which each call gives an asynchronous generator that runs inside the block."""

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inside, generator = block.again(), function(*args, **kwargs)
        resume, given = generator.asend, None
        try:
            while True:
                produced = await _in_coroutine(inside, resume(given))
                try:
                    resume, given = generator.asend, (yield produced)
                except GeneratorExit:
                    await _in_coroutine(inside, generator.aclose())
                    raise
                except BaseException as error:
                    resume, given = generator.athrow, error
        except StopAsyncIteration:
            return

    return wrapper
