"""Liveness: which calls of a tape are needed, in whose memory their results lie, and when that is free again."""

from __future__ import annotations

from collections import Counter

import numpy as np

from .tape import RESHAPES, Tape, Tracer, operands_of

LARGE = 2**16  # bytes; smaller arrays live until the end of the function


class Liveness:
    """How long the arrays of a tape live.

    Args:
        kept: places of arrays that the function gives.
        buffers: places of arrays that it writes into others.
    Attributes:
        kept: the places of all arrays that it gives or writes.
        reads: for each call the tracers that it works on.
        used: the places of the calls that these depend on, and of those that are made in any case.
        uses: how often the code names an array; one that is kept counts twice, as it needs a name.
        memory: for each array the one in whose memory it lies: itself, or the one of which it is a view.
        last_use: for each memory the last call that reads it; the end, for what is kept or written into another.
    """

    def __init__(self, tape: Tape, kept: list[int], buffers: list[int]):
        self.calls, self.arrays, self.kept = tape.calls, tape.arrays, [*kept, *buffers]
        self.reads = [operands_of(call) for call in tape.calls]
        self.used = self._reach([*kept, *buffers])
        self.uses = Counter([x.place for place in self.used for x in self.reads[place]] + 2 * kept)
        self.memory = self._memories()
        self.last_use = {self.memory[x.place]: place for place in sorted(self.used) for x in self.reads[place]}
        self.last_use |= {self.memory[place]: len(self.calls) for place in (*kept, *buffers)}

    def _reach(self, places: list[int]) -> set[int]:
        waiting = places + [place for place, call in enumerate(self.calls) if call.again]
        reached: set[int] = set()
        while waiting:
            place = waiting.pop()
            if place not in reached:
                reached.add(place)
                waiting += [operand.place for operand in self.reads[place]]
        return reached

    def _memories(self) -> list[int]:
        found: list[int] = []
        for place, call in enumerate(self.calls):
            value = self.arrays[place].value
            operands = [] if call.overwrites else self.reads[place]
            # whether reshape copies depends on the strides of its operand
            shared = [x for x in operands if call.name in RESHAPES or np.may_share_memory(value, x.value)]
            found.append(found[shared[0].place] if shared else place)
        return found

    def is_own(self, place: int) -> bool:
        """Whether the function makes this array, and so may write into it."""
        call, array = self.calls[place], self.arrays[place].value
        is_array = isinstance(array, np.ndarray) and array.ndim > 0
        return is_array and bool(call.name) and not call.again and self.memory[place] == place

    def ends(self, operand: Tracer, place: int) -> bool:
        """Whether an array may be overwritten by this call, which is its last use."""
        return self.is_own(operand.place) and self.last_use[operand.place] == place

    def large_ended(self, place: int) -> set[int]:
        """The large arrays of which this call was the last use."""
        ended = {self.memory[x.place] for x in self.reads[place]}
        return {k for k in ended if self.ends(self.arrays[k], place) and self.arrays[k].value.nbytes >= LARGE}
