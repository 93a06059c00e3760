"""Work that takes a while, in threads that nobody waits for when the screen is left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def aside(work: Callable[..., T], *arguments: Any) -> T:
    """Let another thread call a function; gives what it gives. (`asyncio.to_thread` waits for it at the end.)

    Raises:
        Exception: what the function raises.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(done: Callable[[Any], None], value: Any) -> None:
        if not future.done():  # nor cancelled
            done(value)

    def call() -> None:
        try:
            told = future.set_result, work(*arguments)
        except Exception as error:
            told = future.set_exception, error  # type: ignore[assignment]
        with suppress(RuntimeError):  # the screen was left meanwhile
            loop.call_soon_threadsafe(settle, *told)

    threading.Thread(target=call, daemon=True).start()
    return await future
