"""The devices of the fake machine, and which of them is the current one."""

from __future__ import annotations

from types import SimpleNamespace

from .counting import tally

current = [0]  # numbers of the devices made current, the innermost last


class Device:
    """One of the two devices that the fake machine has."""

    def __init__(self, device: int | None = None):
        self.id = current[-1] if device is None else device

    def __enter__(self) -> Device:
        current.append(self.id)
        tally(devices=1)
        return self

    def __exit__(self, *exception: object) -> None:
        current.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def synchronize(self) -> None:
        tally(syncs=1)


class Stream:
    """The only stream of a fake device."""

    def synchronize(self) -> None:
        tally(syncs=1)


def get_current_stream() -> Stream:
    return Stream()


def getDeviceCount() -> int:
    return 2


def memGetInfo() -> tuple[int, int]:
    """Bytes that are free, and all."""
    return 3 * 2**30, 80 * 2**30


cuda = SimpleNamespace(
    Device=Device,
    Stream=Stream,
    get_current_stream=get_current_stream,
    runtime=SimpleNamespace(getDeviceCount=getDeviceCount, memGetInfo=memGetInfo),
)
