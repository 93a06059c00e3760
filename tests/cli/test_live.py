"""The live screen: every key, windows, sizes, and that no number depends on who watches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.widgets import Input

from tinygrad_edu.train import events as kinds
from tinygrad_edu_cli.live import keys
from tinygrad_edu_cli.live.driver import Driver
from tinygrad_edu_cli.live.report import HeldLines
from tinygrad_edu_cli.training.layer_looks import short_name
from tinygrad_edu_cli.training.wording import percent
from tinygrad_edu_cli.tui.dialogs import Ask, Reading
from tinygrad_edu_cli.tui.step_screen import Stepping
from tinygrad_edu_viz.canvas.axes import figures
from tinygrad_edu_viz.cells import cell_width

from .full_screen import in_loop
from .live_screen import SMALL, session_of, watching, weights_of

RUN = {
    "dropout": 0.2,
    "momentum": 0.9,
    "optimizer": "sgd",
    "lr": 0.1,
    "schedule": "exponential",
    "patience": 4,
    "batch_size": 16,
    "net": (2, 8, 8, 1),
}
"""All that a run may depend on beside its weights."""


def unwatched(**settings: Any) -> Any:
    """The weights, and the losses of a run in lines."""
    session = session_of(**settings)
    for event in session.start().events():
        session.history.watch(event)
    return weights_of(session.run.model), session.history.train_loss


@in_loop
async def test_the_first_screen():
    async with watching() as screen:
        await screen.until("tinygrad-edu train", "moons", "2-4-1", "PAUSED", "epoch 0/6", "space go on", "q quit")
        assert len(screen.lines) == 26 and all(cell_width(line) == 100 for line in screen.lines)


@in_loop
async def test_update_and_epoch():
    async with watching() as screen:
        for key, step, epoch in [
            *[("full_stop", 1, 0), ("full_stop", 2, 0), ("comma", 3, 1), ("comma", 6, 2), ("full_stop", 7, 2)],
            *[("comma", 9, 3), ("comma", 12, 4), ("comma", 15, 5), ("comma", 18, 6)],
        ]:
            await screen.press(key)
            progress = screen.live.progress
            assert (progress.step, len(progress.train_loss)) == (step, epoch)
            await screen.until("ENDED" if epoch == 6 else "PAUSED")
        for key in ("full_stop", "comma", "space", "s", "o", "b", "left_square_bracket"):
            await screen.press("l", key)
            await screen.until("the run has ended")


@in_loop
async def test_pause_and_go_on():
    async with watching(epochs=10**6) as screen:
        await screen.press("full_stop")
        screen.app.simulate_key("space")
        await screen.when(lambda: len(screen.live.progress.train_loss) > 3)
        await screen.until("RUNNING")
        await screen.press("space")
        await screen.until("PAUSED")
        before = screen.live.progress.step
        await screen.pilot.pause(0)
        assert screen.live.progress.step == before


@pytest.mark.parametrize("settings", [{}, RUN], ids=["plain", "everything"])
@in_loop
async def test_weights_are_the_same_watched_or_not(settings):
    """With all that one may do without steering: pause, one update, one epoch, into updates, windows, resizing, the
    end, back from the end, and on."""
    weights, losses = unwatched(**settings)
    async with watching(**settings) as screen:
        await screen.press("full_stop", "s", "right", "f", "q", "comma", "h", "l", "question_mark", "escape")
        await screen.pilot.resize_terminal(10, 3)
        await screen.press("full_stop", "full_stop")
        await screen.pilot.resize_terminal(140, 45)
        await screen.press("s", "q", "u")
        await screen.type("0")
        await screen.press("comma", "comma", "full_stop", "u")
        await screen.type("1")
        await screen.press("space")
        await screen.until("ENDED")
        assert screen.weights == weights and screen.live.progress.train_loss == losses
        await screen.press("u")
        await screen.type("2")
        await screen.press("space")
        await screen.until("ENDED")
        assert screen.weights == weights and screen.live.progress.train_loss == losses


@in_loop
async def test_into_the_next_update_and_back():
    """The loss that is stepped through is the one that is learned from; q and Esc come back, from every level."""
    async with watching(**RUN) as screen:
        await screen.press("full_stop")
        into = ["f", "tab", "enter", "escape", "p", "escape"]  # a tensor's page, a prediction
        for leaving in (["q"], ["escape"], ["z", "z", "q"], [*into, "z", "right", "z", "q"]):
            await screen.press("s")
            stepping = screen.app.screen
            assert isinstance(stepping, Stepping)
            await screen.until("START 0/", "The update that comes next", "q to the run")
            looked = stepping.player.trace.nodes[stepping.player.trace.root].data
            await screen.press(*leaving)
            assert screen.app.screen is screen.screen and len(screen.app.screen_stack) == 1
            await screen.until("PAUSED")
            await screen.press("full_stop")
            assert [event.loss for event in screen.events if event.kind == "batch"][-1] == pytest.approx(
                looked, rel=1e-6
            )


@in_loop
async def test_rates():
    async with watching(lr=0.08) as screen:
        for key, rate in [("[", 0.04), ("[", 0.02), ("]", 0.04), ("]", 0.08), ("]", 0.16)]:
            await screen.press({"[": "left_square_bracket", "]": "right_square_bracket"}[key])
            await screen.until(f"next update on: learning rate {rate:.4g}")
            await screen.press("full_stop")
            assert screen.live.progress.lr == pytest.approx(rate)
        steered = [event for event in screen.events if isinstance(event, kinds.SteerEvent)]
        assert [event.lr for event in steered] == pytest.approx([0.04, 0.02, 0.04, 0.08, 0.16])
        assert [event.step for event in steered] == [0, 1, 2, 3, 4]


@in_loop
async def test_speed():
    """Slower and faster, with the same weights in the end."""
    async with watching() as screen:
        await screen.press("plus")
        await screen.until("as fast as it goes")
        for key, said in [("minus", 16), ("minus", 8), ("plus", 16)]:
            await screen.press(key)
            await screen.until(f"at most {said} epochs a second")
        for _ in range(20):
            await screen.press("minus")
        await screen.until("at most 0.0625 epochs a second")
        for _ in range(9):
            await screen.press("plus")
        await screen.until("as fast as it goes")
        screen.screen.loop.speed = 500.0
        await screen.press("space")
        await screen.until("ENDED")
        held = screen.weights
    async with watching(running=True) as screen:
        await screen.until("ENDED")
        assert screen.weights == held


@in_loop
async def test_another_optimizer_and_batch_size():
    async with watching(epochs=50) as screen:
        await screen.press("comma", "o")
        await screen.until("Which optimizer", "adadelta")
        await screen.type("best")
        await screen.until("one of sgd, adam")
        assert isinstance(screen.app.screen, Ask)
        await screen.press("escape", "o")
        await screen.type("sgd")
        await screen.until("optimizer sgd, learning rate 0.1", "2-4-1 relu · sgd · batch 32")
        await screen.press("comma")
        assert type(screen.driver.engine.optimizer).__name__ == "SGD"
        for typed, of in [("full", 1), ("1", 80), ("40", 2)]:
            await screen.press("b")
            await screen.until("1 to 80, or full")
            await screen.type(typed)
            await screen.press("comma", "full_stop")
            assert [event.of for event in screen.events if event.kind == "batch"][-1] == of
        for wrong in ("0", "81", "1.5"):
            await screen.press("b")
            await screen.type(wrong)
            await screen.until("a whole number from 1 to 80, or full")
            await screen.press("escape")


@in_loop
async def test_undo():
    async with watching(epochs=50) as screen:
        await screen.press("u")
        await screen.until("no epoch to go back to yet")
        states = {0: screen.weights}
        for epoch in range(1, 6):
            await screen.press("comma")
            states[epoch] = screen.weights
        for epoch in (4, 2, 0):
            await screen.press("u")
            await screen.until("Back to the end of which epoch")
            await screen.type("99")
            await screen.until("a whole number from 0 to")
            await screen.press("escape", "u")
            await screen.type(str(epoch))
            await screen.until(f"back at the end of epoch {epoch}", "PAUSED")
            assert screen.weights == states[epoch] and len(screen.live.progress.train_loss) == epoch
        assert [event.epoch for event in screen.events if isinstance(event, kinds.UndoEvent)] == [4, 2, 0]
        assert screen.live.progress.ghosts
        for epoch in range(1, 6):
            await screen.press("comma")
            assert screen.weights == states[epoch]


@in_loop
async def test_restart_asks_twice():
    async with watching(epochs=50) as screen:
        first = screen.weights
        await screen.press("comma", "left_square_bracket", "comma", "r")
        await screen.until("r again")
        assert len(screen.live.progress.train_loss) == 2
        await screen.press("left_square_bracket", "r")
        await screen.until("r again")
        await screen.press("r")
        await screen.until("at the start again")
        assert screen.weights == first and not screen.live.progress.train_loss
        await screen.press("full_stop")
        assert screen.live.progress.lr == 0.01, "what was steered is forgotten, too"


@in_loop
async def test_what_is_seen():
    async with watching() as screen:
        await screen.press("comma", "comma")
        await screen.until("loss (log)")
        await screen.press("l")
        assert "(log)" not in screen.text
        picture = screen.text
        await screen.press("h")
        assert screen.text != picture
        await screen.press("h", "question_mark")
        assert isinstance(screen.app.screen, Reading)
        await screen.until("Keys", "one epoch, then pause")
        await screen.press("escape")
    async with watching(data="digits", net=(64, 10), n=200) as screen:
        await screen.press("h")
        await screen.until("hidden units are drawn for two inputs")


@in_loop
async def test_export(tmp_path: Path):
    """Whatever was written, the run has its weights, and goes on."""
    weights, _ = unwatched()
    async with watching() as screen:
        await screen.press("e")
        await screen.until("no epoch has ended")
        await screen.press("comma", "comma")
        for name, start in [("run.html", b"<!DOCTYPE html>"), ("run.gif", b"GIF89a")]:
            await screen.press("e")
            await screen.until("Write to which file")
            screen.app.screen.query_one(Input).value = str(tmp_path / name)
            await screen.press("enter")
            await screen.until(f"wrote {tmp_path / name}")
            assert (tmp_path / name).read_bytes().lower().startswith(start.lower())
        for path, said in [
            (tmp_path / "run.html", "exists: Enter again"),
            (tmp_path / "missing" / "run.html", "does not exist"),
            (tmp_path / "run.doc", "ends in one of"),
        ]:
            await screen.press("e")
            await screen.until("Write to which file")
            screen.app.screen.query_one(Input).value = str(path)
            await screen.press("enter")
            await screen.when(lambda said=said: said in screen.hint)
            await screen.press("escape")
        await screen.press("space")
        await screen.until("ENDED")
        assert screen.weights == weights


@in_loop
async def test_leaving():
    for key in ("q", "ctrl+c", "d"):
        async with watching(epochs=10**6) as screen:
            await screen.press("comma")
            screen.app.simulate_key("space")
            await screen.pilot.pause(0)
            await screen.pilot.press(key)
            await screen.when(lambda app=screen.app: app._exit)
            assert screen.screen.goes_on == (key == "d") and screen.app.failure is None
            assert screen.driver.ended is None


@in_loop
async def test_sizes():
    """At any time down to 10 by 3 and below, and back: the run goes on, and every cell is drawn."""
    async with watching(epochs=50) as screen:
        for step, size in enumerate([(80, 24), (10, 3), (1, 1), (59, 15), (60, 16), (140, 45), (100, 30)], 1):
            await screen.pilot.resize_terminal(*size)
            await screen.press("full_stop")
            assert screen.live.progress.step == step
            assert len(screen.lines) == size[1] and all(cell_width(line) == size[0] for line in screen.lines)
        await screen.until("PAUSED", "epoch", "q quit")


@in_loop
async def test_a_picture_that_raises_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch):
    for broken in ("compose", "Picture.__call__"):
        async with watching(epochs=10**6) as screen:
            with monkeypatch.context() as patch:
                patch.setattr(f"tinygrad_edu_cli.live.run_screen.{broken}", _fails)
                await screen.press("comma", "comma")
                assert len(screen.live.progress.train_loss) == 2
            await screen.press("comma")
            await screen.until("epoch 3/")
            assert not screen.app._exit


def _fails(*_arguments: Any, **_settings: Any) -> Any:
    raise ZeroDivisionError("a picture of nothing")


@in_loop
async def test_a_run_that_fails_leaves_the_screen_first():
    async with watching() as screen:
        screen.driver.next = _fails  # type: ignore[method-assign]
        screen.app.simulate_key("space")
        await screen.when(lambda: screen.app._exit)
        assert isinstance(screen.app.failure, ZeroDivisionError)


BAD = {
    "diverging": {"lr": 1e9, "optimizer": "sgd", "loss": "mse", "epochs": 30},
    "one row to learn from": {"n": 2, "validation": 0.5, "batch_size": 1},
    "30 inputs": {"data": "breast_cancer", "net": (30, 4, 1), "n": 100},
}


@pytest.mark.parametrize("settings", BAD.values(), ids=BAD)
@in_loop
async def test_unusual_runs(settings):
    async with watching(**settings) as screen:
        await screen.press("full_stop", "s", "f", "q", "comma", "h", "l", "space", "s")
        await screen.until("ENDED", "the run has ended")
        for size in [(80, 24), (140, 45), (10, 3)]:
            await screen.pilot.resize_terminal(*size)
        assert isinstance(screen.events[-1], kinds.EndEvent) and not screen.app._exit


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n" + "".join(f"{k},{k * k % 7},{k * 0.5}\n" for k in range(40)),
        "a,c\n" + "".join(f"{k},{k * k % 7}.5\n" for k in range(40)),
        "a,b,c\n" + "".join(f"{k},1,{'xyz'[k % 3]}\n" for k in range(40)),
    ],
    ids=["numbers", "one input", "three classes"],
)
@in_loop
async def test_unusual_files(text, tmp_path: Path):
    file = tmp_path / "data.csv"
    file.write_text(text)
    async with watching(data=str(file), net=None, n=None, target="c") as screen:
        await screen.press("comma", "s", "q", "h", "space")
        await screen.until("ENDED")


def test_lines_that_wait(capsys: pytest.CaptureFixture[str]):
    """Nothing is printed before the screen is left, and nothing of an end that was undone."""
    session = session_of()
    driver, lines = Driver(session), HeldLines(session)
    lines.start()

    def to_the_end() -> None:
        while (event := driver.next()) is not None:
            lines.watch(event)

    to_the_end()
    driver.undo(2)
    to_the_end()
    assert not capsys.readouterr().out
    lines.release()
    out = capsys.readouterr().out
    assert out.count("Done after 6 epochs") == 1 and out.startswith("Data: moons")
    assert out.index("Back at the end of epoch 2") < out.index("Done after")
    lines.say("more")
    assert capsys.readouterr().out.endswith("more\n")


def test_help_tells_every_key():
    """In lines that the smallest screen shows whole."""
    told = {word for line in keys.HELP.splitlines() for word in line[:9].split()}
    names = {"left_square_bracket": "[", "right_square_bracket": "]", "full_stop": ".", "comma": ","}
    names |= {"plus,equals_sign": "+", "minus": "-"}
    bound = {binding.key for binding in keys.BINDINGS if binding.key != "question_mark"}
    assert {names.get(key, key) for key in bound} <= told
    assert max(map(cell_width, keys.HELP.splitlines())) <= 60


@pytest.mark.parametrize("settings", [{"data": "digits", "n": 150, "net": (64, 8, 10)}, {"data": "moons"}])
@in_loop
async def test_every_fact_of_the_screen_is_in_json_and_in_lines(settings, cli):
    async with watching(size=(140, 45), **settings) as screen:
        await screen.press("comma", "comma", "comma", "comma", "comma", "full_stop", "space")
        await screen.until("ENDED")
        shown, layers = " ".join(screen.text.split()), screen.live.layers
    options = {**SMALL, **settings}
    net = "-".join(map(str, options["net"]))
    call = ["train", "--data", options["data"], "--n", str(options["n"]), "--net", net, "--batch-size", "32"]
    told = [json.loads(line) for line in cli(*call, "--epochs", "6", "--json", "--batches").out.splitlines()]
    plain = cli(*call, "--epochs", "6", "--plain").out
    last = {each["kind"]: each for each in told}
    for value in (last["epoch"]["train_loss"], last["validation"]["validation_loss"], last["epoch"]["lr"]):
        assert figures(value) in shown and f"{value:.4g}" in plain
    for value in (last["epoch"]["train_accuracy"], last["end"]["validation_accuracy"]):
        assert f"{100 * value:.1f}".removesuffix(".0") in shown
    assert f"update {last['batch']['step']}" in shown and percent(last["end"]["validation_accuracy"]) in plain
    matrix = np.array(last["answers"]["confusion_matrix"])
    if settings["data"] == "digits":
        assert all(" ".join(str(n or "·") for n in row) in shown for row in matrix.tolist())
    assert matrix.sum() == len(session_of(**settings).run.held_out)
    for drawn, reported in zip(layers, last["layers"]["layers"], strict=True):
        assert drawn.name == reported["name"] and short_name(drawn.name) in plain
        assert drawn.gradient == reported["gradient"] and f"{drawn.gradient:.3g}" in plain
        assert drawn.dead == reported.get("dead") and (drawn.dead is None or f"{percent(drawn.dead)} dead" in plain)
