"""Grids on a terminal."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from tinygrad_edu_cli import painting
from tinygrad_edu_viz.canvas.grid import ASCII, Grid
from tinygrad_edu_viz.canvas.grid import Style as CellStyle


def test_segments_have_the_styles_of_the_cells():
    grid = Grid(4, 1)
    grid.put(1, 0, "ab", CellStyle(0x0080FF, 0x102030, bold=True))
    styled = Style(color="#0080ff", bgcolor="#102030", bold=True)
    assert painting.segments(grid) == [[Segment(" ", Style()), Segment("ab", styled), Segment(" ", Style())]]


def test_a_printed_grid_is_plain_where_no_terminal_is(capsys):
    grid = Grid(4, 2)
    grid.put(0, 0, "▲", CellStyle(0x0080FF))
    painting.say(grid)
    assert capsys.readouterr().out == "▲\n\n"


def test_the_look_is_what_the_terminal_has(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert painting.look("ascii") == ASCII
    monkeypatch.delenv("NO_COLOR")
    assert painting.look("utf-8").blends
