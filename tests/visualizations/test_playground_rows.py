"""The rows that the playground embeds are those of `load(...).split(...)`, to the last bit, whatever the noise."""

from __future__ import annotations

import base64

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data.toys import TOYS
from tinygrad_edu_viz.pages.playground import FIXED_NOISE, ROWS, SETS, page
from unpacked import content_of


@pytest.fixture(scope="module")
def sets():
    found = content_of(page(), "embedded")["sets"]
    assert list(found) == list(SETS)
    return found


def array(sets, name, key, kind="<f8"):
    """What playground.js reads."""
    text = sets[name].get(key)
    return array(sets, text["as"], key, kind) if isinstance(text, dict) else np.frombuffer(base64.b64decode(text), kind)


def rows_of(sets, name, noise):
    """x and y in the page, of its two parts."""
    found = sets[name]
    x = array(sets, name, "x", "<i2") / 100 if found["hundredths"] else array(sets, name, "x")
    y = np.array(list(map(int, found["y"]))) if found["task"] == "classification" else array(sets, name, "y")
    x = x.reshape(len(y), found["inputs"])
    if "z" in found:
        z = noise * array(sets, name, "z")
        x, y = (x, y + z) if found["task"] == "regression" else (x + z.reshape(x.shape), y)
    if "rows" in found:
        order = array(sets, name, "rows", "<i2")
        x, y = x[order], y[order]
    return [(x[part], y[part]) for part in (slice(found["train"]), slice(found["train"], None))]


@pytest.mark.parametrize("name", SETS)
def test_the_rows_in_the_page_are_those_of_python(sets, name):
    for noise in {TOYS[name].noise} if name in FIXED_NOISE else (TOYS[name].noise, 0.0, 0.01, 0.5, 5.0):
        parts = tg.data.load(name, n=ROWS, noise=noise).split(validation=0.2, seed=0)
        for (x, y), part in zip(rows_of(sets, name, noise), parts, strict=True):
            np.testing.assert_array_equal(x, part.x)
            np.testing.assert_array_equal(y, part.y)
    assert sets[name]["noise"] == TOYS[name].noise
    assert tuple(sets[name]["classes"]) == (TOYS[name].target_names if sets[name]["task"] == "classification" else ())
