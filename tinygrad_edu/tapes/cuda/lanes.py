"""From a tape to CUDA: calls on the elements of lines (rows, columns, a whole array), and sums and maxima along these.

Several threads, the lanes, share a line: lane k takes its elements k, k + LANES, ... A sum along the line is needed
before what is computed from it, so each further one costs a loop, in which what varies along the line is computed again
from the inputs: that is faster than to write it down and to read it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..expressions import Language, Writer
from ..tape import Tape, Tracer, operands_of
from .language import CUDA, PREAMBLE


class Reduction(NamedTuple):
    """How a line is reduced to one number.

    Attributes:
        initial: what it starts with.
        update: how the lane's number takes in a further element.
        join: the function that makes one number of those of all lanes, and gives it to each of them.
        function: with which it does so.
    """

    initial: str
    update: str
    join: str
    function: str


REDUCTIONS = {
    "sum": Reduction("(T)(0)", "{0} + {1}", "sum_of_{lanes}", "plus"),
    "max": Reduction("-(T)(1) / (T)(0)", "larger({0}, {1})", "max_of_{lanes}", "larger"),
    "min": Reduction("(T)(1) / (T)(0)", "smaller({0}, {1})", "min_of_{lanes}", "smaller"),
}

_HELPERS = {
    "plus": "template <typename T> __device__ T plus(T a, T b) { return a + b; }",
    "larger": "template <typename T> __device__ T larger(T a, T b) { return a >= b || a != a ? a : b; }",
    "smaller": "template <typename T> __device__ T smaller(T a, T b) { return a <= b || a != a ? a : b; }",
    # the compiler knows the exponent, mostly
    "power": "template <typename T> __device__ T power(T a, T b) { return b == 2 ? a * a : b == 1 ? a : pow(a, b); }",
}
WARP, BLOCK = 32, 256  # threads
LONG = 1024  # elements; along a longer line goes a whole block
_JOINS = {}
# The lanes are a warp. Each asks the one whose number differs in one bit, and then all have the same, to the last bit.
_JOINS["lanes"] = """template <typename T> __device__ T {join}(T x) {{
  for (int bit = 16; bit; bit /= 2) x = {function}(x, __shfl_xor_sync(0xffffffffu, x, bit));
  return x;
}}"""
# The lanes are the warps of a block.
_JOINS["block"] = """template <typename T> __device__ T {join}(T x) {{
  __shared__ T part[32];
  x = {of_lanes}(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = x;
  __syncthreads();
  x = part[0];
  for (int k = 1; k < blockDim.x / 32; k++) x = {function}(x, part[k]);
  return x;
}}"""
# Each warp of a block has some rows of 32 columns, which lie side by side in memory: a thread sums along a column.
_JOINS["column"] = """template <typename T> __device__ T {join}(T x) {{
  __shared__ T part[32][33];
  int column = threadIdx.x % 32;
  __syncthreads();
  part[threadIdx.x / 32][column] = x;
  __syncthreads();
  x = part[0][column];
  for (int k = 1; k < blockDim.x / 32; k++) x = {function}(x, part[k][column]);
  return x;
}}"""


def functions_of(code: str) -> str:
    """The text of those functions that kernels call."""
    needed: list[str] = []
    for lanes in ("column", "block", "lanes"):  # a block sums with the function of a warp
        for kind in REDUCTIONS.values():
            join = kind.join.format(lanes=lanes)
            if f"{join}(" in code + "".join(needed):
                of_lanes = kind.join.format(lanes="lanes")
                needed.insert(0, _JOINS[lanes].format(join=join, of_lanes=of_lanes, function=kind.function))
    used = [text for name, text in _HELPERS.items() if f"{name}(" in code + "".join(needed)]
    return "\n".join([PREAMBLE, *used, *needed])


def statements(
    tape: Tape,
    names: dict[int, str],
    varies: Callable[[int], bool],
    results: Sequence[tuple[Tracer, str]],
    loop: str,
    lanes: str = "lanes",
    first: str = "lane == 0",
    language: Language = CUDA,
) -> list[str]:
    """The statements of one lane.

    Args:
        names: what the inputs are called, by their places.
        varies: whether what has this place is another number for each element of the line.
        results: what is computed, with the variable that it is assigned to: of an element, or of the line.
        loop: the head of a loop over the elements of the lane.
        lanes: what they are: a warp ("lanes"), a "block", or the warps of a block that go along a "column".
        first: the condition under which a thread writes what is computed of the line.
    """
    return _Lane(tape, dict(names), varies, results, loop, lanes, first, language).lines


class _Lane:
    """The statements of one lane, as they are written."""

    def __init__(
        self,
        tape: Tape,
        names: dict[int, str],
        varies: Callable[[int], bool],
        results: Sequence[tuple[Tracer, str]],
        loop: str,
        lanes: str,
        first: str,
        language: Language,
    ):
        self.tape, self.names, self.varies, self.loop, self.lanes = tape, names, varies, loop, lanes
        self.language = language
        self.needed = sorted(Writer(language, tape, names, [result for result, _ in results]).needed)
        self.reductions = [place for place in self.needed if tape.calls[place].name in REDUCTIONS]
        self.ready = self._loops()
        self.lines: list[str] = []
        written = [(result, target) for result, target in results if varies(result.place)]
        for done in range(max(self.ready.values(), default=0) + 1):
            self._name_numbers(done, [result for result, _ in results])
            sums = [place for place in self.reductions if self.ready[place] == done + 1]
            self._write_loop(sums, [pair for pair in written if self._ready(pair[0]) == done])
        lasting = [(result, target) for result, target in results if not varies(result.place)]
        if lasting:
            writer = Writer(self.language, tape, self.names, [result for result, _ in lasting])
            assigned = [f"{target} = {writer.text(result)};" for result, target in lasting]
            self.lines += [f"if ({first}) {{", *assigned, "}"]

    def _loops(self) -> dict[int, int]:
        """For each result after how many loops it can be computed."""
        found: dict[int, int] = {}
        for place in self.needed:
            before = max([found.get(x.place, 0) for x in operands_of(self.tape.calls[place])], default=0)
            found[place] = before + (place in self.reductions)
        return found

    def _ready(self, result: Tracer) -> int:
        return self.ready.get(result.place, 0)

    def _name_numbers(self, done: int, results: Sequence[Tracer]) -> None:
        """Compute the numbers of the line that can be computed now: once, and not for each element."""
        now = [place for place in self.needed if self.ready[place] == done and place not in self.names]
        mine = [self.tape.arrays[place] for place in now if not self.varies(place)]
        read = {x.place for place in self.needed if self.varies(place) for x in operands_of(self.tape.calls[place])}
        read |= {result.place for result in results}
        wanted = [x for x in mine if x.place in read]
        writer = Writer(self.language, self.tape, self.names, wanted, temporary=f"s{done}_")
        self.lines += writer.lines(writer.needed, keep={x.place for x in wanted}.__contains__)
        self.names |= {x.place: writer.text(x) for x in wanted}

    def _write_loop(self, sums: list[int], written: list[tuple[Tracer, str]]) -> None:
        """One loop along the line: the sums that can be computed in it, and the results."""
        if not sums and not written:
            return
        reduced = {place: self._operand(place) for place in sums}
        writer = Writer(self.language, self.tape, self.names, [*reduced.values(), *[result for result, _ in written]])
        inside = writer.lines(writer.needed)
        for place in sums:
            name = f"r{self.reductions.index(place)}"
            kind = REDUCTIONS[self.tape.calls[place].name]
            self.lines.append(f"T {name} = {kind.initial};")
            inside.append(f"{name} = {kind.update.format(name, writer.text(reduced[place]))};")
            self.names[place] = name
        inside += [f"{target} = {writer.text(result)};" for result, target in written]
        self.lines += [f"{self.loop} {{", *inside, "}"]
        for place in sums:
            join = REDUCTIONS[self.tape.calls[place].name].join
            self.lines.append(f"{self.names[place]} = {join.format(lanes=self.lanes)}({self.names[place]});")

    def _operand(self, place: int) -> Tracer:
        (operand,) = operands_of(self.tape.calls[place])
        return operand
