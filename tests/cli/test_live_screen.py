"""The live screen as a function of what was measured, in every size."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu.train import events
from tinygrad_edu_cli.live.layer_table import layer_table
from tinygrad_edu_cli.live.live import Live
from tinygrad_edu_cli.live.screen import compose, shown_keys
from tinygrad_edu_viz.canvas.grid import ASCII, COLOUR, MONO, Grid
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.training.progress import Progress

LOOKS = [COLOUR, MONO, ASCII]


def layer(name="layer 0 (Dense(2, 16, activation='relu'))", ratio=0.001, dead=0.25, saturated=None):
    return SimpleNamespace(name=name, gradient=0.122, ratio=ratio, dead=dead, saturated=saturated)


def a_run(epochs=30, title="moons · 2-16-1 relu · adam · batch 32"):
    live = Live(Progress(title, 100, 20))
    for epoch in range(1, epochs + 1):
        for batch in range(1, 4):
            live.watch(events.BatchEvent(epoch, batch, 3, 3 * (epoch - 1) + batch, 0.01, batch / epoch))
        live.watch(events.EpochEvent(epoch, 100, 2 / epoch, 1 - 0.5 / epoch, 0.01, 0.1))
        live.watch(events.ValidationEvent(epoch, 2.5 / min(epoch, 20), 1 - 0.6 / epoch))
        if epoch <= 20:
            live.watch(events.BestEvent(epoch, 2.5 / epoch))
    live.watch(events.NoticeEvent(12, "dead_units", "0", "Half of the units are dead. Try a smaller rate."))
    live.steered("lr 0.005")
    for _ in range(9):
        live.looked([layer(), layer("layer 2 (Dense(16, 1))", ratio=0.2, dead=None)])
    return live


def picture(look):
    def draw(width, height):
        grid = Grid(width, height, look)
        grid.put(0, 0, "PICTURE")
        return grid

    return draw


FACTS = [
    *["train", "moons", "RUNNING", "30/100", "0.01", "0.0667", "0.125", "98.3/98 %", "90", "PICTURE"],
    *["loss (log)", "validation", "epoch 12: Half of the units", "0.122", "25%", "too large", "q quit", "? help"],
]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 45)])
@pytest.mark.parametrize("look", LOOKS)
def test_every_fact_is_in_every_look(size, look):
    text = "\n".join(compose(a_run(), *size, picture(look), look).text())
    assert [fact for fact in FACTS if fact not in text] == []
    best, changed, noticed = ("^", "n", "!") if look.ascii else ("▲", "η", "!")
    axis = next(line for line in text.splitlines() if ("+1" if look.ascii else "└1") in line)
    assert all(mark in axis for mark in (best, changed, noticed))
    assert ("2>16 relu" if look.ascii else "2→16 relu") in text


def test_the_lines_of_a_screen_without_colours():
    """The screen of the design: 80 by 24, of a run of which everything is known."""
    lines = compose(a_run(), 80, 24, picture(MONO), MONO).text()
    assert lines[0].split() == "tinygrad-edu train moons · 2-16-1 relu · adam · batch 32 RUNNING".split()
    assert lines[1] == " epoch 30/100  rate 0.01  loss 0.0667  val 0.125  right 98.3/98 %  update 90"
    assert lines[3].split() == "loss (log) ⠒⠒⠒ train ⠂⠂⠂ validation PICTURE".split()
    assert lines[-1] == " space pause  . update  , epoch  s step into  [ ] rate  u undo  ? help  q quit"
    assert [k for k, line in enumerate(lines) if set(line) == {"─"}] == [17, 21]
    assert lines[19].split()[:4] == ["0", "2→16", "relu", "0.122"]
    assert lines[22] == " ! epoch 12: Half of the units are dead. Try a smaller rate."


def test_tall_screens_show_both_curves():
    text = compose(a_run(), 140, 45, picture(COLOUR)).text()
    assert any(line.startswith(" right  ⠒⠒⠒ train  ⠂⠂⠂ validation") for line in text)
    assert any("best 0.125 @ 20, patience 10/20" in line for line in text)


def test_regressions_show_r2():
    live = Live(Progress("sine", 9))
    live.watch(events.EpochEvent(1, 9, 2.0, None, 0.01, 0.1))
    live.watch(events.ValidationEvent(1, 2.0, None, -3.0))
    text = "\n".join(compose(live, 140, 45, picture(ASCII), ASCII).text())
    assert "R2 -3.000" in text
    assert "  -1|" in text  # worse than -1 lies on the edge


def test_a_diverged_run_is_marked_and_ended():
    live = a_run(3)
    live.watch(events.EpochEvent(4, 100, math.nan, 0.5, 0.01, 0.1))
    live.watch(events.EndEvent(4, math.nan, 0.5, 0.5, None, "diverged"))
    text = "\n".join(compose(live, 100, 30, picture(COLOUR)).text())
    assert "ENDED" in text
    assert "The run has ended: the loss is no number any more; the weights are those of epoch 3." in text
    assert "×" in text
    assert "loss nan" in text
    assert "s step into" not in text


@pytest.mark.parametrize(("look", "dots"), [(MONO, "…"), (ASCII, "...")])
def test_a_notice_without_room_ends_in_dots(look, dots):
    live = a_run(3)
    live.watch(events.NoticeEvent(3, "rising", None, "word " * 40))
    live.watch(events.NoticeEvent(3, "flat", None, "another"))
    live.watch(events.EndEvent(3, 1.0, 0.5, 0.5, None, "epochs"))
    assert compose(live, 80, 24, picture(look), look).text()[22].strip() == "! epoch 3: another"
    del live.progress.notices[-1]
    line = compose(live, 80, 24, picture(look), look).text()[22].rstrip()
    assert line.endswith(dots) and line.count("word") >= 12 and len(line) <= 79


def test_going_back_clears_the_end_and_leaves_a_pale_curve():
    live = a_run(30)
    live.watch(events.EndEvent(30, 0.1, 0.1, 0.9, None, "early"))
    live.undone(10)
    assert (live.status, live.end) == ("paused", "")
    text = "\n".join(compose(live, 140, 45, picture(COLOUR)).text())
    assert "undone" in text
    assert "space go on" in text
    assert "epoch 10/100" in text


def test_a_recorded_run_stays_a_replay():
    live = Live(Progress("moons", 9), status="replay")
    live.watch(events.EpochEvent(1, 9, 2.0, 0.5, 0.01, 0.1))
    live.watch(events.UndoEvent(0))
    live.watch(events.EndEvent(0, None, None, None, None, "interrupted"))
    assert (live.status, live.end) == ("replay", "interrupted")
    assert "REPLAY" in compose(live, 80, 24, None).text()[0]


@pytest.mark.parametrize("ratio, verdict", [(0.2, "too large"), (1e-6, "hardly moves"), (0.01, "")])
def test_a_verdict_needs_the_median_of_nine(ratio, verdict):
    live = Live(Progress())
    for k in range(9):
        assert not live.layers or live.layers[0].verdict == ""
        live.looked([layer(ratio=ratio if k % 2 == 0 else 0.001)])  # five of nine
    assert live.layers[0].verdict == verdict
    assert live.layers[0].ratio == ratio
    live.undone(0)
    live.looked([layer(ratio=ratio)])
    assert live.layers[0].verdict == ""


@pytest.mark.parametrize(
    "dead, saturated, words",
    [(0.5, None, "50% !"), (0.2, None, "20%"), (None, 0.6, "60% saturated !"), (None, None, "-")],
)
def test_units_that_do_nothing(dead, saturated, words):
    live = Live(Progress())
    live.looked([layer(dead=dead, saturated=saturated)])
    assert layer_table(live.layers, 100, 3, MONO).text()[1].endswith(f" {words}")


def test_of_many_layers_the_first_and_the_last():
    live = Live(Progress())
    live.looked([layer(f"layer {k} (Dense(2, 2))") for k in range(9)])
    lines = layer_table(live.layers, 100, 4, COLOUR).text()
    assert lines[0].startswith("4 of 9 layers")
    assert [line[0] for line in lines[1:]] == ["0", "1", "2", "8"]


def test_bars_are_logarithmic():
    live = Live(Progress())
    live.looked([layer(ratio=1e-3)])
    line = layer_table(live.layers, 98, 1, MONO).text()[1]
    gradient, step = (part for part in line.split() if "━" in part)
    assert gradient.count("━") == round((math.log10(0.122) + 5) / 6 * len(gradient))
    assert step.count("━") == round(len(step) / 2)


def test_keys_are_dropped_by_importance():
    live = Live(Progress())
    assert [key for key, _ in shown_keys(live, 200)] == ["space", ".", ",", "s", "[ ]", *"uhlobr", "- +", *"ed?q"]
    assert shown_keys(live, 10) == [("q", "quit")]
    assert [key for key, _ in shown_keys(live, 30)] == ["space", "?", "q"]
    live.message = "written to run.png"
    assert compose(live, 80, 24, None).text()[-1] == " written to run.png"


@given(
    width=st.integers(1, 200),
    height=st.integers(1, 60),
    look=st.sampled_from(LOOKS),
    status=st.sampled_from(["running", "paused", "ended", "replay"]),
    epochs=st.integers(0, 25),
    title=st.text(max_size=60),
    has_picture=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_every_size_keeps_to_its_box(width, height, look, status, epochs, title, has_picture):
    live = a_run(epochs, title)
    live.status = status
    asked = []

    def draw(wide, tall):
        asked.append((wide, tall))
        return picture(look)(wide, tall)

    grid = compose(live, width, height, draw if has_picture else None, look)
    assert (grid.width, grid.height) == (width, height)
    assert all(sum(cell_width(text) for text, _ in row) == width for row in grid.rows())
    assert all(wide > 0 and tall > 0 for wide, tall in asked)
    if look.ascii:
        assert all(text.isascii() for row in grid.rows() for text, _ in row)
    again = compose(live, width, height, draw if has_picture else None, look)
    assert np.array_equal(grid.chars, again.chars)
    assert np.array_equal(grid.ink, again.ink)


@pytest.mark.parametrize(
    "size, facts", [((10, 3), ["RUNNING", "30/100", "q quit"]), ((30, 8), ["RUNNING", "30/100", "q quit", "└1"])]
)
def test_small_screens_keep_what_matters(size, facts):
    text = "\n".join(compose(a_run(), *size, picture(MONO), MONO).text())
    assert [fact for fact in facts if fact not in text] == []
