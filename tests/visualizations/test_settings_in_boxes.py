"""The settings of an operation, as its box says them: as in code, and nothing of how they are kept."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pictures.box_facts import settings_of

INDICES = {
    "2": 2,
    "0:2:": slice(0, 2),
    "[1, 2]": np.array([1, 2]),
    "[[1, 2]]": np.array([[1, 2]]),
    "[0, 1], 0:1:": (np.array([0, 1]), slice(0, 1)),
    "[0, 2, 3]": np.array([True, False, True, True]),
}


@pytest.mark.parametrize("said", INDICES)
def test_an_index_is_said_as_it_is_written(said):
    table = tg.Tensor(np.ones((4, 2)), requires_grad=True)
    node = next(n for n in Trace.record(tg.sum(table[INDICES[said]])).nodes.values() if "index" in n.attrs)
    assert dict(settings_of(node)) == {"index": said}
