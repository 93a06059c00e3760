"""A softmax, its cross-entropy and its slope, along a row: each sum once, and in as few loops as it takes."""

from __future__ import annotations

import numpy as np

from tinygrad_edu.tapes.cuda.lanes import statements
from tinygrad_edu.tapes.tape import Tape

LOOP = "for (int j = lane; j < m; j += LANES)"


def test_what_a_lane_does():
    tape = Tape()
    logits, g = tape.input(np.ones((4, 5), "float32")), tape.input(np.ones((4, 1), "float32"))

    def note(name, a):
        return tape.note(name, getattr(np, name), a, axis=1, keepdims=True)

    shifted = logits - note("max", logits)
    exponentials = tape.apply("exp", shifted)
    total = note("sum", exponentials)
    results = [(tape.apply("log", total), "loss[row]"), (exponentials / total * g, "slope[row * m + j]")]
    names = {logits.place: "x[row * m + j]", g.place: "g[row]"}
    lines = statements(tape, names, lambda place: tape.arrays[place].shape[1] == 5, results, LOOP)
    assert (
        "\n".join(lines)
        == f"""\
T r0 = -(T)(1) / (T)(0);
{LOOP} {{
r0 = larger(r0, x[row * m + j]);
}}
r0 = max_of_lanes(r0);
T r1 = (T)(0);
{LOOP} {{
r1 = r1 + exp(x[row * m + j] - r0);
}}
r1 = sum_of_lanes(r1);
T s2_0 = log(r1);
{LOOP} {{
slope[row * m + j] = exp(x[row * m + j] - r0) / r1 * g[row];
}}
if (lane == 0) {{
loss[row] = s2_0;
}}"""
    )
