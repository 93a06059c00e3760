"""A recorded run is shown again, as lines, as JSON and on the screen, which goes forward and back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cli.full_screen import in_loop
from cli.training import QUICK
from tinygrad_edu_cli.live.film import Projector
from tinygrad_edu_cli.live.replay_screen import ReplayApp
from tinygrad_edu_cli.live.replaying import Recording, Stage
from tinygrad_edu_viz.canvas.grid import COLOUR, Look
from unpacked import content_of


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two recorded runs of six epochs."""
    from tinygrad_edu_cli.main import main

    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("one", "0.01"), ("other", "0.1")):
        main(["train", *QUICK, "--epochs", "6", "--lr", rate, "--record", str(folder / name)])
    return folder / "one", folder / "other"


def losses(run: Path) -> list[float]:
    """As they stand in the record."""
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [line["validation_loss"] for line in lines if line["kind"] == "validation"]


def packed_runs(page: str) -> Any:
    """What a report draws."""
    return content_of(page, "data")["runs"]


class Shown:
    def __init__(self, app: ReplayApp, pilot: Pilot[None]):
        self.app, self.pilot, self.projector = app, pilot, app.replay_screen.projector

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.simulate_key(key)
            await self.pilot.pause(0)

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def until(self, *expected: str) -> None:
        for _ in range(2000):
            if all(text in self.text for text in expected):
                return
            await self.pilot.pause(0)
        raise AssertionError(f"never saw {expected} on:\n{self.text}")


@asynccontextmanager
async def screen(*paths: Path, size: tuple[int, int] = (100, 30), export: Any = None) -> AsyncIterator[Shown]:
    """Recorded runs on a screen of a fixed size, paused before the first epoch."""
    recordings = [Recording.read(path) for path in paths]
    projector = Projector([recording.film(len(paths) > 1) for recording in recordings])
    projector.playing = False
    app = ReplayApp(projector, Stage(recordings, COLOUR).draw, export)
    async with app.run_test(size=size) as pilot:
        shown = Shown(app, pilot)
        await shown.until("tinygrad-edu replay" if size[0] >= 60 else "")
        yield shown


@in_loop
async def test_every_key(runs: tuple[Path, Path]) -> None:
    async with screen(runs[0]) as shown:
        await shown.until("PAUSED", "epoch 0/6", "as after epoch 6, the last kept")
        for key, epoch in [("right", 1), ("full_stop", 2), ("left", 1), ("comma", 0), ("comma", 0), ("end", 6)]:
            await shown.press(key)
            await shown.until(f"epoch {epoch}/6")
            if epoch:
                await shown.until(f"{losses(runs[0])[epoch - 1]:.3g}")
        await shown.press("home")
        await shown.until("epoch 0/6")
        await shown.press("l")
        assert "loss (log)" not in shown.text
        await shown.press("l", "g")
        await shown.until("To the end of which epoch, 0 to 6?")
        await shown.pilot.press("9", "enter")
        await shown.until("a whole number from 0 to 6")
        await shown.pilot.press("backspace", "4", "enter")
        await shown.until("epoch 4/6")
        await shown.press("question_mark")
        await shown.until("twice as fast")
        await shown.press("escape", "plus")
        await shown.until("4 epochs a second")
        await shown.press("minus", "minus")
        await shown.until("1 epochs a second")
        await shown.press("r")
        await shown.until("backwards")
        assert shown.projector.direction == -1 and shown.projector.playing
        await shown.press("space")
        assert not shown.projector.playing
        await shown.press("plus", "plus", "plus", "plus", "plus", "plus", "r")
        await shown.until("epoch 6/6", "PAUSED")  # by itself
        await shown.press("e")
        assert "Write to which file?" not in shown.text  # there is nothing that writes
        await shown.press("q")
        assert shown.app.return_code == 0


@in_loop
async def test_two_in_lock_step(runs: tuple[Path, Path]) -> None:
    async with screen(*runs) as shown:
        await shown.press("right", "right")
        one, other = (losses(run)[1] for run in runs)
        await shown.until("validation loss (log)", "epoch 2: loss", f"{other - one:+.3g}", "They part in epoch 1")
        assert shown.text.count("epoch 2/6") == 2


@in_loop
async def test_a_file_is_written(runs: tuple[Path, Path]) -> None:
    written = []

    def export(path: str) -> str:
        if path == "bad":
            raise OSError("no room")
        written.append(path)
        return f"wrote {path}"

    async with screen(runs[0], export=export) as shown:
        await shown.press("right", "e")
        await shown.pilot.press("b", "a", "d", "enter")
        await shown.until("cannot write bad: no room")
        await shown.press("escape", "e")
        await shown.pilot.press("x", "enter")
        await shown.until("wrote x")
    assert written == ["x"]


@pytest.mark.parametrize("width", [20, 59, 80, 120])
@in_loop
async def test_how_to_leave_is_always_said(runs: tuple[Path, Path], width: int) -> None:
    async with screen(runs[0], size=(width, 24)) as shown:
        assert shown.text.splitlines()[-1].split()[-4:] == ["?", "help", "q", "quit"]


@pytest.mark.parametrize("size", [(10, 3), (30, 8), (59, 15), (60, 16), (80, 24), (140, 45), (300, 70)])
@pytest.mark.parametrize("look", [COLOUR, Look(colour=False, ascii=True)])
def test_every_size(runs: tuple[Path, Path], size: tuple[int, int], look: Look) -> None:
    for paths in (runs[:1], runs):
        recordings = [Recording.read(path) for path in paths]
        films = [recording.film(len(paths) > 1) for recording in recordings]
        grid = Stage(recordings, look).draw([film.at(6) for film in films], *size)
        assert (grid.width, grid.height) == size
        text = grid.text()
        assert len(text) == size[1] and all(len(line) <= size[0] for line in text)
        if look.ascii:
            assert all(line.isascii() for line in text)


def test_the_title_of_two_runs_names_what_differs(runs: tuple[Path, Path], cli: Any, tmp_path: Path) -> None:
    cli("train", *QUICK, "--net", "2-3-1", "--optimizer", "sgd", "--record", str(tmp_path / "small"))
    recordings = [Recording.read(path) for path in (runs[0], tmp_path / "small")]
    grid = Stage(recordings, COLOUR).draw([recording.film(True).at(1) for recording in recordings], 100, 30)
    assert "moons · 2-4-1 relu / 2-3-1 relu · adam / sgd · batch 32" in grid.text()[0]


def test_lines_are_those_of_the_training(cli: Any, runs: tuple[Path, Path], tmp_path: Path) -> None:
    trained = cli("train", *QUICK, "--epochs", "6", "--lr", "0.01", "--record", str(tmp_path / "run"), "--plain")
    replayed = cli("replay", str(tmp_path / "run"), "--plain")

    def facts(text: str) -> list[str]:  # without how long it took, and the options that a record has filled in
        text = re.sub(r"The layers in epoch.*?\n\n", "", text, flags=re.DOTALL)  # a record has no model to look into
        return [line for line in text.splitlines() if not line.startswith(("Done after", "  tinygrad-edu"))]

    assert replayed.code == 0 and facts(replayed.out) == facts(trained.out)
    both = cli("replay", *map(str, runs))
    assert both.code == 0 and "They part in epoch 1" in both.out


def test_json(cli: Any, runs: tuple[Path, Path]) -> None:
    first, *events = [json.loads(line) for line in cli("replay", str(runs[0]), "--json").out.splitlines()]
    assert first["kind"] == "run" and first["config"]["lr"] == 0.01
    recorded = [json.loads(line) for line in (runs[0] / "metrics.jsonl").read_text().splitlines()]
    assert events == [{name: value for name, value in line.items() if name != "loss_noise"} for line in recorded]
    both = [json.loads(line) for line in cli("replay", *map(str, runs), "--json").out.splitlines()]
    epochs = [(each["epoch"], each["run"]) for each in both if each["kind"] == "epoch"]
    assert epochs == [(epoch, str(run)) for epoch in range(1, 7) for run in runs]


def test_files(cli: Any, runs: tuple[Path, Path], tmp_path: Path) -> None:
    """A report of a recorded run has what its network answered in each epoch, as that of the training has."""
    page, trained = tmp_path / "replayed.html", tmp_path / "trained.html"
    ran = cli("replay", str(runs[0]), "--html", str(page))
    assert ran.code == 0 and ran.out == "" and f"wrote {page}" in ran.err
    cli("train", *QUICK, "--epochs", "6", "--lr", "0.01", "--html", str(trained))
    frames = [packed_runs(file.read_text())[0]["frames"] for file in (page, trained)]
    assert frames[0] == frames[1] and len(frames[0]) == 7
    both = cli("replay", *map(str, runs), "-o", str(tmp_path / "both.svg"))
    assert both.code == 0 and "other" in (tmp_path / "both.svg").read_text()
    assert cli("replay", str(runs[0]), "-o", "run.txt").code == 2


def test_data_that_are_gone(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("a,b\n" + "".join(f"{k},{2 * k + k % 3}\n" for k in range(40)))
    run = tmp_path / "run"
    assert cli("train", "--data", str(file), "--epochs", "2", "--record", str(run)).code == 0
    file.write_text("a,b\n" + "".join(f"{k},{3 * k}\n" for k in range(40)))
    changed = cli("replay", str(run), "--plain")
    assert changed.code == 2 and "has changed since" in changed.err and "--json" in changed.err
    file.unlink()
    assert cli("replay", str(run), "--plain").code == 4
    assert cli("replay", str(run), "--json").code == 0
    recording = Recording.read(run)  # the screen has no picture, but its curves
    grid = Stage([recording], COLOUR).draw([recording.film().at(2)], 100, 30)
    assert "loss (log)" in "\n".join(grid.text())


def test_records_that_cannot_be_shown(cli: Any, runs: tuple[Path, Path], tmp_path: Path) -> None:
    cut_off = tmp_path / "cut"
    shutil.copytree(runs[0], cut_off)
    metrics = cut_off / "metrics.jsonl"
    whole = metrics.read_text()
    metrics.write_text(whole[: whole.index('"epoch": 4') + 3])
    shown = cli("replay", str(cut_off), "--json")
    assert shown.code == 0 and '"epoch": 3' in shown.out and '"epoch": 4' not in shown.out
    said = f"The record of {cut_off} breaks off after epoch 3 of 6: "
    for typed in (["replay", cut_off, "--plain"], ["replay", cut_off, runs[1]], ["compare", runs[1], cut_off]):
        ran = cli(*map(str, typed))
        assert ran.code == 0 and said in ran.err and ran.err.count("breaks off") == 1 and said in shown.err
    film = Recording.read(cut_off).film()
    for moment in (2, 3):
        grid = Stage([Recording.read(cut_off)], COLOUR).draw([film.at(moment)], 200, 30)
        assert (f"epoch 3: {said}" in " ".join("".join(grid.text()).split())) == (moment == 3)
    assert "breaks off" not in cli("replay", str(runs[0]), "--plain").err
    metrics.write_text(whole.replace('"epoch": 3', '"epoch": 1', 1))
    damaged = cli("replay", str(cut_off))
    assert damaged.code == 4 and "metrics.jsonl, line" in damaged.err
    metrics.write_text("")
    empty = cli("replay", str(cut_off))
    assert empty.code == 2 and "has no epoch to show" in empty.err and "--resume" in empty.err
    config = cut_off / "config.json"
    config.write_text(config.read_text().replace('"version": 2', '"version": 3'))
    assert "another version" in cli("replay", str(cut_off)).err
    config.write_text('{"kind": "something else"}')
    other = cli("replay", str(cut_off))
    assert other.code == 4 and "is not the config of a recorded run" in other.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("", 2, "no folders were given"),
        ("a b c", 2, "several folders were given"),
        ("here here", 2, "given twice"),
        ("nowhere", 4, "cannot read nowhere"),
        ("a --plain --json", 2, "exclude each other"),
    ],
)
def test_wrong_usage(cli: Any, arguments: str, code: int, said: str) -> None:
    ran = cli("replay", *arguments.split())
    assert ran.code == code and said in ran.err
