"""Parts of lines, in cells of a terminal."""

from __future__ import annotations

import pytest

from tinygrad_edu_viz.cells import part


@pytest.mark.parametrize(
    ("line", "start", "width", "expected"),
    [
        ("abcdef", 1, 3, "bcd"),
        ("漢字x", 0, 3, "漢 "),
        ("漢字x", 1, 4, " 字x"),
        ("e\u0301a", 0, 1, "e\u0301"),
        ("漢\u0301a", 0, 3, "漢\u0301a"),
        ("ab", 5, 3, ""),
        ("ab", 0, 0, ""),
    ],
)
def test_part_of_a_line(line, start, width, expected):
    assert part(line, start, width) == expected
